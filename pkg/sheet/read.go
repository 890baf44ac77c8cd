package sheet

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"onboard/pkg/partner"
)

// endOfFile is Ctrl-Z, which old programs, and COPY of Windows still, put at the end
// of a text.
const endOfFile = "\x1a"

var severalMark = []byte(partner.SeveralMark)

// Row is one row of a sheet that holds any text.
type Row struct {
	Line  int    // physical line on which it starts, from 1
	Raw   []byte // its bytes without the line break, for writing it out again
	Text  *partner.Row
	Fault string // why it can't be taken apart into cells; Text is then nil
	Hint  string // what to do about the fault
	Bad   bool   // some of its bytes are not text in the file's encoding
	NUL   bool   // one of its bytes is 0
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
		record := trimBreak(b.Data)
		if cells := unpadded(record, s.Delimiter); cells != nil && !isStray(cells, s.Delimiter) {
			return s.Parse(Block{Line: b.Line, Data: append(cells, '\n'), Records: 1})
		}
		return Rows{Rows: []Row{s.strayRow(record, b.Line)}}, nil
	}
	binder := s.newBinder()
	p := parser{sheet: s, records: newRecords(b.Data, s.Delimiter, binder.marks), binder: binder, line: b.Line,
		several: bytes.Contains(b.Data, severalMark)}
	binder.marks = p.records.marks // which may have grown
	p.out.Rows = s.memory(b.Records)
	for p.records.more() {
		if p.records.blank() {
			p.line++
			p.out.Blank++
		} else if err := p.row(); err != nil {
			return Rows{}, err
		}
	}
	if err := p.bind(); err != nil {
		return Rows{}, fmt.Errorf("%s: %w", s.Name(), err)
	}
	p.binder.forget()
	s.binders.Put(p.binder)
	return p.out, nil
}

// memory is room for n rows.
func (s *Sheet) memory(n int) []Row {
	if rows, ok := s.rows.Get().(*[]Row); ok && cap(*rows) >= n {
		return (*rows)[:0]
	}
	return make([]Row, 0, n)
}

// Reuse takes back rows of which nobody needs a cell any more.
func (s *Sheet) Reuse(used Rows) {
	for i := range used.Rows {
		if text := used.Rows[i].Text; text != nil {
			*text = partner.Row{}
			spareRows.Put(text)
		}
	}
	clear(used.Rows)
	s.rows.Put(&used.Rows)
}

// parser walks along the records of a block.
type parser struct {
	sheet   *Sheet
	records records
	binder  *binder
	several bool // a cell may have a SeveralMark
	line    int
	out     Rows
}

// row takes the next record as a row.
func (p *parser) row() error {
	from, kept := p.records.pos, len(p.binder.cells)
	raw, cells := p.records.next(p.binder.cells)
	plain := p.records.plain && !p.several
	if p.records.marked {
		if again := unpadded(raw, p.sheet.Delimiter); again != nil {
			one := newRecords(again, p.sheet.Delimiter, nil)
			raw, cells = one.next(cells[:kept])
			plain = one.plain && !p.several
		}
	}
	p.binder.cells = cells[:kept]
	record := cells[kept:]
	row := Row{Line: p.line, Raw: raw, Bad: !plain && !utf8.Valid(raw), NUL: !plain && bytes.IndexByte(raw, 0) >= 0}
	if p.records.plain {
		p.line++ // none of its cells has a line break
	} else if p.line += p.sheet.linesIn(p.records.data[from:p.records.pos]); p.line > row.Line+1 {
		row.Fault, row.Hint = p.sheet.swallowFault(raw, row.Line)
	}
	whole := p.sheet.whole(record)
	switch {
	case p.sheet.blank(raw, record, whole):
		p.out.Blank++
		return nil
	case len(record) > MaxColumns:
		return &FileError{File: p.sheet.Name(), Line: row.Line, Msg: fmt.Sprintf("the row has %d cells, and %d is the most", len(record), MaxColumns)}
	case row.Fault != "":
	case whole:
		p.binder.add(cells, p.sheet.held, plain) // of a longer record gocsv would panic
	default:
		row.Fault, row.Hint = p.sheet.ragged(raw, record)
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
	plain := p.binder.plain
	for i := range p.out.Rows {
		row := &p.out.Rows[i]
		if row.Fault != "" {
			continue
		}
		row.Text, bound = bound[0].row, bound[1:]
		if row.Text == nil { // no column holds a field: all of them have defaults
			row.Text = new(partner.Row)
		}
		row.Text.Plain, plain = plain[0], plain[1:]
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

// blank says that a row holds no text at all, in our columns or in others.
func (s *Sheet) blank(raw []byte, record []string, whole bool) bool {
	if i := s.columns[partner.CompanyName]; whole && i >= 0 && !partner.Blank(record[i]) {
		return false
	}
	if len(record) == 1 && record[0] == endOfFile {
		return true
	}
	for i, c := range rawCells(raw, s.Delimiter, nil) {
		if !partner.Blank(unquote(c)) && (i >= len(s.ours) || !s.ours[i]) {
			return false
		}
	}
	return true
}
