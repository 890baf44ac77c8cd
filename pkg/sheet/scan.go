package sheet

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"sync"
)

const blockSize = 64 << 10 // bytes read ahead: about 375 rows, which with all that is made of them stay in a core's own cache

const blockRecords = 8192 // so that a block of tiny rows does not take a hundred times its size once it is parsed

// Block is a run of whole records.
type Block struct {
	Seq   int // from 0
	Line  int // physical line of its first byte, from 1
	Data  []byte
	Stray bool // it is one record with text behind a closing quotation mark

	Records int   // at most; lines without text are some of them
	Read    int64 // how many bytes of the file had been read when it was cut
}

// Scanner cuts a sheet into blocks of whole records. It knows just enough of
// RFC 4180 to tell where a record ends: which line breaks stand inside
// quotation marks. A lone CR that ends a record is turned into LF, which
// changes no cell and no offset.
type Scanner struct {
	name     string
	r        io.Reader
	file     *counted // the file's bytes, before they are decoded
	sum      string   // in place of its hash, for a workbook
	delim    byte
	size     int  // of a block, in bytes, unless a record is longer
	line     int  // physical line of the first byte of rest
	byRecord bool // count records, not physical lines
	seq      int
	rest     []byte // read, not yet handed out
	eof      bool
	spare    sync.Pool // of *[]byte: blocks that were given back
}

// Next returns the next block, or io.EOF. Its bytes belong to the caller, who
// may give them back.
func (sc *Scanner) Next() (Block, error) {
	for size := sc.size; ; size = min(size*2, MaxRecord+1) {
		if err := sc.fill(size); err != nil {
			return Block{}, err
		}
		if len(sc.rest) == 0 {
			return Block{}, io.EOF
		}
		if c := sc.cut(); c.bytes > 0 {
			return sc.take(c)
		}
		if sc.eof || len(sc.rest) > MaxRecord {
			return Block{}, sc.endless(sc.rest)
		}
	}
}

// Reuse takes back a block of which nobody needs a row or a cell any more: their
// bytes are about to be others.
func (sc *Scanner) Reuse(b Block) {
	if spoil { // so that a test sees who keeps one
		for i := range b.Data {
			b.Data[i] = 0xff
		}
	}
	sc.spare.Put(&b.Data)
}

// buffer is memory for the next block.
func (sc *Scanner) buffer() []byte {
	if used, ok := sc.spare.Get().(*[]byte); ok {
		return (*used)[:0]
	}
	return make([]byte, 0, sc.size)
}

// SHA256 is the hash of the file's bytes, in hex, once Next has said io.EOF.
func (sc *Scanner) SHA256() string {
	if sc.sum != "" {
		return sc.sum
	}
	return hex.EncodeToString(sc.file.Sum(nil))
}

// counted is a hash that knows of how many bytes it is.
type counted struct {
	hash.Hash
	n int64
}

func (c *counted) Write(b []byte) (int, error) {
	c.n += int64(len(b))
	return c.Hash.Write(b)
}

func (sc *Scanner) fill(size int) error {
	for !sc.eof && len(sc.rest) < size {
		if cap(sc.rest) < size {
			sc.rest = append(make([]byte, 0, size), sc.rest...)
		}
		n, err := sc.r.Read(sc.rest[len(sc.rest):size])
		sc.rest = sc.rest[:len(sc.rest)+n]
		if err == io.EOF {
			sc.eof = true
		} else if err != nil {
			return fmt.Errorf("%s: %w", sc.name, err)
		}
	}
	return nil
}

// take hands out what was cut.
func (sc *Scanner) take(c cut) (Block, error) {
	b := Block{Seq: sc.seq, Line: sc.line, Data: sc.rest[:c.bytes], Stray: c.stray, Records: c.records}
	sc.rest = append(sc.buffer(), sc.rest[c.bytes:]...)
	switch {
	case sc.byRecord, c.plain:
		sc.line += c.records
	default:
		sc.line += breaksIn(b.Data)
	}
	sc.seq++
	if sc.file != nil {
		b.Read = sc.file.n
	}
	return b, nil
}

// noNUL refuses a NUL in the header, or above it, which starts on the given line.
func noNUL(name string, line int, d []byte) error {
	i := bytes.IndexByte(d, 0)
	if i < 0 {
		return nil
	}
	return &FileError{File: name, Line: line + breaksIn(d[:i]),
		Msg: "there is a NUL byte, which no text has", Hint: "save the file anew as 'CSV UTF-8'"}
}

// cut is what stands at the beginning of rest.
type cut struct {
	bytes, records int
	plain          bool // each record is a line
	stray          bool // it is one record with text behind a closing quotation mark
}

// cut finds how much of rest is whole records. A stray record stands alone in its
// block, so that the parser of ordinary blocks need not know it.
func (sc *Scanner) cut() (c cut) {
	if c = sc.cutLines(); c.bytes > 0 {
		return c
	}
	for c.bytes < len(sc.rest) && c.records < blockRecords {
		end, _, stray := nextRecord(sc.rest[c.bytes:], sc.delim, sc.eof)
		if end == 0 || end > MaxRecord || stray && c.bytes > 0 {
			break
		}
		c.bytes += end
		c.records++
		if stray {
			c.stray = true
			break
		}
	}
	return c
}

