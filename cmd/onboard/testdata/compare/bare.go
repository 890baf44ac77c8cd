//go:build ignore

// Bare reads a CSV file with encoding/csv, and does nothing with it: the least
// that any program in Go does which takes its CSV from the standard library.
package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"log"
	"os"
)

func main() {
	f, err := os.Open(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	r := csv.NewReader(bufio.NewReaderSize(f, 64<<10))
	r.ReuseRecord = true
	for err == nil {
		_, err = r.Read()
	}
	if !errors.Is(err, io.EOF) {
		log.Fatal(err)
	}
}
