package sheet

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"onboard/pkg/partner"
)

// OpenOwn opens a file that an earlier run wrote, for columns that were added to it.
// A person may have saved it in another program since, so its other columns may be
// anything, and its bytes need not be UTF-8: what was added is ASCII. It refuses what
// can't be read with certainty: each column has to be there once, under nothing else.
func OpenOwn(path string, columns ...string) (*Sheet, error) {
	s, err := Open(path, nil, Options{addedOnly: true})
	if err != nil {
		var second error
		if s, second = Open(path, nil, Options{addedOnly: true, Encoding: "windows-1252"}); second != nil {
			return nil, err
		}
	}
	if err := s.owns(columns); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// owns refuses a file that has not each of the columns once, or more than rows below
// its header: rows may have been sorted above it.
func (s *Sheet) owns(columns []string) error {
	if s.Workbook != nil && len(s.Workbook.Sheets) > 1 {
		return &FileError{File: s.Name(), Msg: fmt.Sprintf("it is a workbook with %d sheets", len(s.Workbook.Sheets))}
	}
	for _, name := range columns {
		if n := len(s.ownColumns(name)); n != 1 {
			return &FileError{File: s.Name(), Line: s.HeaderLine, Msg: fmt.Sprintf("it has %d columns %s", n, name)}
		}
	}
	if len(s.Titles) > 0 {
		return &FileError{File: s.Name(), Line: s.HeaderLine, Msg: "lines stand above its header"}
	}
	return nil
}

// ownColumns are the columns of that name, whatever a program made of its capitals.
func (s *Sheet) ownColumns(name string) (all []int) {
	for i, h := range s.Header {
		if strings.EqualFold(partner.Clean(h), name) {
			all = append(all, i)
		}
	}
	return all
}

// EachOwn calls fn with the line of each row that holds any text, and with its cells
// in the columns that OpenOwn was asked for. What can't be read is an error.
func (s *Sheet) EachOwn(columns []string, fn func(line int, texts []string) error) error {
	var at []int
	for _, name := range columns {
		at = append(at, s.ownColumns(name)[0])
	}
	scanner, err := s.Scan()
	if err != nil {
		return err
	}
	r := ownRows{sheet: s, at: at, texts: make([]string, len(at)), fn: fn}
	for {
		block, err := scanner.Next()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := r.read(block); err != nil {
			return err
		}
		scanner.Reuse(block)
	}
}

// ownRows reads the rows of blocks.
type ownRows struct {
	sheet *Sheet
	at    []int
	cells [][]byte
	texts []string
	fn    func(line int, texts []string) error
}

func (r *ownRows) read(block Block) error {
	if block.Stray {
		return &FileError{File: r.sheet.Name(), Line: block.Line, Msg: "text stands behind a closing quotation mark"}
	}
	line := block.Line
	for rest := block.Data; len(rest) > 0; {
		end, _, _ := nextRecord(rest, r.sheet.Delimiter, true)
		if err := r.row(line, trimBreak(rest[:end])); err != nil {
			return err
		}
		line += r.sheet.linesIn(rest[:end])
		rest = rest[end:]
	}
	return nil
}

func (r *ownRows) row(line int, raw []byte) error {
	if r.cells = rawCells(raw, r.sheet.Delimiter, r.cells[:0]); blankCells(r.cells) {
		return nil
	}
	if len(r.cells) <= slices.Max(r.at) {
		return &FileError{File: r.sheet.Name(), Line: line, Msg: fmt.Sprintf("the row has %d of %d cells", len(r.cells), len(r.sheet.Header))}
	}
	for i, at := range r.at {
		r.texts[i] = textAt(r.cells, at)
	}
	return r.fn(line, r.texts)
}

func blankCells(cells [][]byte) bool {
	return !slices.ContainsFunc(cells, func(c []byte) bool { return !partner.Blank(unquote(c)) })
}

// textAt is a cell, cleaned; "" where there is none.
func textAt(cells [][]byte, i int) string {
	if i < 0 || i >= len(cells) {
		return ""
	}
	return partner.Clean(unguard(unquote(cells[i])))
}