// cutLines is a short way for text in which every record is a line: no quoted cell
// has a line break, or text behind it, and no CR is alone. It says 0 of other text.
func (sc *Scanner) cutLines() cut {
	d := sc.rest[:min(len(sc.rest), MaxRecord)]
	for i := bytes.IndexByte(d, '\r'); i >= 0; i = nextByte(d, '\r', i+1) {
		if i+1 == len(d) || d[i+1] != '\n' {
			return cut{}
		}
	}
	for q := bytes.IndexByte(d, '"'); q >= 0; q = nextByte(d, '"', q+1) {
		if q > 0 && d[q-1] != sc.delim && d[q-1] != '\n' {
			continue // it is text
		}
		shut := closing(d, q+1)
		if shut < 0 || shut+1 == len(d) {
			d = d[:q] // what the cell is part of may go on
			break
		}
		if c := d[shut+1]; c != sc.delim && c != '\n' && c != '\r' || bytes.IndexByte(d[q:shut], '\n') >= 0 {
			return cut{}
		}
		q = shut
	}
	d = d[:bytes.LastIndexByte(d, '\n')+1]
	records := bytes.Count(d, []byte("\n"))
	if records > blockRecords {
		return cut{}
	}
	return cut{bytes: len(d), records: records, plain: true}
}

// nextByte finds c in d from i on, or says -1.
func nextByte(d []byte, c byte, i int) int {
	if n := bytes.IndexByte(d[i:], c); n >= 0 {
		return i + n
	}
	return -1
}

// endless explains why a record has no end.
func (sc *Scanner) endless(d []byte) error {
	end, open, _ := nextRecord(d, sc.delim, sc.eof)
	quoted := end == 0 && open >= 0
	line := sc.line
	if quoted {
		line += breaksIn(d[:open])
	}
	switch {
	case quoted && sc.eof:
		msg := "the quotation mark that opens here never closes"
		if last := sc.line + breaksIn(bytes.TrimRight(d, "\r\n")); last > line {
			msg += fmt.Sprintf(", and so takes in the lines up to %d", last)
		}
		return &FileError{File: sc.name, Line: line, Msg: msg,
			Hint: "close it, or double it if it is part of the text"}
	case quoted:
		return &FileError{File: sc.name, Line: line, Msg: "the quotation mark that opens here does not close within 1 MiB, which is the most that a row may have",
			Hint: "close it, or double it if it is part of the text"}
	}
	return &FileError{File: sc.name, Line: sc.line, Msg: "the row that starts here is longer than 1 MiB",
		Hint: "this is no list of partners, or its line breaks are missing"}
}

// nextRecord returns the length of the first record of d including its line
// break, or 0 when d may not hold all of it; open is then the offset of a
// quotation mark that is still open, or -1. By RFC 4180 a quotation mark opens
// a quoted cell only as the cell's first character; elsewhere it is text.
// stray tells that text follows a closing quotation mark.
func nextRecord(d []byte, delim byte, eof bool) (end, open int, stray bool) {
	pos, stop := 0, lineEnd(d, 0)
	for {
		q := bytes.IndexByte(d[pos:stop], '"')
		if q < 0 {
			break
		}
		q += pos
		pos = q + 1
		if q > 0 && d[q-1] != delim {
			continue
		}
		shut := closing(d, q+1)
		if shut < 0 || shut+1 == len(d) && !eof {
			return 0, q, false
		}
		if pos = shut + 1; pos > stop {
			stop = lineEnd(d, pos)
		}
		stray = stray || pos < stop && d[pos] != delim
	}
	switch {
	case stop == len(d) && eof:
		return stop, -1, stray
	case stop == len(d), d[stop] == '\r' && stop+1 == len(d) && !eof:
		return 0, -1, false
	case d[stop] == '\r' && stop+1 < len(d) && d[stop+1] == '\n':
		return stop + 2, -1, stray
	}
	d[stop] = '\n'
	return stop + 1, -1, stray
}

// lineEnd is the offset of the first line break (CR, LF or CRLF) from pos on,
// len(d) when there is none.
func lineEnd(d []byte, pos int) int {
	// In growing pieces, so that a file without LF is not searched to its end for each of its lines.
	for size := 256; pos < len(d); size *= 2 {
		piece := d[pos:min(pos+size, len(d))]
		end := bytes.IndexByte(piece, '\n')
		if end >= 0 {
			piece = piece[:end]
		}
		if i := bytes.IndexByte(piece, '\r'); i >= 0 {
			return pos + i
		}
		if end >= 0 {
			return pos + end
		}
		pos += len(piece)
	}
	return len(d)
}

// closing finds the quotation mark that closes a quoted cell, from i on; a
// doubled one is text. It returns -1 when there is none.
func closing(d []byte, i int) int {
	for {
		q := bytes.IndexByte(d[i:], '"')
		if q < 0 {
			return -1
		}
		i += q
		if i+1 == len(d) || d[i+1] != '"' {
			return i
		}
		i += 2
	}
}

// breaksIn counts line breaks as a text editor does: CRLF, LF and a lone CR
// are one each.
func breaksIn(d []byte) int {
	n := bytes.Count(d, []byte("\n"))
	for {
		i := bytes.IndexByte(d, '\r')
		if i < 0 {
			return n
		}
		if i+1 == len(d) || d[i+1] != '\n' {
			n++
		}
		d = d[i+1:]
	}
}
