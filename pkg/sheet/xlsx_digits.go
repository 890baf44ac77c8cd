package sheet

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// scientific is how a number is displayed when its digits don't fit.
var scientific = regexp.MustCompile(`^-?[0-9](\.[0-9]+)?E\+[0-9]+$`)

// restoreDigits gives a number that is displayed as 1.23457E+11 the digits
// that the file holds. Excel's General format shows no more than eleven, so
// that a long postal or account number is only seen when its cell is selected;
// the digits are what was meant. A text that looks like this stays as it is.
func (c *csvRows) restoreDigits(cells []string) error {
	var raw []string
	for i, shown := range cells {
		if !strings.Contains(shown, "E+") || !scientific.MatchString(shown) {
			continue
		}
		if raw == nil {
			var err error
			if raw, err = c.rawCells(); err != nil {
				return err
			}
		}
		if i < len(raw) && raw[i] != shown {
			cells[i] = digits(raw[i], shown)
		}
	}
	return nil
}

// rawCells are the cells of the current row as the file holds them.
func (c *csvRows) rawCells() (cells []string, err error) {
	if c.raw == nil {
		if c.raw, err = c.book.Rows(c.sheet); err != nil {
			return nil, c.unreadable(err)
		}
	}
	for c.rawRow < c.row && c.raw.Next() {
		c.rawRow++
	}
	if cells, err = c.raw.Columns(excelize.Options{RawCellValue: true}); err != nil {
		err = c.unreadable(err)
	}
	return cells, err
}

func digits(raw, shown string) string {
	number, err := strconv.ParseFloat(raw, 64)
	switch {
	case err != nil:
		return shown
	case strings.ContainsAny(raw, "Ee"):
		return strconv.FormatFloat(number, 'f', -1, 64)
	}
	return raw
}
