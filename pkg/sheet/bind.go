package sheet

import (
	"encoding/csv"
	"fmt"
	"sync"

	"github.com/gocarina/gocsv"

	"onboard/pkg/partner"
)

// binder makes rows of the records of a block, and of another one after that:
// its memory is used again. It is a gocsv.CSVReader of the cells that hold a field,
// under a header of one letter each.
//
// gocsv.Unmarshaller would read the records itself, and sets each cell by
// reflection, with an allocation. A row that takes its cells by name costs half.
type binder struct {
	header  []string // as Sheet.bind makes it
	cells   []string // of all records, one after the other
	plain   []bool   // of each record: partner.Row.Plain
	records [][]string
	rows    []boundRow
	marks   []int32 // memory for records
}

// newBinder takes one that is not in use, or makes one.
func (s *Sheet) newBinder() *binder {
	if b, ok := s.binders.Get().(*binder); ok {
		return b
	}
	return &binder{header: s.bound}
}

// forget lets go of what the last block's rows need.
func (b *binder) forget() {
	clear(b.cells)
	clear(b.rows)
	b.cells, b.plain = b.cells[:0], b.plain[:0]
}

// add keeps the cells of a record that hold a field. They are the last ones of
// cells, behind those that were kept before.
func (b *binder) add(cells []string, held []int, plain bool) {
	kept := len(b.cells)
	if record := cells[kept:]; len(held) < len(record) {
		for i, column := range held {
			record[i] = record[column]
		}
		cells = cells[:kept+len(held)]
	}
	b.cells, b.plain = cells, append(b.plain, plain)
}

// bind binds the records that were kept, in their order.
func (b *binder) bind() ([]boundRow, error) {
	n := len(b.plain)
	if len(b.rows) < n {
		b.rows = make([]boundRow, n)
	}
	b.records = append(b.records[:0], b.header)
	for from := range n {
		b.records = append(b.records, b.cells[from*len(b.header):(from+1)*len(b.header)])
	}
	if err := gocsv.UnmarshalCSV(b, &b.rows); err != nil {
		return nil, fmt.Errorf("can't bind the columns: %w", err)
	}
	return b.rows[:n], nil
}

// ReadAll is the header and the records that were kept.
func (b *binder) ReadAll() ([][]string, error) { return b.records, nil }

// Read would be a record at a time, which gocsv does not ask for here.
func (b *binder) Read() ([]string, error) { return nil, csv.ErrFieldCount }

// spareRows are empty rows that were given back, those of all sheets: a row that
// gocsv makes knows of no sheet.
var spareRows = sync.Pool{New: func() any { return new(partner.Row) }}

// boundRow is a row that gocsv binds.
type boundRow struct {
	Cells [0]string // gocsv wants a field that it could set; one that takes no room is compared with the header soonest
	row   *partner.Row
}

// UnmarshalCSVWithFields takes a cell. gocsv calls it with every cell of a record.
func (r *boundRow) UnmarshalCSVWithFields(letter, cell string) error {
	if r.row == nil {
		r.row = spareRows.Get().(*partner.Row)
	}
	*r.row.At(fieldOf(letter)) = cell
	return nil
}

// letterOf is the header of a field's cells. gocsv compares a header with all tags,
// for each block anew, and hands it over with every cell: the shorter the better.
func letterOf(f partner.Field) string { return string(rune('a' + f)) }

func fieldOf(letter string) partner.Field { return partner.Field(letter[0] - 'a') }
