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
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"onboard/pkg/partner"
)

// Limits of a file; beyond them it is refused (exit code 2), so that memory
// stays bounded whatever is handed in.
const (
	MaxRecord  = 1 << 20 // bytes in one record
	MaxColumns = 16384   // columns of a spreadsheet program
	maxStdin   = 2 << 30 // bytes of standard input, which a temporary file takes
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
	Encoding     string                     // a label of the WHATWG Encoding Standard; "": UTF-8, or what a byte order mark says
	EncodingSaid string                     // where Encoding was told, for messages, as with MapSaid; "": --encoding
	Delimiter    byte                       // 0: found from the header
	Sheet        string                     // which sheet of a workbook; "": the first visible one with a header
	SheetSaid    string                     // where Sheet was told, as with EncodingSaid
	HiddenRows   string                     // what becomes of hidden rows of a workbook: IncludeHidden, also when it is "", or SkipHidden
	Map          map[string]partner.Field   // header spelling to field; wins over the known spellings
	MapSaid      map[string]string          // by header, where Map was told of it, for messages; "": --map
	Optional     func(f partner.Field) bool // fields that may go without a column
	TempDir      string                     // where standard input is spooled; "": the system's
	Command      func(less string) string   // the command that is running less a flag, for hints: "onboard validate list.csv"; nil: unknown
	Written      bool                       // this program wrote it, in UTF-8: --encoding, which is the sheet's, says nothing of it
	addedOnly    bool                       // no column is to hold a field
}

// Sheet is an opened file whose header is understood.
type Sheet struct {
	Path       string // as given; "-" for standard input
	Base       string // the name of its outputs without the ending: "stdin" for "-"
	Encoding   string // what its text is in: "UTF-8", "UTF-16LE", "windows-1252" and so on
	Delimiter  byte
	BOM        bool      // its outputs begin with a byte order mark
	Newline    string    // how its header line ends
	Titles     []string  // what stands on the lines above the header, shortened
	HeaderLine int       // physical line of the header
	Header     []string  // as the sheet spells it
	Workbook   *Workbook // which sheet was read of which; nil for text
	columns    [partner.NumFields]int
	ours       []bool   // columns that an earlier run added
	body       int64    // bytes before the first row, as UTF-8
	bodyLine   int      // physical line of the first row
	named      int      // cells of the header up to the last one that holds text
	extra      int      // empty cells that every row has beyond the header
	byRecord   bool     // a line is a record, as in a workbook, and not a physical line
	held       []int    // the columns that hold a field
	bound      []string // their header for the binding
	marked     bool     // the file says its encoding with a byte order mark
	command    func(less string) string
	written    bool   // as Options say
	topLine    int    // physical line of the first record with text
	sepLine    bool   // a sep= line says the delimiter
	ahead      []byte // the first rows, while the header is being understood
	sum        string // SHA-256 of a workbook's bytes, in hex
	file       *os.File
	binders    sync.Pool // of *binder, between blocks
	rows       sync.Pool // of *[]Row: those that were given back
}

// Open opens a sheet and reads its header. The path "-" spools stdin to a
// private temporary file first, because a sheet is read twice.
func Open(path string, stdin io.Reader, opt Options) (*Sheet, error) {
	s := &Sheet{Path: path, Base: base(path), command: opt.Command, written: opt.Written}
	var err error
	if path == "-" {
		s.file, err = spool(&atMost{stdin, maxStdin}, opt.TempDir)
	} else {
		s.file, err = openRegular(path)
	}
	if err != nil {
		return nil, err
	}
	if err := s.identify(&opt); err != nil {
		s.Close()
		return nil, err
	}
	if opt.Sheet != "" && s.Workbook == nil && opt.SheetSaid == "" { // a profile's is for the workbook that a file of ours came from
		s.Close()
		return nil, &FileError{File: s.Name(), Msg: "this is a text file, and has no sheets", Hint: "leave out --sheet"}
	}
	if err := s.readHeader(opt); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func openRegular(path string) (*os.File, error) {
	f, err := OpenFile(path)
	if errors.Is(err, os.ErrNotExist) {
		err = &FileError{File: path, Msg: "there is no such file", Hint: nearFile(path)}
	}
	return f, err
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
		os.Remove(f.Name())
		if !errors.As(err, new(*FileError)) {
			err = fmt.Errorf("can't read standard input: %w", err)
		}
		return nil, err
	}
	_, err = f.Seek(0, io.SeekStart)
	return f, err
}

// atMost reads standard input, and fails when there is more of it than is left.
type atMost struct {
	io.Reader
	left int64
}

func (r *atMost) Read(p []byte) (n int, err error) {
	n, err = r.Reader.Read(p)
	if r.left -= int64(n); r.left < 0 {
		return n, &FileError{File: "standard input", Msg: fmt.Sprintf("it has more than %d MiB, and so much is not kept in a temporary file", maxStdin>>20), Hint: "save it to a file, and name that"}
	}
	return n, err
}

// Close closes the file.
func (s *Sheet) Close() error {
	err := s.file.Close()
	if s.Path == "-" || s.Workbook != nil {
		os.Remove(s.file.Name()) // a temporary file; it has no name any more where the system allows that
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

// FieldOf says which field a column holds, by its index in Header.
func (s *Sheet) FieldOf(column int) (partner.Field, bool) {
	f := slices.Index(s.columns[:], column)
	return partner.Field(f), f >= 0
}

// IsAdded says that a column, by its index in Header, is one that the outputs
// add. It is ignored.
func (s *Sheet) IsAdded(column int) bool { return s.ours[column] }

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
	file := &counted{Hash: sha256.New()}
	r := s.text(io.TeeReader(s.file, file))
	if _, err := io.CopyN(io.Discard, r, s.body); err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name(), err)
	}
	return &Scanner{name: s.Name(), r: r, file: file, sum: s.sum, delim: s.Delimiter, size: blockSize, line: s.bodyLine, byRecord: s.byRecord}, nil
}
