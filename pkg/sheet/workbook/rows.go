package workbook

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
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

// readRow reads the row that has just begun.
func (r *Rows) readRow() error {
	if err := r.startRow(); err != nil {
		return err
	}
	for {
		switch token, err := r.x.next(); {
		case err != nil:
			return err
		case token == endElement:
			return r.endRow()
		case token == startElement && string(r.x.name) == "c":
			if err := r.cell(); err != nil {
				return err
			}
			if r.x.offset()-r.start > maxRowXML {
				return tooLong(fmt.Sprintf("row %d", r.row.Number))
			}
		case token == startElement:
			if err := r.x.skip(); err != nil {
				return err
			}
		}
	}
}

func (r *Rows) startRow() error {
	var number, hidden, height []byte
	for _, a := range r.x.attrs {
		switch string(a.name) {
		case "r":
			number = a.value
		case "hidden":
			hidden = a.value
		case "ht":
			height = a.value
		}
	}
	n, last := r.row.Number+1, r.row.Number // a row may do without its number
	if number != nil {
		var err error
		if n, err = strconv.Atoi(string(number)); err != nil {
			return fmt.Errorf("a row has the number %.20q", number)
		}
	}
	if n > MaxRows {
		return r.x.failed(fmt.Errorf("it has more than %d rows", MaxRows))
	}
	if n <= last {
		return fmt.Errorf("row %d comes after row %d", n, last)
	}
	clear(r.row.Cells) // of a wide row, they would keep its texts
	r.row = Row{Number: n, Hidden: isTrue(hidden) || string(height) == "0", Cells: r.row.Cells[:0], Dates: r.row.Dates[:0]}
	r.column, r.ref, r.buf, r.text, r.start = -1, "", r.buf[:0], 0, r.x.offset()
	return nil
}

func isTrue(b []byte) bool { return string(b) == "1" || string(b) == "true" }

func (r *Rows) endRow() error {
	if r.fill != nil {
		r.fill.row(&r.row, &r.Spread)
	}
	if r.total += len(r.row.Cells); r.total > MaxUnpacked {
		return &Refusal{fmt.Sprintf("the sheet '%.50s' has more than %d cells", r.sheet, MaxUnpacked), "this is no list of partners"}
	}
	return nil
}

// set puts a text into the current cell.
func (r *Rows) set(text string) error {
	if r.text += len(text); r.text > MaxText {
		return tooLong(fmt.Sprintf("row %d", r.row.Number))
	}
	if text == "" {
		return nil
	}
	for len(r.row.Cells) < r.column {
		r.row.Cells = append(r.row.Cells, "")
	}
	r.row.Cells = append(r.row.Cells, text)
	return nil
}

// place finds out in which column a cell stands.
func (r *Rows) place(ref []byte) error {
	if ref == nil { // it stands to the right of the one before
		r.column++
	} else {
		column, row := placeOf(ref)
		if column < 0 || column >= MaxColumns || row != r.row.Number {
			return fmt.Errorf("a cell has the place %.20q", ref)
		}
		if column <= r.column {
			return fmt.Errorf("cell %.20q comes after cell %.20q", ref, cellName(r.row.Number, r.column))
		}
		r.column = column
	}
	if r.column >= MaxColumns {
		return &Refusal{fmt.Sprintf("row %d has more than %d cells", r.row.Number, MaxColumns), "this is no list of partners"}
	}
	return nil
}

// placeOf reads B7 as the column 1, counted from 0, of row 7. The column is
// below 0 for what is no place.
func placeOf(ref []byte) (column, row int) {
	i := 0
	for ; i < len(ref) && 'A' <= ref[i]&^0x20 && ref[i]&^0x20 <= 'Z' && i < 4; i++ {
		column = column*26 + int(ref[i]&^0x20-'A') + 1
	}
	if i == 0 || i == len(ref) || len(ref)-i > 7 {
		return -1, 0
	}
	for ; i < len(ref); i++ {
		if ref[i] < '0' || ref[i] > '9' {
			return -1, 0
		}
		row = row*10 + int(ref[i]-'0')
	}
	return column - 1, row
}

// cellName is the name of a place, such as B7, for a column from 0.
func cellName(row, column int) string {
	letters := ""
	for column++; column > 0; column = (column - 1) / 26 {
		letters = string(rune('A'+(column-1)%26)) + letters
	}
	return letters + strconv.Itoa(row)
}

// show adds a number to the row as it is shown.
func (r *Rows) show(raw []byte, style int) error {
	from := len(r.buf)
	var f *format
	if style >= 0 && style < len(r.book.formats) {
		f = r.book.formats[style]
	}
	if f == nil && isPlainNumber(raw) {
		r.buf = append(r.buf, raw...)
		return r.set(shared(r.buf[from:]))
	}
	v, err := strconv.ParseFloat(string(raw), 64)
	switch {
	case err != nil || math.IsNaN(v) || math.IsInf(v, 0): // no number that Excel knows: shown as it stands there
		r.buf = append(r.buf, raw...)
	case f == nil:
		r.buf = appendGeneral(r.buf, v, raw)
	default:
		r.buf = f.append(r.buf, v, raw, r.book.epoch)
		if f.isDate(v) {
			r.row.Dates = append(r.row.Dates, r.column)
		}
	}
	return r.set(shared(r.buf[from:]))
}

// isPlainNumber knows a whole number that General shows as it stands in the file.
func isPlainNumber(raw []byte) bool {
	if len(raw) == 0 || len(raw) > 15 || raw[0] == '0' && len(raw) > 1 {
		return false
	}
	for _, c := range raw {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
