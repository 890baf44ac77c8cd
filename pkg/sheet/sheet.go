// Package sheet owns what people hand in and what they get back: which bytes
// are a row, which column is which field, on which physical line a row starts,
// and how a row is written out again with columns added.
//
// It reads a sheet in blocks of whole records, so that blocks can be parsed on
// several cores, and keeps the bytes of every row, so that an output carries
// the user's cells exactly as they came. It refuses to judge a cell: whether a
// row is good is the business of package partner.
package sheet

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"onboard/pkg/partner"
)

// Limits of a file; beyond them it is refused (exit code 2), so that memory
// stays bounded whatever is handed in.
const (
	MaxRecord  = 1 << 20 // bytes in one record
	MaxColumns = 16384   // columns of a spreadsheet program
)

// FileError says what is wrong with a file as a whole.
type FileError struct {
	File string
	Line int // physical line, 0 when the file as a whole is meant
	Msg  string
	Hint string
}

func (e *FileError) Error() string {
	s := e.File + ": " + e.Msg
	if e.Line > 0 {
		s = fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Msg)
	}
	if e.Hint != "" {
		s += "; hint: " + e.Hint
	}
	return s
}

// Options say what the file does not say of itself.
type Options struct {
	Delimiter byte                       // 0: found from the header
	Map       map[string]partner.Field   // header spelling to field; wins over the known spellings
	Optional  func(f partner.Field) bool // fields that may go without a column
	TempDir   string                     // where standard input is spooled; "": the system's
}

// Sheet is an opened file whose header is understood.
type Sheet struct {
	Path      string // as given; "-" for standard input
	Base      string // the name of its outputs without the ending: "stdin" for "-"
	Delimiter byte
	BOM       bool   // the file starts with a byte order mark
	Newline   string // how its header line ends
	Header    []string
	columns   [partner.NumFields]int // index of the column, -1 for none
	ours      []bool                 // columns that an earlier run added
	body      int64                  // bytes before the first row
	bodyLine  int                    // physical line of the first row
	bound     []byte                 // a header line of canonical names, for the binding
	file      *os.File
}

// Open opens a sheet and reads its header. The path "-" spools stdin to a
// private temporary file first, because a sheet is read twice.
func Open(path string, stdin io.Reader, opt Options) (*Sheet, error) {
	s := &Sheet{Path: path, Base: base(path)}
	var err error
	if path == "-" {
		s.file, err = spool(stdin, opt.TempDir)
	} else {
		s.file, err = openRegular(path)
	}
	if err != nil {
		return nil, err
	}
	if err := s.readHeader(opt); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func openRegular(path string) (*os.File, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, &FileError{File: path, Msg: "there is no such file", Hint: "check the spelling and the folder"}
	} else if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = &FileError{File: path, Msg: "this is a folder, not a file"}
	} else if err == nil && !info.Mode().IsRegular() {
		err = &FileError{File: path, Msg: "this is not an ordinary file, and it has to be read twice", Hint: "use - to read standard input"}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// spool copies standard input to a temporary file that only its owner can
// read (0600) and that has no name any more where the system allows that.
func spool(stdin io.Reader, dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "onboard-stdin-*")
	if err != nil {
		return nil, err
	}
	os.Remove(f.Name()) // fails on Windows, where Close removes it
	if _, err := io.Copy(f, stdin); err != nil {
		f.Close()
		return nil, fmt.Errorf("can't read standard input: %w", err)
	}
	_, err = f.Seek(0, io.SeekStart)
	return f, err
}

// Close closes the file.
func (s *Sheet) Close() error {
	err := s.file.Close()
	if s.Path == "-" {
		os.Remove(s.file.Name())
	}
	return err
}

func base(path string) string {
	if path == "-" {
		return "stdin"
	}
	name := filepath.Base(path)
	return strings.TrimSuffix(name, filepath.Ext(name))
}

// Name is what messages call the file.
func (s *Sheet) Name() string {
	if s.Path == "-" {
		return "standard input"
	}
	return s.Path
}

// Column is the header of a field's column as the sheet spells it, or the
// field's canonical name when it has no column.
func (s *Sheet) Column(f partner.Field) string {
	if i := s.columns[f]; i >= 0 {
		return partner.Clean(s.Header[i])
	}
	return f.String()
}

// Mapped says which column holds a field.
func (s *Sheet) Mapped(f partner.Field) (header string, ok bool) {
	return s.Column(f), s.columns[f] >= 0
}

// Size is the size of the file in bytes.
func (s *Sheet) Size() int64 {
	info, err := s.file.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}

