package sheet

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// zipMember begins every member of a zip archive, which a workbook is.
const zipMember = "PK\x03\x04"

// oleFile begins an old Office document, and a new one with a password, which
// has a part called EncryptedPackage (MS-OFFCRYPTO section 2.3.2).
const oleFile = "\xd0\xcf\x11\xe0"

const (
	asXLSX    = "open it in a spreadsheet program and save it as .xlsx or as 'CSV UTF-8'"
	exportCSV = "export the list as CSV, or as .xlsx, from the program that it comes from"
)

// identify finds out by its first bytes what kind of file this is. A workbook
// becomes CSV, text gets its encoding, and everything else is refused.
func (s *Sheet) identify(opt *Options) error {
	head, err := s.head(64 << 10)
	if err == nil && bytes.HasPrefix(head, []byte(oleFile)) {
		head, err = s.head(32 << 20) // the names of its parts may stand far behind (MS-CFB section 2.6)
	}
	if err != nil {
		return err
	}
	kind, hint := foreign(head)
	if kind == "" {
		kind, hint = pointer(head, filepath.Base(s.Path))
	}
	switch {
	case kind != "":
		return &FileError{File: s.Name(), Msg: "this is " + kind + ", and it can't be read as a list", Hint: hint}
	case bytes.HasPrefix(head, []byte(zipMember)):
		return s.openWorkbook(opt)
	}
	return s.settleEncoding(head, *opt)
}

// head is the beginning of the file, so many bytes at most.
func (s *Sheet) head(limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.NewSectionReader(s.file, 0, limit))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name(), err)
	}
	return b, nil
}

// openWorkbook puts the CSV of one of a workbook's sheets in its place.
func (s *Sheet) openWorkbook(opt *Options) error {
	h := sha256.New()
	if _, err := io.Copy(h, s.file); err != nil {
		return fmt.Errorf("%s: %w", s.Name(), err)
	}
	csv, info, err := asCSV(s.file, s.Name(), *opt)
	if err != nil {
		return err
	}
	s.file.Close()
	if s.Path == "-" {
		os.Remove(s.file.Name())
	}
	s.file, s.Workbook, s.sum = csv, &info, hex.EncodeToString(h.Sum(nil))
	s.Encoding, s.BOM, s.byRecord = utf8Name, true, true
	opt.Delimiter = ','
	return nil
}

// foreign names a file that is neither text nor a workbook of today, and says
// what to do with it.
func foreign(head []byte) (kind, hint string) {
	text := strings.ToLower(string(head[:min(len(head), 1024)]))
	text = strings.TrimLeft(strings.TrimPrefix(text, "\ufeff"), " \t\r\n")
	is := func(starts ...string) bool {
		return slices.ContainsFunc(starts, func(start string) bool {
			return bytes.HasPrefix(head, []byte(start)) || strings.HasPrefix(text, start)
		})
	}
	switch {
	case bytes.HasPrefix(head, []byte(zipMember)):
		return foreignZip(head)
	case is(oleFile) && bytes.Contains(head, []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00")):
		return "a workbook with a password", "open it and save it without the password, as .xlsx or as 'CSV UTF-8'"
	case is(oleFile):
		return "an old Excel workbook (.xls)", asXLSX
	case is("%pdf-"):
		return "a PDF document", exportCSV
	case is("\x1f\x8b", "Rar!\x1a", "7z\xbc\xaf"):
		return "a compressed archive", "unpack it, and hand in the .xlsx or CSV file that is inside"
	case is("<!doctype html", "<html", "<table"):
		return "a web page, whatever its name says", asXLSX
	case is("<?xml") && strings.Contains(text, "spreadsheet"):
		return "an XML spreadsheet", asXLSX
	case is("<?xml"):
		return "an XML document", exportCSV
	case is("\xff\xfe\x00\x00", "\x00\x00\xfe\xff"):
		return "UTF-32 text", "save it as 'CSV UTF-8'"
	}
	return "", ""
}

// foreignZip tells the other documents that are zip archives from a workbook.
func foreignZip(head []byte) (kind, hint string) {
	holds := func(starts ...string) bool {
		return slices.ContainsFunc(members(head), func(name string) bool {
			return slices.ContainsFunc(starts, func(start string) bool { return strings.HasPrefix(name, start) })
		})
	}
	switch {
	case bytes.Contains(head, []byte("mimetypeapplication/vnd.oasis.opendocument.spreadsheet")):
		return "an OpenDocument spreadsheet (.ods)", asXLSX
	case holds("mimetype", "word/", "ppt/"):
		return "a text document or a presentation", "copy the list into a spreadsheet program and save it as .xlsx or as 'CSV UTF-8'"
	case holds("Index/", "Index.zip"):
		return "a Numbers document (.numbers)", "open it in Numbers and export it as Excel (.xlsx) or as CSV"
	case holds("xl/workbook.bin"):
		return "a binary workbook (.xlsb)", asXLSX
	case holds("xl/", "[Content_Types].xml", "_rels/", "docProps/"):
		return "", ""
	}
	return "a zip archive", "unpack it, and hand in the .xlsx or CSV file that is inside"
}

// members are the names in a zip archive that stand in its first bytes. The
// archive's directory, at its end, may be of any size and is not read.
func members(head []byte) (names []string) {
	for {
		i := bytes.Index(head, []byte(zipMember))
		if i < 0 || len(head) < i+30 {
			return names
		}
		head = head[i:]
		n := 30 + int(binary.LittleEndian.Uint16(head[26:]))
		names = append(names, string(head[30:min(n, len(head))]))
		head = head[len(zipMember):]
	}
}
