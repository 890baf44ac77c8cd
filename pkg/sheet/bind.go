package sheet

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"fmt"

	"github.com/gocarina/gocsv"

	"onboard/pkg/partner"
)

// binder makes rows of the records of a block, and of another one after that:
// its memory is used again, and our header is bound once.
type binder struct {
	in   *bytes.Reader
	csv  *csv.Reader
	rows *gocsv.Unmarshaller
}

// bindBuffer is what encoding/csv reads at a time, in bytes.
const bindBuffer = 64 << 10

// newBinder takes one that is not in use, or makes one.
func (s *Sheet) newBinder() (*binder, error) {
	if b, ok := s.binders.Get().(*binder); ok {
		return b, nil
	}
	b := &binder{in: bytes.NewReader(s.bound)}
	b.csv = csv.NewReader(bufio.NewReaderSize(b.in, bindBuffer))
	b.csv.Comma = rune(s.Delimiter)
	b.csv.LazyQuotes = true // a quotation mark inside an unquoted cell is text; the scanner has seen to the others
	b.csv.FieldsPerRecord = len(s.Header)
	b.csv.ReuseRecord = true
	var err error
	if b.rows, err = gocsv.NewUnmarshaller(b.csv, &partner.Row{}); err != nil {
		return nil, fmt.Errorf("%s: can't bind the header: %w", s.Name(), err)
	}
	return b, nil
}

// read binds the next record of the block, and tells how many bytes it took.
// io.EOF is the end of the block.
func (b *binder) read() (row *partner.Row, n int64, err error) {
	from := b.csv.InputOffset()
	bound, err := b.rows.Read()
	row, _ = bound.(*partner.Row)
	return row, b.csv.InputOffset() - from, err
}
