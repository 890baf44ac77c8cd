package sheet

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"
	"unsafe"

	"onboard/pkg/partner"
)

// records takes the records of a block apart into cells, exactly as encoding/csv
// does with LazyQuotes, which FuzzRecords holds. It is a third of its price,
// because the scanner has been there before: every quoted cell has its closing
// quotation mark and nothing behind it, and every record ends with LF or CRLF.
//
// No byte of a block is changed while somebody has its rows (Scanner.Reuse), so a
// cell shares the block's memory. A copy of each block is garbage that costs more
// than the checks of its rows.
type records struct {
	data  []byte
	text  string // the same bytes, not a copy; the cells are parts of it
	delim byte
	marks []int32 // where the bytes stand that are no plain text of a cell, and the end
	pos   int     // what stands before it is read
	mark  int     // the first mark from pos on, as an index
	plain bool    // the record that was read last: partner.Row.Plain

	marked bool // the record that was read last has a quotation mark in a cell that does not begin with one
}

// newRecords starts at the first record of a block. marks is memory to use.
func newRecords(data []byte, delim byte, marks []int32) records {
	return records{data: data, text: unsafe.String(unsafe.SliceData(data), len(data)), delim: delim, marks: appendMarks(marks[:0], data, delim)}
}

// appendMarks finds what a cell may end with or has to be looked at for: delimiters,
// quotation marks, line breaks and other control characters, whatever is not ASCII,
// and the last five characters of ASCII, among which are the braces of templates. It
// compares eight bytes at a time. delim is ASCII.
func appendMarks(marks []int32, data []byte, delim byte) []int32 {
	const each, high = 0x0101010101010101, 0x8080808080808080 // the lowest and the highest bit of each byte
	delims := uint64(delim) * each
	marks = slices.Grow(marks, len(data)+1)
	all, n, i := marks[:cap(marks)], len(marks), 0
	for ; i+8 <= len(data); i += 8 {
		w := binary.LittleEndian.Uint64(data[i:])
		low := w &^ high // so that no sum carries into the next byte
		text := ((low ^ delims) + 0x7f*each) & ((low ^ '"'*each) + 0x7f*each) & (low + (0x80-' ')*each)
		for found := (^text | (low + (0x80-'{')*each) | w) & high; found != 0; found &= found - 1 {
			all[n] = int32(i + bits.TrailingZeros64(found)>>3)
			n++
		}
	}
	for ; i < len(data); i++ {
		if c := data[i]; c < ' ' || c >= '{' || c == '"' || c == delim {
			all[n] = int32(i)
			n++
		}
	}
	all[n] = int32(len(data))
	return all[:n+1]
}

// blank skips an empty line, and says that there was one.
func (r *records) blank() bool {
	n := r.lineBreak(r.pos)
	r.pos += n
	r.mark += n // each byte of it has one
	return n > 0
}

// more says that there is another record.
func (r *records) more() bool { return r.pos < len(r.data) }

// lineBreak is the length of the line break at a byte, 0 if there is none.
func (r *records) lineBreak(at int) int {
	switch {
	case at < len(r.data) && r.data[at] == '\n':
		return 1
	case at+1 < len(r.data) && r.data[at] == '\r' && r.data[at+1] == '\n':
		return 2
	}
	return 0
}

// next appends the cells of the next record, and returns its bytes without the
// line break.
func (r *records) next(cells []string) (raw []byte, all []string) {
	start := r.pos
	r.plain, r.marked = true, false
	for {
		cells = r.short(cells)
		cell, end := r.cell()
		cells = append(cells, cell)
		if end < len(r.data) && r.data[end] == r.delim {
			r.pos = end + 1
			continue
		}
		n := r.lineBreak(end)
		r.pos = end + n
		r.mark += max(n-1, 0)
		return r.data[start:end], cells
	}
}

// short appends the cells up to the first that is more than text and a delimiter.
func (r *records) short(cells []string) []string {
	data, text, pos, n := r.data, r.text, r.pos, 0
	for _, at := range r.marks[r.mark:] {
		if uint(at) >= uint(len(data)) || data[at] != r.delim {
			break
		}
		cells = append(cells, text[pos:at])
		pos = int(at) + 1
		n++
	}
	r.pos = pos
	r.mark += n
	return cells
}

// cell reads a cell from pos on, and what ends it, which stands at end.
func (r *records) cell() (cell string, end int) {
	end = r.nextMark()
	if end == r.pos && end < len(r.data) && r.data[end] == '"' {
		shut, whole := r.closing()
		cell = r.text[end+1 : shut]
		if !whole {
			cell = quoted(cell)
		}
		return cell, r.nextMark()
	}
	for end < len(r.data) && r.data[end] != r.delim && r.lineBreak(end) == 0 { // it is part of the cell
		if r.data[end] == '"' {
			r.marked = true
		} else {
			r.look(end)
		}
		end = r.nextMark()
	}
	return r.text[r.pos:end], end
}

// nextMark is the next mark.
func (r *records) nextMark() int {
	at := r.marks[r.mark]
	r.mark++
	return int(at)
}

// closing finds the quotation mark that closes the cell that is being read. The cell
// is whole when nothing in it stands for something else: a doubled quotation mark is
// one, and CRLF is LF.
func (r *records) closing() (at int, whole bool) {
	whole = true
	for {
		at = r.nextMark()
		switch r.data[at] {
		case '"':
			if at+1 == len(r.data) || r.data[at+1] != '"' {
				return at, whole
			}
			r.mark++
			whole = false
		case r.delim:
			r.plain = r.plain && ' ' <= r.delim && r.delim < '{'
		case '\n', '\r':
			r.plain, whole = false, false
		default:
			r.look(at)
		}
	}
}

// look decides whether the record can still be plain with what stands at a mark.
func (r *records) look(at int) {
	if n := partner.PlainLetter(r.text, at); n > 0 {
		r.mark += n - 1 // each of its bytes has one
	} else {
		r.plain = false
	}
}

// quoted is the text of what stands between quotation marks.
func quoted(inner string) string {
	if strings.IndexByte(inner, '"') >= 0 {
		inner = strings.ReplaceAll(inner, `""`, `"`)
	}
	if strings.IndexByte(inner, '\n') >= 0 {
		inner = strings.ReplaceAll(inner, "\r\n", "\n")
	}
	return inner
}
