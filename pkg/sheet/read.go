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
	bind, err := s.newBinder()
	if err != nil {
		return Rows{}, err
	}
	bind.in.Reset(b.Data)
	p := parser{sheet: s, rest: b.Data, line: b.Line, text: utf8.Valid(b.Data)}
	p.out.Rows = make([]Row, 0, b.Records)
	for {
		text, n, err := bind.read()
		if errors.Is(err, io.EOF) {
			s.binders.Put(bind)
			p.out.Blank += breaksIn(p.rest)
			return p.out, nil
		}
		if err := p.row(int(n), text, err); err != nil {
			return Rows{}, err
		}
	}
}

// parser walks along a block's bytes while the binding reads its records.
type parser struct {
	sheet *Sheet
	rest  []byte
	line  int
	text  bool // all of the block is
	out   Rows
}

// row takes the next n bytes as the row that was bound to text, or that
// failed with err.
func (p *parser) row(n int, text *partner.Row, err error) error {
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
	row := Row{Line: p.line, Raw: trimBreak(raw), Text: text, Bad: !p.text && !utf8.Valid(raw)}
	p.line += p.sheet.linesIn(raw)
	if p.sheet.blank(row) {
		p.out.Blank++
		return nil
	}
	if len(raw) > MaxColumns && bytes.Count(raw, []byte{p.sheet.Delimiter}) >= MaxColumns {
		if n := len(rawCells(row.Raw, p.sheet.Delimiter, nil)); n > MaxColumns {
			return &FileError{File: p.sheet.Name(), Line: row.Line, Msg: fmt.Sprintf("the row has %d cells, and %d is the most", n, MaxColumns)}
		}
	}
	if errors.Is(err, csv.ErrFieldCount) {
		row.Text, row.Fault = nil, p.sheet.ragged(row.Raw)
	} else if err != nil {
		return fmt.Errorf("%s:%d: %w", p.sheet.Name(), row.Line, err)
	}
	if row.Text != nil && bytes.IndexByte(raw, '\'') >= 0 {
		for f := range partner.NumFields {
			cell := row.Text.At(f)
			*cell = unguard(*cell)
		}
	}
	p.out.Rows = append(p.out.Rows, row)
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
func (s *Sheet) blank(row Row) bool {
	if row.Text != nil && !partner.Blank(row.Text.CompanyName) {
		return false
	}
	for i, c := range rawCells(row.Raw, s.Delimiter, nil) {
		if !partner.Blank(unquote(c)) && (i >= len(s.ours) || !s.ours[i]) {
			return false
		}
	}
	return true
}
