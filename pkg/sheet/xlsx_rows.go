package sheet

import (
	"errors"
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"

	"onboard/pkg/partner"
)

// csvRows reads one sheet of a workbook as CSV. A row is padded to the width
// of the header, because a sheet doesn't store empty cells, and a row is not
// ragged for want of them. A row with text beyond the header stays longer.
type csvRows struct {
	name  string // of the file
	book  *excelize.File
	sheet string
	rows  *excelize.Rows
	row   int  // number of the last row that was read, from 1
	width int  // cells of the header; 0: there is none
	known bool // the header is unmistakable

	raw    *excelize.Rows // the same rows without number formats, from the first row that needs them
	rawRow int

	ahead [][]string // rows that were read to find the header
	buf   []byte     // the last record
	sent  int        // bytes of it that were handed out
	total int        // bytes handed out in all
	err   error      // why there are no more rows; io.EOF after the last one
}

// openRows starts reading a sheet and looks for its header.
func openRows(book *excelize.File, sheet, name string, opt Options) (*csvRows, error) {
	c := &csvRows{name: name, book: book, sheet: sheet}
	var missing excelize.ErrSheetNotExist
	rows, err := book.Rows(sheet)
	if errors.As(err, &missing) { // a chart has no rows
		c.err = io.EOF
		return c, nil
	} else if err != nil {
		return nil, c.unreadable(err)
	}
	c.rows = rows
	if c.findHeader(opt); c.err != nil && !errors.Is(c.err, io.EOF) {
		c.Close()
		return nil, c.err
	}
	return c, nil
}

func (c *csvRows) unreadable(err error) error {
	return damaged(c.name, fmt.Errorf("sheet '%s', row %d: %w", c.sheet, c.row, err))
}

// findHeader finds the width of the header by the rule by which readHeader
// finds the header itself: the first row that is unmistakably one, or else the
// first row with text.
func (c *csvRows) findHeader(opt Options) {
	for found := 0; found < topRecords; {
		cells, ok := c.next()
		if !ok {
			return
		}
		c.ahead = append(c.ahead, cells)
		if len(cells) == 0 {
			continue
		}
		known := recognised(cells, opt.Map) >= unmistakable
		if found++; found == 1 || known {
			c.width = filled(cells)
		}
		if known {
			c.known = true
			return
		}
	}
}

// filled is the number of cells up to the last one that holds text.
func filled(cells []string) int {
	n := len(cells)
	for n > 0 && partner.Blank(cells[n-1]) {
		n--
	}
	return n
}

// next is the next row, or none at the end and after an error. A row without
// text has no cells.
func (c *csvRows) next() ([]string, bool) {
	if c.err != nil {
		return nil, false
	}
	if !c.rows.Next() {
		if c.err = io.EOF; c.rows.Error() != nil {
			c.err = c.unreadable(c.rows.Error())
		}
		return nil, false
	}
	c.row++
	cells, err := c.rows.Columns()
	if err != nil {
		c.err = c.unreadable(err)
		return nil, false
	}
	if filled(cells) == 0 {
		return nil, true
	}
	if c.err = c.restoreDigits(cells); c.err != nil {
		return nil, false
	}
	return cells, c.fits(cells)
}

func (c *csvRows) fits(cells []string) bool {
	size := len(cells)
	for _, cell := range cells {
		size += len(cell)
	}
	if size > MaxRecord {
		c.err = damaged(c.name, tooLong(fmt.Sprintf("row %d", c.row)))
	}
	return c.err == nil
}

// Read hands out the sheet as CSV, from its first row.
func (c *csvRows) Read(p []byte) (int, error) {
	if c.sent == len(c.buf) {
		if !c.fill() {
			return 0, c.err
		}
	}
	n := copy(p, c.buf[c.sent:])
	c.sent += n
	return n, nil
}

// fill makes the next row with text a record, below the empty ones before it.
// Empty rows at the end, which only have a look, are left out.
func (c *csvRows) fill() bool {
	c.buf, c.sent = c.buf[:0], 0
	cells, ok := c.take()
	for ; ok && len(cells) == 0; cells, ok = c.take() {
		c.buf = append(c.buf, '\n')
	}
	if !ok {
		c.buf = c.buf[:0]
		return false
	}
	c.buf = c.record(c.buf, cells)
	// A few bytes of a workbook can refer to a long text many times.
	if c.total += len(c.buf); c.total > maxUnpacked {
		c.ahead, c.err = nil, &FileError{File: c.name, Msg: fmt.Sprintf("the sheet '%s' holds more than 200 MB of text", c.sheet), Hint: "hand it in in pieces"}
		c.buf = c.buf[:0]
		return false
	}
	return true
}

func (c *csvRows) take() ([]string, bool) {
	if len(c.ahead) == 0 {
		return c.next()
	}
	cells := c.ahead[0]
	c.ahead = c.ahead[1:]
	return cells, true
}

// record adds a row with text to dst.
func (c *csvRows) record(dst []byte, cells []string) []byte {
	for i := range max(filled(cells), c.width) {
		if i > 0 {
			dst = append(dst, ',')
		}
		if i < len(cells) {
			dst = appendCell(dst, cells[i], ',')
		}
	}
	return append(dst, '\n')
}

// Close lets go of the files that excelize unpacked.
func (c *csvRows) Close() error {
	for _, rows := range []*excelize.Rows{c.rows, c.raw} {
		if rows != nil {
			_ = rows.Close() // its error is one of reading, which next has told
		}
	}
	return nil
}
