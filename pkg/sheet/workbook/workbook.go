// Package workbook reads the sheets of an .xlsx file row by row, each cell as a
// spreadsheet program shows it.
//
// It reads each part once, from its beginning to its end, and checks while it
// reads: the XML, the check sums, every reference from one part to another and
// the limits below. What is broken is an error and never an empty cell. Nothing
// is calculated, and nothing is unpacked to disk.
package workbook

import (
	"archive/zip"
	"fmt"
	"io"
)

// Limits of a workbook, so that a small file can't unpack into all of the
// memory or the disk.
const (
	MaxUnpacked = 200 << 20 // bytes of all its parts together, and of the cells of one sheet
	MaxSheets   = 1000
	MaxColumns  = 16384   // by the format
	MaxRows     = 1 << 20 // by the format
	MaxText     = 1 << 20 // bytes of a cell, and of all cells of a row

	maxSmall    = 16 << 20 // bytes of a part other than sheets and shared texts
	maxElements = 1 << 20  // XML elements of such a part
	maxTexts    = 4 << 20  // shared texts
	maxRowXML   = 8 << 20  // bytes of one row: a record's 1 MiB, escaped, with a full row of cells
	maxFormat   = 1024     // bytes of a number format; Excel allows 255 characters
	maxMerged   = 1 << 20  // merged areas
)

// Refusal is a file that is not damaged and yet not read. Every other error of
// this package says how a workbook is damaged.
type Refusal struct{ Msg, Hint string }

func (r *Refusal) Error() string { return r.Msg + "; hint: " + r.Hint }

const asCSV = "save the sheet alone, as 'CSV UTF-8'"

func tooLong(what string) error {
	return &Refusal{what + " of this workbook holds more text than a row may, which is 1 MiB", "this is no list of partners"}
}

// Book is a workbook whose parts are known.
type Book struct {
	Sheets []Sheet

	parts   map[string][]*zip.File // by name, in lower case
	texts   *texts
	styles  string // the part that holds them; "": none
	strings string // the part that holds the shared texts
	formats []*format
	epoch   epoch
	styled  bool // the styles have been read
}

// Sheet is one sheet of a workbook.
type Sheet struct {
	Name    string
	Visible bool

	part string // "": the relationship leads nowhere
	kind string // worksheet, chartsheet and so on: the last word of the relationship's type
}

// Open reads which sheets a workbook has.
func Open(r io.ReaderAt, size int64) (*Book, error) {
	parts, err := list(r, size)
	if err != nil {
		return nil, err
	}
	b := &Book{parts: parts}
	root, err := b.relationships("")
	if err != nil {
		return nil, err
	}
	main := root.ofKind("officeDocument")
	if _, ok := b.parts[main]; !ok {
		return nil, notExcel
	}
	related, err := b.relationships(main)
	if err != nil {
		return nil, err
	}
	b.styles, b.strings = related.ofKind("styles"), related.ofKind("sharedStrings")
	if err := b.readSheets(main, related); err != nil {
		return nil, err
	}
	return b, nil
}

var notExcel = &Refusal{"this is an archive, but no Excel workbook (.xlsx)", "save the sheet as .xlsx or as 'CSV UTF-8' in the spreadsheet program"}

// readSheets reads the workbook part.
func (b *Book) readSheets(part string, related relationships) error {
	return b.small(part, func(x *scanner, path []string) error {
		switch {
		case len(path) == 1 && path[0] != "workbook":
			return notExcel
		case len(path) == 2 && path[1] == "workbookPr":
			date1904, err := x.attr("date1904")
			if date1904 == "1" || date1904 == "true" {
				b.epoch = epoch1904
			}
			return err
		case len(path) == 3 && path[1] == "sheets" && path[2] == "sheet":
			return b.addSheet(x, related)
		}
		return nil
	})
}

func (b *Book) addSheet(x *scanner, related relationships) error {
	name, err := x.attr("name")
	if err != nil {
		return err
	}
	state, err := x.attr("state")
	if err != nil {
		return err
	}
	id, err := x.prefixedAttr("id") // r:id; the sheet's own number is sheetId
	if err != nil {
		return err
	}
	to := related[id]
	b.Sheets = append(b.Sheets, Sheet{Name: name, Visible: state == "" || state == "visible", part: to.target, kind: to.kind})
	if n := len(b.Sheets); n > MaxSheets {
		return &Refusal{fmt.Sprintf("this workbook has more than %d sheets, and %d is the most", MaxSheets, MaxSheets), asCSV}
	}
	return nil
}
