package sheet

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"onboard/pkg/partner"
	"onboard/pkg/sheet/workbook"
)

// Cells counts cells of a workbook of one kind.
type Cells = workbook.Cells

// Workbook says which sheet of a workbook is read, and what is special in it.
type Workbook struct {
	Sheet  string
	Sheets []string // the visible ones, in order

	Uncomputed    Cells // formulas without a result; they are read as empty
	Linked        Cells // linked data types, whose texts are not in the cells
	Merged        Cells // merged cells of several rows; the value stands for each row
	Hidden        HiddenRows
	HiddenColumns []int     // of the header, from 0
	Dates         dateCells // below the header
}

// HiddenRows are the rows below the header that hold text and are not shown.
type HiddenRows struct {
	Count   int
	Lines   []int // the first ones
	Skipped bool  // they are left out, as --hidden-rows says
	Blank   int   // those of them that stand as empty lines between others
}

// What becomes of hidden rows: the answers that --hidden-rows takes.
const (
	IncludeHidden = "include"
	SkipHidden    = "skip"
)

// asCSV turns one sheet of an .xlsx file into CSV: UTF-8, commas, and one
// record per row of the sheet from row 1 on, so that the number of a record is
// the number of the row. The CSV is in a private temporary file. Cells are as
// they are displayed; nothing is calculated.
func asCSV(f *os.File, name string, opt Options) (csv *os.File, info Workbook, err error) {
	stat, err := f.Stat()
	if err != nil {
		return nil, info, err
	}
	book, err := workbook.Open(f, stat.Size())
	if err != nil {
		return nil, info, damaged(name, err)
	}
	w := workbookReader{name: name, opt: opt, book: book}
	for i, s := range book.Sheets {
		if w.all = append(w.all, s.Name); s.Visible {
			w.visible = append(w.visible, i)
			info.Sheets = append(info.Sheets, s.Name)
		}
	}
	rows, err := w.choose()
	if err != nil {
		return nil, info, err
	}
	csv, rows, err = w.spool(rows)
	if err != nil {
		return nil, info, err
	}
	info.Sheet = w.all[rows.sheet]
	rows.describe(&info)
	return csv, info, nil
}

// workbookReader chooses a sheet of a workbook, and reads it.
type workbookReader struct {
	name    string // of the file
	opt     Options
	book    *workbook.Book
	all     []string // the names of its sheets
	visible []int    // those that are shown
}

// spool writes the CSV. What a sheet says only below its rows, that cells are
// merged, and how far remarks beside the table reach, takes a second reading.
func (w *workbookReader) spool(rows *csvRows) (*os.File, *csvRows, error) {
	for {
		csv, err := spool(rows, w.opt.TempDir)
		rows.rows.Close()
		if rows.err != nil && !errors.Is(rows.err, errEnd) {
			return nil, nil, w.damaged(rows.err)
		} else if err != nil {
			return nil, nil, err
		}
		if !rows.again() {
			return csv, rows, nil
		}
		csv.Close()
		os.Remove(csv.Name())
		if rows, err = w.open(rows.sheet, rows.rows.Merged, rows.reach); err != nil {
			return nil, nil, err
		}
	}
}

// choose opens the sheet that --sheet names, by name or by its number among the
// visible ones, or else the first visible one with a header.
func (w *workbookReader) choose() (*csvRows, error) {
	from := w.visible
	if w.opt.Sheet != "" {
		i, ok := w.pick(w.opt.Sheet)
		if !ok {
			return nil, &FileError{File: w.name, Msg: fmt.Sprintf("there is no sheet '%s'", w.opt.Sheet), Hint: "name one with --sheet: " + w.names()}
		}
		from = []int{i}
	}
	// A sheet of notes may come first: better one with a header that is known.
	for _, good := range []func(*csvRows) bool{func(r *csvRows) bool { return r.known }, func(r *csvRows) bool { return r.width > 0 }} {
		for _, i := range from {
			rows, err := w.open(i, nil, 0)
			if err != nil {
				return nil, err
			}
			if good(rows) {
				return rows, rows.insideOne()
			}
			rows.rows.Close()
		}
	}
	if w.opt.Sheet != "" {
		return nil, &FileError{File: w.name, Msg: fmt.Sprintf("the sheet '%s' is empty", w.all[from[0]]), Hint: "name another one with --sheet: " + w.names()}
	}
	return nil, &FileError{File: w.name, Msg: "no visible sheet of this workbook holds any text", Hint: "'onboard template' writes a sheet to fill in"}
}

func (w *workbookReader) pick(want string) (int, bool) {
	want = partner.Clean(want)
	if i := slices.IndexFunc(w.all, func(s string) bool { return strings.EqualFold(partner.Clean(s), want) }); i >= 0 {
		return i, true
	}
	if n, err := strconv.Atoi(want); err == nil && n >= 1 && n <= len(w.visible) {
		return w.visible[n-1], true
	}
	return 0, false
}

// names are those of the visible sheets.
func (w *workbookReader) names() string {
	const most = 20
	var names []string
	for _, i := range w.visible[:min(len(w.visible), most)] {
		names = append(names, w.all[i])
	}
	text := "'" + strings.Join(names, "', '") + "'"
	if len(w.visible) > most {
		text += " …"
	}
	return text
}

// damaged says in one sentence why a workbook can't be read.
func damaged(name string, err error) error {
	var file *FileError
	var refusal *workbook.Refusal
	switch {
	case errors.As(err, &file):
		file.File = name
		return file
	case errors.As(err, &refusal):
		return &FileError{File: name, Msg: refusal.Msg, Hint: refusal.Hint}
	}
	return &FileError{File: name, Msg: fmt.Sprintf("this workbook is damaged (%v)", err),
		Hint: "open it in a spreadsheet program, and save it anew as .xlsx or as 'CSV UTF-8'"}
}
