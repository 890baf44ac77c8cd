package workbook

import (
	"errors"
	"fmt"
	"io"
)

// Row is one row of a sheet.
type Row struct {
	Number int      // from 1
	Hidden bool     // by a filter or by hand
	Cells  []string // up to the last one that holds anything, as they are shown
	Dates  []int    // those of them, by their index, that are a date or a time
}

// Cells counts cells of a kind.
type Cells struct {
	Count int
	Row   int    // of the first one
	First string // the first one, such as B7
}

func (c *Cells) add(row, column int) {
	if c.Count++; c.Count == 1 {
		c.Row, c.First = row, cellName(row, column)
	}
}

// Rows reads the rows of one sheet, from the first one. What it says of the sheet
// as a whole is complete when Next has been false.
type Rows struct {
	Uncomputed Cells  // formulas without a result, as programs write them that do not calculate; they are empty
	Linked     Cells  // linked data types and pictures, whose text stands nowhere in the sheet
	Merged     []Area // merged cells of more than one row
	Spread     Cells  // those of them whose value was put into other rows

	book     *Book
	sheet    string
	file     io.Closer
	x        *scanner // nil: the sheet has no rows
	row      Row
	err      error
	done     bool
	column   int    // of the last cell, from 0
	ref      string // the last cell as the file names it
	buf      []byte // texts of the row
	text     int    // bytes of all its texts
	start    int64  // offset of the row in its part
	total    int    // cells of all rows
	columns  []span // hidden ones
	fill     *filler
	rawValue []byte
}

type span struct{ from, to int }

// Rows starts reading a sheet. With the areas that an earlier reading found, the
// value of a merged cell stands in each of its rows.
func (b *Book) Rows(sheet int, merged []Area) (*Rows, error) {
	s := &b.Sheets[sheet]
	r := &Rows{book: b, sheet: s.Name, fill: newFiller(merged)}
	if s.part == "" {
		return nil, r.failed(errors.New("the workbook does not say in which part it is"))
	}
	if s.kind != "worksheet" { // a chart has no rows
		r.done = true
		return r, nil
	}
	err := b.readStyles()
	if err == nil {
		r.x, r.file, err = b.open(s.part)
	}
	if err == nil {
		err = r.head()
	}
	if err != nil {
		r.Close()
		return nil, r.failed(err)
	}
	return r, nil
}

// failed says in which sheet and row. An error of the XML has its part and place.
func (r *Rows) failed(err error) error {
	var refusal *Refusal
	var part *partError
	if errors.As(err, &refusal) || errors.As(err, &part) {
		return err
	}
	if r.row.Number > 0 {
		return fmt.Errorf("sheet '%.50s', row %d: %w", r.sheet, r.row.Number, err)
	}
	return fmt.Errorf("sheet '%.50s': %w", r.sheet, err)
}

// Close lets go of the sheet.
func (r *Rows) Close() {
	if r.file != nil {
		r.file.Close()
	}
}

// Err is why there are no more rows; nil at the end of the sheet.
func (r *Rows) Err() error { return r.err }

// Row is the row that Next has read. It is valid until Next is called again.
func (r *Rows) Row() *Row { return &r.row }

// Filled says that the values of merged cells stand in all of their rows.
func (r *Rows) Filled() bool { return r.fill != nil }

// HiddenColumn says that a column, from 0, is hidden.
func (r *Rows) HiddenColumn(column int) bool {
	for _, c := range r.columns {
		if c.from <= column && column <= c.to {
			return true
		}
	}
	return false
}

// head reads what stands above the rows.
func (r *Rows) head() error {
	for depth := 0; ; {
		switch token, err := r.x.next(); {
		case err != nil:
			return err
		case token == eof:
			r.done = true
			return nil
		case token == endElement:
			depth--
		case token == startElement:
			name := string(r.x.name)
			switch {
			case depth == 0 && name != "worksheet":
				return r.x.failed(errors.New("it is no sheet"))
			case depth == 1 && name == "sheetData":
				return nil
			case depth == 2 && name == "col":
				if err := r.hideColumns(); err != nil {
					return err
				}
			}
			depth++
		}
	}
}

// hideColumns reads the look of some columns.
func (r *Rows) hideColumns() error {
	hidden, err := r.x.attr("hidden")
	if err != nil {
		return err
	}
	width, err := r.x.attr("width")
	if err != nil || hidden != "1" && hidden != "true" && width != "0" {
		return err
	}
	from, err := number32(r.x, "min")
	if err != nil {
		return err
	}
	to, err := number32(r.x, "max")
	if err == nil && len(r.columns) < MaxColumns {
		r.columns = append(r.columns, span{from - 1, to - 1})
	}
	return err
}

// Next reads a row that is in the file; some may be left out there.
func (r *Rows) Next() bool {
	if r.done || r.err != nil {
		return false
	}
	ok, err := r.next()
	if err != nil {
		r.err = r.failed(err)
	}
	r.done = !ok
	return ok && err == nil
}

func (r *Rows) next() (bool, error) {
	for {
		switch token, err := r.x.next(); {
		case err != nil:
			return false, err
		case token == endElement: // of all rows
			return false, r.tail()
		case token == startElement && string(r.x.name) == "row":
			return true, r.readRow()
		case token == startElement:
			if err := r.x.skip(); err != nil {
				return false, err
			}
		}
	}
}

// tail reads what stands below the rows, to the end of the part, where its check
// sum is.
func (r *Rows) tail() error {
	r.row.Number = 0
	for depth := 1; ; {
		switch token, err := r.x.next(); {
		case err != nil:
			return err
		case token == eof:
			return nil
		case token == endElement:
			depth--
		case token == startElement:
			switch name := string(r.x.name); {
			case depth == 1 && name == "sheetData":
				return r.x.failed(errors.New("it has rows in two places"))
			case depth == 2 && name == "mergeCell":
				if err := r.merge(); err != nil {
					return err
				}
			}
			depth++
		}
	}
}
