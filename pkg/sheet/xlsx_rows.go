package sheet

import (
	"fmt"
	"io"
	"strings"

	"onboard/pkg/partner"
	"onboard/pkg/sheet/workbook"
)

// errEnd is that there are no more rows.
var errEnd = io.EOF

// csvRows reads one sheet of a workbook as CSV. A row is padded to the width
// of the table, because a sheet doesn't store empty cells, and a row is not
// ragged for want of them.
type csvRows struct {
	name  string // of the file
	sheet int
	opt   Options
	rows  *workbook.Rows

	width  int      // cells of the header, or of the table with remarks beside it; 0: there is no header
	reach  int      // the farthest cell beside the table, if it is not too far
	header []string // the header
	below  int      // number of the header's row
	known  bool     // the header is unmistakable

	ahead   []workbook.Row // rows with text that were read to find the header
	last    int            // number of the last row that was written
	skipped int            // hidden rows since then that were left out
	hidden  HiddenRows
	dates   dateCells

	buf   []byte // the last records
	sent  int    // bytes of them that were handed out
	total int    // bytes handed out in all
	err   error  // why there are no more rows; errEnd after the last one
}

// maxBeside is how many columns beside the table remarks may reach. A stray cell
// farther away does not widen all rows.
const maxBeside = 32

// open starts reading a sheet and looks for its header. merged and width are what
// an earlier reading found.
func (w *workbookReader) open(sheet int, merged []workbook.Area, width int) (*csvRows, error) {
	rows, err := w.book.Rows(sheet, merged)
	if err != nil {
		return nil, w.damaged(err)
	}
	c := &csvRows{name: w.name, sheet: sheet, opt: w.opt, rows: rows}
	if c.findHeader(); c.err != nil && c.err != errEnd { //nolint:errorlint // io.EOF itself
		c.rows.Close()
		return nil, w.damaged(c.err)
	}
	if c.width > 0 && width > c.width {
		c.width = width
	}
	return c, nil
}

// damaged adds to an error of a sheet that there are others.
func (w *workbookReader) damaged(err error) error {
	err = damaged(w.name, err)
	if file, ok := err.(*FileError); ok && w.opt.Sheet == "" && len(w.visible) > 1 { //nolint:errorlint // damaged makes it
		file.Hint += ", or read another sheet with --sheet: " + w.names()
	}
	return err
}

// findHeader finds the width of the header by the rule by which readHeader
// finds the header itself: the first row that is unmistakably one, or else the
// first row with text.
func (c *csvRows) findHeader() {
	for found := 0; found < topRecords; {
		row, ok := c.next()
		if !ok {
			return
		}
		kept := workbook.Row{Number: row.Number, Hidden: row.Hidden}
		for _, text := range row.Cells {
			kept.Cells = append(kept.Cells, strings.Clone(text))
		}
		kept.Dates = append(kept.Dates, row.Dates...)
		c.ahead = append(c.ahead, kept)
		known := recognised(kept.Cells, c.opt.Map) >= unmistakable
		if found++; found == 1 || known {
			c.width, c.below = filled(kept.Cells), kept.Number
			c.header = kept.Cells[:c.width]
		}
		if known {
			c.known = true
			return
		}
	}
}

// insideOne refuses a sheet whose cells of column A hold whole lines of CSV.
func (c *csvRows) insideOne() error {
	if c.known || c.width != 1 {
		return nil
	}
	for _, row := range c.ahead {
		text := row.Cells[0]
		for _, delimiter := range ",;\t|" {
			if recognised(strings.Split(text, string(delimiter)), c.opt.Map) >= unmistakable {
				c.rows.Close()
				return &FileError{File: c.name, Line: row.Number, Msg: "this workbook holds the text of a CSV file: each line of it stands as a whole in column A",
					Hint: fmt.Sprintf("in the spreadsheet program split column A at each %q (Data, Text to Columns), or hand in the CSV file itself", delimiter)}
			}
		}
	}
	return nil
}

// filled is the number of cells up to the last one that holds text.
func filled(cells []string) int {
	n := len(cells)
	for n > 0 && partner.Blank(cells[n-1]) {
		n--
	}
	return n
}

