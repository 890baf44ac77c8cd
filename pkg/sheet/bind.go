package sheet

import (
	"encoding/csv"
	"fmt"
	"sync"

	"github.com/gocarina/gocsv"

	"onboard/pkg/partner"
)

// binder makes rows of the records of a block, and of another one after that:
// its memory is used again. It is a gocsv.CSVReader of the records that are to
// be bound, each of which has as many cells as the header.
//
// gocsv.Unmarshaller would read the records itself, and sets each cell by
// reflection, with an allocation. A row that takes its cells by name costs half.
type binder struct {
	header  []string // canonical names, as Sheet.bind makes them
	cells   []string // of all records, one after the other
	records [][]string
	rows    []boundRow
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
	b.cells = b.cells[:0]
}

// bind binds the records that were kept, in their order.
func (b *binder) bind() ([]boundRow, error) {
	n := len(b.cells) / len(b.header)
	if len(b.rows) < n {
		b.rows = make([]boundRow, n)
	}
	if err := gocsv.UnmarshalCSV(b, &b.rows); err != nil {
		return nil, fmt.Errorf("can't bind the columns: %w", err)
	}
	return b.rows[:n], nil
}

// ReadAll is the header and the records that were kept.
func (b *binder) ReadAll() ([][]string, error) {
	b.records = append(b.records[:0], b.header)
	for from := 0; from < len(b.cells); from += len(b.header) {
		b.records = append(b.records, b.cells[from:from+len(b.header)])
	}
	return b.records, nil
}

// Read would be a record at a time, which gocsv does not ask for here.
func (b *binder) Read() ([]string, error) { return nil, csv.ErrFieldCount }

// spareRows are empty rows that were given back, those of all sheets: a row that
// gocsv makes knows of no sheet.
var spareRows = sync.Pool{New: func() any { return new(partner.Row) }}

// boundRow is a row that gocsv binds.
type boundRow struct{ *partner.Row }

// UnmarshalCSVWithFields takes a cell. gocsv calls it with every cell of a
// record, also with those of columns that hold no field.
func (r *boundRow) UnmarshalCSVWithFields(column, cell string) error {
	if r.Row == nil {
		r.Row = spareRows.Get().(*partner.Row)
	}
	if f, ok := partner.FieldByName(column); ok {
		*r.At(f) = cell
	}
	return nil
}
