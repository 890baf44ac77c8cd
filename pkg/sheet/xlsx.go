package sheet

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"onboard/pkg/partner"
)

// Limits of a workbook, so that a small file can't unpack into all of the
// memory or the disk.
const (
	maxUnpacked = 200 << 20 // bytes of all its parts together, and of its sheet as CSV
	maxSmall    = 16 << 20  // bytes of a part that is read into memory whole, such as the styles
	maxSheets   = 1000
	maxInMemory = 4 << 20 // bytes of a sheet, or of its texts, above which excelize works from disk
)

// Workbook says which sheet of a workbook is read.
type Workbook struct {
	Sheet  string
	Sheets []string // the visible ones, in order
	Uncomputed
}

// workbook turns one sheet of an .xlsx file into CSV: UTF-8, commas, and one
// record per row of the sheet from row 1 on, so that the number of a record is
// the number of the row. The CSV is in a private temporary file. Cells are as
// they are displayed; nothing is calculated.
func workbook(f *os.File, name string, opt Options) (csv *os.File, info Workbook, err error) {
	dir, err := os.MkdirTemp(opt.TempDir, "onboard-xlsx-*") // what excelize unpacks
	if err != nil {
		return nil, info, err
	}
	defer os.RemoveAll(dir)
	book, empty, err := openBook(f, name, dir)
	if err != nil {
		return nil, info, err
	}
	defer book.Close()
	rows, info, err := chooseSheet(book, name, opt)
	if err != nil {
		return nil, info, err
	}
	defer rows.Close()
	info.Uncomputed = empty.of(info.Sheet)
	csv, err = spool(rows, opt.TempDir)
	if rows.err != nil && !errors.Is(rows.err, io.EOF) {
		return nil, info, rows.err
	}
	return csv, info, err
}

// openBook hands a workbook to excelize once its parts are found to be whole.
// excelize gets a copy with only the parts that matter: it would read pictures
// and pivot caches into memory.
func openBook(f *os.File, name, dir string) (*excelize.File, *formulas, error) {
	parts, err := workbookParts(f, name)
	if err != nil {
		return nil, nil, err
	}
	found, err := inspect(parts)
	if err != nil {
		return nil, nil, damaged(name, err)
	}
	path := filepath.Join(dir, "parts.xlsx")
	if err := repack(path, parts); err != nil {
		return nil, nil, err
	}
	book, err := excelize.OpenFile(path, excelize.Options{
		UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxInMemory, TmpDir: dir,
		ShortDatePattern: "yyyy-mm-dd", // the short date looks different in each country's Excel; this is the one that all read alike
	})
	if err != nil {
		return nil, nil, damaged(name, err)
	}
	return book, found, nil
}

// chooseSheet opens the sheet that --sheet names, by name or by its number
// among the visible ones, or else the first visible one with a header.
func chooseSheet(book *excelize.File, name string, opt Options) (*csvRows, Workbook, error) {
	var info Workbook
	all := book.GetSheetList()
	if len(all) > maxSheets { // excelize looks at all of them for each
		return nil, info, &FileError{File: name, Msg: fmt.Sprintf("this workbook has %d sheets, and %d is the most", len(all), maxSheets), Hint: "save the sheet alone, as 'CSV UTF-8'"}
	}
	for _, s := range all {
		// A name that Excel would not take is an error here; reading such a sheet reports it.
		if visible, err := book.GetSheetVisible(s); visible || err != nil {
			info.Sheets = append(info.Sheets, s)
		}
	}
	from := info.Sheets
	if opt.Sheet != "" {
		s, ok := pickSheet(opt.Sheet, all, info.Sheets)
		if !ok {
			return nil, info, &FileError{File: name, Msg: fmt.Sprintf("there is no sheet '%s'", opt.Sheet), Hint: "name one with --sheet: " + sheetNames(info.Sheets)}
		}
		from = []string{s}
	}
	// A sheet of notes may come first: better one with a header that is known.
	for _, good := range []func(*csvRows) bool{func(r *csvRows) bool { return r.known }, func(r *csvRows) bool { return r.width > 0 }} {
		for _, s := range from {
			rows, err := openRows(book, s, name, opt)
			if err != nil {
				return nil, info, err
			}
			if good(rows) {
				info.Sheet = s
				return rows, info, nil
			}
			rows.Close()
		}
	}
	if opt.Sheet != "" {
		return nil, info, &FileError{File: name, Msg: fmt.Sprintf("the sheet '%s' is empty", from[0]), Hint: "name another one with --sheet: " + sheetNames(info.Sheets)}
	}
	return nil, info, &FileError{File: name, Msg: "no visible sheet of this workbook holds any text", Hint: "'onboard template' writes a sheet to fill in"}
}

func pickSheet(want string, all, visible []string) (string, bool) {
	want = partner.Clean(want)
	if i := slices.IndexFunc(all, func(s string) bool { return strings.EqualFold(partner.Clean(s), want) }); i >= 0 {
		return all[i], true
	}
	if n, err := strconv.Atoi(want); err == nil && n >= 1 && n <= len(visible) {
		return visible[n-1], true
	}
	return "", false
}

func sheetNames(names []string) string {
	const most = 20
	more := ""
	if len(names) > most {
		names, more = names[:most], " …"
	}
	return "'" + strings.Join(names, "', '") + "'" + more
}

// damaged says in one sentence that a workbook can't be read.
func damaged(name string, err error) error {
	var file *FileError
	if errors.As(err, &file) {
		file.File = name
		return file
	}
	return &FileError{File: name, Msg: fmt.Sprintf("this workbook is damaged (%v)", err),
		Hint: "open it in a spreadsheet program, and save it anew as .xlsx or as 'CSV UTF-8'"}
}
