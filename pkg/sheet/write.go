package sheet

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
)

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
	if s.BOM {
		o.buf = append(o.buf, "\xef\xbb\xbf"...)
	}
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

// appendRaw copies a cell as it came, unless it needs the formula guard.
func (s *Sheet) appendRaw(dst, raw []byte) []byte {
	text := raw
	if len(raw) > 0 && raw[0] == '"' {
		text = raw[1:]
	}
	if len(text) == 0 || !runs(string(text[:1])) && text[0] != '\'' {
		return append(dst, raw...)
	}
	if whole := unquote(raw); guardOnce(whole) != whole {
		return appendCell(dst, guardOnce(whole), s.Delimiter)
	}
	return append(dst, raw...)
}

func (o *Output) flush() error {
	o.buf = append(o.buf, o.sheet.Newline...)
	_, err := o.w.Write(o.buf)
	o.buf = o.buf[:0]
	return err
}

// File is a file that appears whole or not at all, readable by its owner only.
type File struct {
	path string
	f    *os.File
	w    *bufio.Writer
}

// CreateFile starts a file (mode 0600) beside path under a temporary name.
func CreateFile(path string) (*File, error) {
	if info, err := os.Lstat(path); err == nil && info.IsDir() {
		return nil, &FileError{File: path, Msg: "a folder stands where an output should go", Hint: "move it, or write elsewhere with --out"}
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return nil, err
	}
	return &File{path: path, f: f, w: bufio.NewWriterSize(f, 64<<10)}, nil
}

// Path is where the file will stand.
func (o *File) Path() string { return o.path }

// Write adds bytes.
func (o *File) Write(p []byte) (int, error) { return o.w.Write(p) }

// Commit makes the file durable and puts it in its place. A link that stands
// there is replaced, not written through.
func (o *File) Commit() error {
	err := errors.Join(o.w.Flush(), o.f.Sync())
	err = errors.Join(err, o.f.Close())
	if err == nil {
		err = os.Rename(o.f.Name(), o.path)
	}
	if err != nil {
		os.Remove(o.f.Name())
		return err
	}
	return syncDir(filepath.Dir(o.path))
}

// Discard drops the file; what stood at its place stays.
func (o *File) Discard() {
	o.f.Close()
	os.Remove(o.f.Name())
}

// syncDir makes a rename durable where the system can sync a folder.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return nil // not possible on Windows, where a rename is durable by itself
	}
	defer d.Close()
	_ = d.Sync()
	return nil
}
