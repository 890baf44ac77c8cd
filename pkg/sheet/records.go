package sheet

import (
	"bytes"
	"strings"
	"unsafe"
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
	data  []byte // of the block, from pos on not read yet
	text  string // the same bytes, not a copy; the cells are parts of it
	delim byte
	pos   int
}

func newRecords(data []byte, delim byte) records {
	return records{data: data, text: unsafe.String(unsafe.SliceData(data), len(data)), delim: delim}
}

// blank skips an empty line, and says that there was one.
func (r *records) blank() bool {
	rest := r.data[r.pos:]
	switch {
	case len(rest) > 0 && rest[0] == '\n':
		r.pos++
	case len(rest) > 1 && rest[0] == '\r' && rest[1] == '\n':
		r.pos += 2
	default:
		return false
	}
	return true
}

// more says that there is another record.
func (r *records) more() bool { return r.pos < len(r.data) }

// next appends the cells of the next record, and returns its bytes without the
// line break.
func (r *records) next(cells []string) (raw []byte, all []string) {
	start := r.pos
	end, next := r.lineEnd(start)
	for pos := start; ; pos++ {
		stop := end
		if pos < end && r.data[pos] == '"' {
			shut := closing(r.data, pos+1)
			if shut > end { // the line breaks before it were text
				end, next = r.lineEnd(shut)
			}
			cells, stop = append(cells, quoted(r.text[pos+1:shut])), shut+1
		} else {
			if i := bytes.IndexByte(r.data[pos:end], r.delim); i >= 0 {
				stop = pos + i
			}
			cells = append(cells, r.text[pos:stop])
		}
		if pos = stop; pos == end {
			r.pos = next
			return r.data[start:end], cells
		}
	}
}

// lineEnd is where the line ends that goes on at pos, and where the next one
// starts.
func (r *records) lineEnd(pos int) (end, next int) {
	i := bytes.IndexByte(r.data[pos:], '\n')
	if i < 0 {
		return len(r.data), len(r.data)
	}
	end = pos + i
	if end > pos && r.data[end-1] == '\r' {
		return end - 1, end + 1
	}
	return end, end + 1
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