// Scan starts reading the rows, from the first one. Only one scanner may be
// in use at a time.
func (s *Sheet) Scan() (*Scanner, error) {
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	h := sha256.New()
	r := io.TeeReader(s.file, h)
	if _, err := io.CopyN(io.Discard, r, s.body); err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name(), err)
	}
	return &Scanner{name: s.Name(), r: r, sum: h, delim: s.Delimiter, line: s.bodyLine}, nil
}

// The lines above the rows.

// readHeader finds byte order mark, sep= line, delimiter and header, and
// remembers where the rows begin.
func (s *Sheet) readHeader(opt Options) error {
	head := make([]byte, MaxRecord+4096)
	n, err := io.ReadFull(s.file, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%s: %w", s.Name(), err)
	}
	head, whole := head[:n], err != nil
	if err := s.refuseForeign(head); err != nil {
		return err
	}
	rest := bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	s.BOM, s.bodyLine = len(rest) < len(head), 1
	rest = s.skipBlank(rest)
	if d, after, ok := sepLine(rest); ok {
		rest, s.bodyLine = after, s.bodyLine+1
		if opt.Delimiter == 0 {
			opt.Delimiter = d
		}
		rest = s.skipBlank(rest)
	}
	if len(rest) == 0 {
		return &FileError{File: s.Name(), Msg: "the file is empty", Hint: "'onboard template' writes a sheet to fill in"}
	}
	record, err := s.headerRecord(rest, whole, opt)
	if err != nil {
		return err
	}
	s.body = int64(n - len(rest) + len(record))
	s.bodyLine += breaksIn(record)
	return s.mapColumns(opt)
}

// refuseForeign names the kinds of file that are no CSV at all.
func (s *Sheet) refuseForeign(head []byte) error {
	e := &FileError{File: s.Name(), Hint: "save it as 'CSV UTF-8' in the spreadsheet program"}
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		e.Msg = "this is a workbook or an archive, not CSV"
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0")):
		e.Msg = "this is an old Excel workbook (.xls), not CSV"
	case bytes.HasPrefix(head, []byte("%PDF-")):
		e.Msg = "this is a PDF document, not CSV"
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		e.Msg = "this is UTF-16 text, and only UTF-8 is read"
	default:
		return nil
	}
	return e
}

// skipBlank drops lines without text above the header.
func (s *Sheet) skipBlank(b []byte) []byte {
	for {
		i := bytes.IndexAny(b, "\r\n")
		if i < 0 && partner.Blank(string(b)) {
			return nil
		}
		if i < 0 || !partner.Blank(string(b[:i])) {
			return b
		}
		if b[i] == '\r' && i+1 < len(b) && b[i+1] == '\n' {
			i++
		}
		b, s.bodyLine = b[i+1:], s.bodyLine+1
	}
}

// sepLine reads Excel's "sep=;" first line.
func sepLine(b []byte) (delim byte, after []byte, ok bool) {
	if len(b) < 5 || !strings.EqualFold(string(b[:4]), "sep=") {
		return 0, nil, false
	}
	rest := b[5:]
	switch {
	case bytes.HasPrefix(rest, []byte("\r\n")):
		return b[4], rest[2:], true
	case bytes.HasPrefix(rest, []byte("\n")), bytes.HasPrefix(rest, []byte("\r")):
		return b[4], rest[1:], true
	}
	return 0, nil, false
}

// headerRecord cuts the header off, with the delimiter under which most of
// its cells are known spellings.
func (s *Sheet) headerRecord(b []byte, whole bool, opt Options) ([]byte, error) {
	candidates := []byte(",;\t|")
	if opt.Delimiter != 0 {
		candidates = []byte{opt.Delimiter}
	}
	best, length, endless := -1, 0, candidates[0]
	for _, d := range candidates {
		end, _, _ := nextRecord(bytes.Clone(b), d, whole)
		if end == 0 || end > MaxRecord {
			endless = d
			continue
		}
		cells := cellTexts(b[:end], d)
		if score := recognised(cells, opt.Map)*len(b) + len(cells); score > best {
			best, length, s.Delimiter, s.Header = score, end, d, cells
		}
	}
	if best < len(b) { // nothing was recognized: then a header that does not end is the better explanation
		sc := Scanner{name: s.Name(), delim: endless, line: s.bodyLine, eof: whole}
		if end, _, _ := nextRecord(bytes.Clone(b), endless, whole); end == 0 || end > MaxRecord {
			return nil, sc.endless(bytes.Clone(b))
		}
	}
	s.Newline = "\n"
	if bytes.HasSuffix(b[:length], []byte("\r\n")) || bytes.HasSuffix(b[:length], []byte("\r")) {
		s.Newline = "\r\n"
	}
	return b[:length], nil
}