// next is the next row with text, or none at the end and after an error.
func (c *csvRows) next() (*workbook.Row, bool) {
	for c.err == nil {
		if !c.rows.Next() {
			if c.err = c.rows.Err(); c.err == nil {
				c.err = errEnd
			}
			break
		}
		row := c.rows.Row()
		n := filled(row.Cells)
		if row.Cells = row.Cells[:n]; n == 0 {
			continue
		}
		return row, c.fits(row)
	}
	return nil, false
}

func (c *csvRows) fits(row *workbook.Row) bool {
	size := len(row.Cells)
	for _, cell := range row.Cells {
		size += len(cell)
	}
	if size > MaxRecord {
		c.err = &FileError{Msg: fmt.Sprintf("row %d of this workbook holds more text than a row may, which is 1 MiB", row.Number), Hint: "this is no list of partners"}
	}
	return c.err == nil
}

// Read hands out the sheet as CSV, from its first row.
func (c *csvRows) Read(p []byte) (int, error) {
	if c.sent == len(c.buf) {
		c.buf, c.sent = c.buf[:0], 0
		for len(c.buf) < len(p) && c.fill() {
			continue
		}
		if len(c.buf) == 0 {
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
	row, ok := c.take()
	if !ok {
		return false
	}
	if row.Number > c.below && c.hide(row) {
		return true
	}
	from := len(c.buf)
	for c.last++; c.last < row.Number; c.last++ {
		c.buf = append(c.buf, '\n')
	}
	c.hidden.Blank += c.skipped
	c.skipped = 0
	c.buf = c.record(c.buf, row.Cells)
	// A few bytes of a workbook can refer to a long text many times.
	if c.total += len(c.buf) - from; c.total > workbook.MaxUnpacked {
		c.buf, c.ahead = c.buf[:from], nil
		c.err = &FileError{File: c.name, Msg: "the sheet holds more than 200 MB of text", Hint: "hand it in in pieces"}
		return false
	}
	c.note(row)
	return true
}

// hide looks at a row that is not shown, and says that it is left out.
func (c *csvRows) hide(row *workbook.Row) bool {
	if !row.Hidden {
		return false
	}
	const most = 11 // one more than are shown
	if c.hidden.Count++; c.hidden.Count <= most {
		c.hidden.Lines = append(c.hidden.Lines, row.Number)
	}
	if c.hidden.Skipped = c.opt.HiddenRows == SkipHidden; c.hidden.Skipped {
		c.skipped++
	}
	return c.hidden.Skipped
}

// note remembers what is special in a row of the table.
func (c *csvRows) note(row *workbook.Row) {
	if row.Number <= c.below {
		return
	}
	if n := len(row.Cells); n > c.width && n <= c.width+maxBeside {
		c.reach = max(c.reach, n)
	}
	for _, column := range row.Dates {
		if column < len(c.header) {
			c.dates.add(column, row.Number)
		}
	}
}

// again says that the sheet has to be read once more, now that all is known of it.
func (c *csvRows) again() bool {
	return c.reach > c.width || len(c.rows.Merged) > 0 && !c.rows.Filled()
}

func (c *csvRows) take() (*workbook.Row, bool) {
	if len(c.ahead) == 0 {
		return c.next()
	}
	row := &c.ahead[0]
	c.ahead = c.ahead[1:]
	return row, true
}

// record adds a row with text to dst.
func (c *csvRows) record(dst []byte, cells []string) []byte {
	for i := range max(len(cells), c.width) {
		if i > 0 {
			dst = append(dst, ',')
		}
		if i < len(cells) {
			dst = appendCell(dst, cells[i], ',')
		}
	}
	return append(dst, '\n')
}

// describe tells what was special in the sheet.
func (c *csvRows) describe(info *Workbook) {
	info.Uncomputed, info.Linked, info.Hidden, info.Dates = c.rows.Uncomputed, c.rows.Linked, c.hidden, c.dates
	info.Merged = c.rows.Spread
	for i := range c.header {
		if c.rows.HiddenColumn(i) {
			info.HiddenColumns = append(info.HiddenColumns, i)
		}
	}
}
