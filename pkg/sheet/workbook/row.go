package workbook

import (
	"fmt"
	"math"
	"strconv"
)

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
