package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"
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
	for b.Loop() {
		for _, block := range blocks {
			if _, err := s.Parse(block); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(benchRows*b.N)/b.Elapsed().Seconds(), "rows/s")
}
