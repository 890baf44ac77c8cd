package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"onboard/pkg/partner"
)

// Row is one row of a sheet that holds any text.
type Row struct {
	Line  int    // physical line on which it starts, from 1
	Raw   []byte // its bytes without the line break, for writing it out again
	Text  *partner.Row
	Fault string // why it can't be taken apart into cells; Text is then nil
	Bad   bool   // some of its bytes are not text in the file's encoding
}

// Rows is what a block holds.
type Rows struct {
	Rows  []Row
	Blank int // rows without any text, which are left out
}

// Parse takes a block apart into rows and binds them to the fields. It may be
// called for several blocks at the same time.
func (s *Sheet) Parse(b Block) (Rows, error) {
	if b.Stray {
		return Rows{Rows: []Row{{Line: b.Line, Raw: trimBreak(b.Data), Bad: !utf8.Valid(b.Data),
			Fault: "a cell goes on after its closing quotation mark; a quotation mark inside a cell has to be doubled"}}}, nil
	}
	p := parser{sheet: s, binder: s.newBinder(b.Data), rest: b.Data, line: b.Line, text: utf8.Valid(b.Data)}
	p.out.Rows = make([]Row, 0, b.Records)
	for {
		record, n, err := p.binder.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err := p.row(n, record, err); err != nil {
			return Rows{}, err
		}
	}
	p.out.Blank += breaksIn(p.rest)
	if err := p.bind(); err != nil {
		return Rows{}, fmt.Errorf("%s: %w", s.Name(), err)
	}
	p.binder.forget()
	s.binders.Put(p.binder)
	return p.out, nil
}

// parser walks along a block's bytes while its records are read.
type parser struct {
	sheet  *Sheet
	binder *binder
	rest   []byte
	line   int
	text   bool // all of the block is
	out    Rows
}

// row takes the next n bytes as the row of a record, which came with err.
func (p *parser) row(n int, record []string, err error) error {
	raw := p.rest[:n]
	p.rest = p.rest[n:]
	for len(raw) > 0 && (raw[0] == '\n' || raw[0] == '\r') { // blank lines, which encoding/csv skips
		skip := 1
		if raw[0] == '\r' {
			skip = 2
		}
		raw = raw[skip:]
		p.line++
		p.out.Blank++
	}
	row := Row{Line: p.line, Raw: trimBreak(raw), Bad: !p.text && !utf8.Valid(raw)}
	p.line += p.sheet.linesIn(raw)
	if p.sheet.blank(row.Raw, record, err == nil) {
		p.out.Blank++
		return nil
	}
	if len(raw) > MaxColumns && bytes.Count(raw, []byte{p.sheet.Delimiter}) >= MaxColumns {
		if n := len(rawCells(row.Raw, p.sheet.Delimiter, nil)); n > MaxColumns {
			return &FileError{File: p.sheet.Name(), Line: row.Line, Msg: fmt.Sprintf("the row has %d cells, and %d is the most", n, MaxColumns)}
		}
	}
	switch {
	case err == nil:
		p.binder.keep(record)
	case errors.Is(err, csv.ErrFieldCount):
		row.Fault = p.sheet.ragged(row.Raw)
	default:
		return fmt.Errorf("%s:%d: %w", p.sheet.Name(), row.Line, err)
	}
	p.out.Rows = append(p.out.Rows, row)
	return nil
}

// bind gives the rows their cells.
func (p *parser) bind() error {
	bound, err := p.binder.bind()
	if err != nil {
		return err
	}
	for i := range p.out.Rows {
		row := &p.out.Rows[i]
		if row.Fault != "" {
			continue
		}
		row.Text, bound = bound[0].Row, bound[1:]
		if bytes.IndexByte(row.Raw, '\'') < 0 {
			continue
		}
		for f := range partner.NumFields {
			cell := row.Text.At(f)
			*cell = unguard(*cell)
		}
	}
	return nil
}

func (s *Sheet) ragged(raw []byte) string {
	cells, want := len(rawCells(raw, s.Delimiter, nil)), len(s.Header)
	word := "cells"
	if cells == 1 {
		word = "cell"
	}
	if cells < want {
		return fmt.Sprintf("the row has %d %s, and the header has %d: %d missing", cells, word, want, want-cells)
	}
	return fmt.Sprintf("the row has %d %s, and the header has %d: %d too many (a cell that contains %q needs quotation marks around it)",
		cells, word, want, cells-want, string(s.Delimiter))
}

// blank says that a row holds no text at all, in our columns or in others.
func (s *Sheet) blank(raw []byte, record []string, whole bool) bool {
	if i := s.columns[partner.CompanyName]; whole && i >= 0 && !partner.Blank(record[i]) {
		return false
	}
	for i, c := range rawCells(raw, s.Delimiter, nil) {
		if !partner.Blank(unquote(c)) && (i >= len(s.ours) || !s.ours[i]) {
			return false
		}
	}
	return true
}
