package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gocarina/gocsv"

	"onboard/pkg/partner"
)

const benchRows = 100_000

// benchText is a sheet of ordinary rows, about 90 bytes each.
func benchText() string {
	var b bytes.Buffer
	b.WriteString(header)
	for i := range benchRows {
		fmt.Fprintf(&b, "Larkfield Systems No %d Ltd,GB,UK,Annabel,\"Whitcombe, %d\",office%d@larkfield.example\n", i, i, i)
	}
	return b.String()
}

// BenchmarkScan is the reading and cutting into blocks alone.
func BenchmarkScan(b *testing.B) {
	s, err := open(b, benchText(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		sc, err := s.Scan()
		for err == nil {
			_, err = sc.Next()
		}
		if !errors.Is(err, io.EOF) {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(benchRows*b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkParse is what is done to a block once it is cut, on one core.
func BenchmarkParse(b *testing.B) {
	s, err := open(b, benchText(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	sc, err := s.Scan()
	var blocks []Block
	for err == nil {
		var block Block
		if block, err = sc.Next(); err == nil {
			blocks = append(blocks, block)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, block := range blocks {
			parsed, err := s.Parse(block)
			if err != nil {
				b.Fatal(err)
			}
			s.Reuse(parsed)
		}
	}
	b.ReportMetric(float64(benchRows*b.N)/b.Elapsed().Seconds(), "rows/s")
}

// wideRows is a sheet without a header, of all thirteen columns.
func wideRows(n int) []byte {
	return bytes.Repeat([]byte("Larkfield Systems Ltd,GB,UK,MSP,Annabel,Whitcombe,office@larkfield.example,12,3,Kent,Dover,\"1 Harbour Road, Unit 4\",CT16 1AA\n"), n)
}

func wideHeader() (names []string) {
	for _, spec := range partner.Specs {
		names = append(names, spec.Name)
	}
	return names
}

// wideSheet is a sheet with a header of all thirteen columns.
func wideSheet() *Sheet {
	s := &Sheet{Delimiter: ',', Header: wideHeader(), ours: make([]bool, partner.NumFields)}
	for i := range s.columns {
		s.columns[i] = i
	}
	s.bind()
	return s
}

// BenchmarkBind is what the reading of a row costs, by encoding/csv and by
// ourselves, and the binding beside it: as it is, by gocsv's reflection, and by
// hand.
func BenchmarkBind(b *testing.B) {
	const rows = 1000
	data, header := wideRows(rows), wideHeader()
	s := wideSheet()
	stages := map[string]func() error{
		"encoding/csv alone": func() error {
			r := csv.NewReader(bytes.NewReader(data))
			r.ReuseRecord = true
			_, err := r.Read()
			for err == nil {
				_, err = r.Read()
			}
			return noEOF(err)
		},
		"records alone": func() error {
			binder := s.readBlock(data)
			binder.forget()
			s.binders.Put(binder)
			return nil
		},
		"gocsv by name": func() error {
			binder := s.readBlock(data)
			_, err := binder.bind()
			binder.forget()
			s.binders.Put(binder)
			return err
		},
		"gocsv by reflection": func() error {
			r := csv.NewReader(io.MultiReader(strings.NewReader(strings.Join(header, ",")+"\n"), bytes.NewReader(data)))
			r.ReuseRecord = true
			bind, err := gocsv.NewUnmarshaller(r, &partner.Row{})
			for err == nil {
				_, err = bind.Read()
			}
			return noEOF(err)
		},
		"by hand": func() error {
			binder := s.readBlock(data)
			all := make([]partner.Row, rows)
			for i, cell := range binder.cells {
				*all[i/len(header)].At(partner.Field(i % len(header))) = cell
			}
			binder.forget()
			s.binders.Put(binder)
			return nil
		},
	}
	for _, name := range []string{"encoding/csv alone", "records alone", "gocsv by name", "gocsv by reflection", "by hand"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := stages[name](); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// readBlock keeps all records of a block.
func (s *Sheet) readBlock(data []byte) *binder {
	b := s.newBinder()
	r := newRecords(data, s.Delimiter, b.marks)
	b.marks = r.marks
	for r.more() {
		_, cells := r.next(b.cells)
		b.add(cells, s.held, r.plain)
	}
	return b
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// TestRowsAreCheap holds that a row whose cells were given back costs no more
// allocations than gocsv makes for it: two of a word each.
func TestRowsAreCheap(t *testing.T) {
	const rows = 1000
	s := wideSheet()
	block := Block{Line: 2, Data: wideRows(rows), Records: rows}
	got := testing.AllocsPerRun(10, func() {
		parsed, err := s.Parse(block)
		if err != nil || len(parsed.Rows) != rows {
			t.Fatal(len(parsed.Rows), err)
		}
		s.Reuse(parsed)
	})
	if most := 2.5 * rows; got > most { // under the race detector a sync.Pool loses every fourth
		t.Errorf("%v allocations for %d rows, want at most %v", got, rows, most)
	}
}

// BenchmarkWrite writes rows out again, each with what is added to one that was
// created.
func BenchmarkWrite(b *testing.B) {
	s, err := open(b, benchText(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	o, err := s.Create(filepath.Join(b.TempDir(), "list.results.csv"), "onboard_line", "onboard_token")
	if err != nil {
		b.Fatal(err)
	}
	defer o.Discard()
	row := Row{Line: 2, Raw: []byte("Larkfield Systems No 1 Ltd,GB,UK,Annabel,\"Whitcombe, 1\",office1@larkfield.example")}
	b.ReportAllocs()
	for b.Loop() {
		if err := o.Add(row, Cell{Text: "2"}, Cell{Text: "synthetic-token", Literal: true}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
