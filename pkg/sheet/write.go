package sheet

import "bytes"

// Output is one of the files that carry the user's rows with columns added in
// front. It is written to a temporary file and takes its place only when
// complete, so that a crash leaves the old file or the new one, never a half.
type Output struct {
	*File
	sheet *Sheet
	buf   []byte
	cells [][]byte
}

// Create starts an output with the given added columns. Nothing stands at
// path before Commit.
func (s *Sheet) Create(path string, columns ...string) (*Output, error) {
	f, err := CreateFile(path)
	if err != nil {
		return nil, err
	}
	o := &Output{File: f, sheet: s}
	o.buf = append(o.buf, s.preamble()...)
	for _, c := range columns {
		o.buf = append(appendCell(o.buf, c, s.Delimiter), s.Delimiter)
	}
	first := true
	for i, h := range s.Header {
		if s.ours[i] {
			continue
		}
		if !first {
			o.buf = append(o.buf, s.Delimiter)
		}
		first = false
		o.buf = appendCell(o.buf, guardOnce(h), s.Delimiter)
	}
	return o, o.flush()
}

// delimiters are those that a reader finds by itself.
var delimiters = []byte(",;\t|")

// preamble is what stands before the header of an output: the byte order mark,
// and what makes a delimiter known that nobody would look for.
func (s *Sheet) preamble() (text string) {
	if s.BOM {
		text = "\xef\xbb\xbf"
	}
	if !bytes.Contains(delimiters, []byte{s.Delimiter}) {
		text += "sep=" + string(s.Delimiter) + s.Newline
	}
	return text
}

// Cell is the text of an added column. Literal ones (tokens and links) are
// never altered; all others are guarded.
type Cell struct {
	Text    string
	Literal bool
}

// Add writes one row: the added cells, then the row's own.
func (o *Output) Add(row Row, cells ...Cell) error {
	for _, c := range cells {
		text := c.Text
		if !c.Literal {
			text = guard(text)
		}
		o.buf = append(appendCell(o.buf, text, o.sheet.Delimiter), o.sheet.Delimiter)
	}
	o.cells = rawCells(row.Raw, o.sheet.Delimiter, o.cells[:0])
	first := true
	for i, raw := range o.cells {
		if i < len(o.sheet.ours) && o.sheet.ours[i] {
			continue
		}
		if !first {
			o.buf = append(o.buf, o.sheet.Delimiter)
		}
		first = false
		o.buf = o.sheet.appendRaw(o.buf, raw)
	}
	return o.flush()
}

// appendRaw copies a cell as it came. It is written anew when a strict reader would
// refuse it or a spreadsheet program would run it.
func (s *Sheet) appendRaw(dst, raw []byte) []byte {
	if wellFormed(raw) && !mayRun(raw) {
		return append(dst, raw...)
	}
	text := unquote(raw)
	if guarded := guardOnce(text); guarded != text || !wellFormed(raw) {
		return appendCell(dst, guarded, s.Delimiter)
	}
	return append(dst, raw...)
}

func (o *Output) flush() error {
	o.buf = append(o.buf, o.sheet.Newline...)
	_, err := o.w.Write(o.buf)
	o.buf = o.buf[:0]
	return err
}
