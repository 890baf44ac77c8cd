package batch

import (
	"bytes"
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"onboard/pkg/ledger"
	"onboard/pkg/partner"
	"onboard/pkg/sheet"
)

// Plan is what pass 1 found out about a sheet.
type Plan struct {
	Sheet    *sheet.Sheet
	Rules    *partner.Rules
	SHA256   string // of the file's bytes, in hex
	Rows     int    // rows that hold text
	Blank    int    // rows that hold none
	Counts   map[partner.Status]int
	Warnings []Warning
	Fixed    int     // exact corrections that were applied
	Noted    int     // lines of the problems file that are no problem: corrections, and what to look at
	Fixable  int     // invalid rows that exact corrections would make valid
	Common   []Tally // problems by column and code, the commonest first

	NewLedger bool // it knew no partner when pass 1 began

	existing map[partner.Key]bool // names of partners that exist already; nil: not asked

	seed       maphash.Seed
	sums       []uint64 // of each block, for pass 2
	size       int64    // of the file, in bytes
	lines      firstLines
	tallies    tallies
	fromErrors bool // the sheet is an errors file of ours
	badRows    int  // rows with bytes that are not text
	firstBad   sheet.Row
	nulRows    int // rows with a NUL
	firstNUL   int // the line of the first one
	postal     postalCodes
	dated      datedRows
	places     places // of the rows that are still to be sent
	told       Result // the latest that each was told
}

// MakePlan is pass 1: it reads and checks every row, finds duplicates, and
// calls each, if given, with every row that is not valid as it is, and its
// verdict, in input order. run, if given, asks what earlier runs did, and
// existing the names (NameKey) that are partners already; a row that is still to
// be sent is Valid. A Result and its Row are each's only until it returns: their
// memory is used again.
func MakePlan(ctx context.Context, s *sheet.Sheet, rules *partner.Rules, run ledger.Run, existing map[partner.Key]bool, each func(*Result) error) (*Plan, error) {
	p := &Plan{Sheet: s, Rules: rules, existing: existing, Counts: map[partner.Status]int{},
		seed: maphash.MakeSeed(), size: s.Size(), places: newPlaces(rules)}
	w := walker{sheet: s, rules: rules, run: run, sums: run != nil, seed: p.seed, local: run == nil, reuse: true}
	if run != nil {
		var err error
		if p.NewLedger, err = run.Empty(ctx); err != nil {
			return nil, &ledgerError{err}
		}
		if p.NewLedger { // pass 2 asks again, as others may have come meanwhile
			w.run = nil
		}
	}
	p.fromErrors = isErrors(s)
	sum, err := w.walk(ctx, func(b checkedBlock) error { return p.block(b, each) })
	if err != nil {
		return nil, err
	}
	p.Blank -= s.HiddenBlank()
	if p.Rows == 0 {
		return nil, &sheet.FileError{File: s.Name(), Msg: "there is a header and no row below it", Hint: "fill in one row for each partner"}
	}
	// An errors file holds the bad rows of a good file, and has to be readable.
	if p.badRows*100 > p.Rows && !s.HasAdded("onboard_status") {
		return nil, s.NotUTF8(p.firstBad)
	}
	if p.nulRows >= manyNULs && p.nulRows*100 > p.Rows && !s.HasAdded("onboard_status") {
		return nil, &sheet.FileError{File: s.Name(), Line: p.firstNUL, Msg: fmt.Sprintf("this and %d further rows hold NUL bytes, which no text has", p.nulRows-1),
			Hint: "the file is damaged, or of another kind: save it anew as 'CSV UTF-8' in the program that it comes from"}
	}
	p.SHA256, p.Warnings = sum, slices.Concat(workbookWarnings(s), p.postal.warnings(), p.dated.warnings())
	p.Common = p.tallies.commonest()
	return p, nil
}

// isErrors says that a sheet is an errors file of ours.
func isErrors(s *sheet.Sheet) bool { return s.HasAdded("onboard_status") && s.HasAdded("onboard_hint") }

func (p *Plan) block(b checkedBlock, each func(*Result) error) error {
	p.sums = append(p.sums, b.sum)
	p.Rows += len(b.rows)
	p.Blank += b.parsed.Blank
	p.lines.expected = int(float64(p.Rows) * float64(p.size) / float64(max(b.block.Read, 1)))
	p.lines.prefetch(b.rows)
	plain := 0
	for i := range b.rows {
		c := &b.rows[i]
		p.bad(c)
		if c.Valid() {
			c.first = p.lines.add(c.Key, c.Line)
			p.postal.add(&c.Partner, c.Line)
			p.dated.add(&c.Partner, c.Line)
		}
		if p.plain(c) {
			plain++
			p.places.add(&c.Partner)
			continue
		}
		p.told = p.row(c)
		if each == nil {
			continue
		}
		if err := each(&p.told); err != nil {
			return err
		}
	}
	p.Counts[partner.Valid] += plain
	return nil
}

// manyNULs is how many rows with a NUL are no accident, if they are more than one
// in a hundred.
const manyNULs = 3

// bad counts a row that is not text.
func (p *Plan) bad(c *Checked) {
	if c.NUL {
		if p.nulRows++; p.nulRows == 1 {
			p.firstNUL = c.Line
		}
	}
	if !c.Bad {
		return
	}
	p.badRows++
	if p.badRows == 1 {
		p.firstBad = sheet.Row{Line: c.Line, Raw: bytes.Clone(c.Raw)} // the block's memory is used again
	}
}

// plain says that there is nothing to tell of a row but that it is valid, which
// is so of nearly all: settled need not look, and no Result be made.
func (p *Plan) plain(c *Checked) bool {
	return len(c.Problems) == 0 && c.first == c.Line && c.earlier == nil && !p.fromErrors && p.existing == nil
}

func (p *Plan) row(c *Checked) Result {
	r, settled := p.settled(c)
	if !settled {
		r = Result{Row: *c.Row, Status: partner.Valid}
		p.places.add(&c.Partner)
	}
	r.Fixed = fixes(c)
	p.Counts[r.Status]++
	p.tallies.add(r.Problems)
	if r.Status == partner.Invalid && partner.Fixable(r.Problems) {
		p.Fixable++
	}
	p.Noted += len(r.Fixed)
	for i := range r.Fixed {
		if r.Fixed[i].Code == partner.Fixed {
			p.Fixed++
		}
	}
	return r
}

// settled says what the sheet, earlier runs and the platform make of a row, in
// pass 1 and again in pass 2. It is false for a row that may be sent.
func (p *Plan) settled(c *Checked) (r Result, settled bool) {
	if r, settled = p.verdict(c); settled {
		return r, true
	}
	if c.earlier != nil {
		j := newJob(c)
		if r, settled = j.answered(c.earlier); settled {
			return r, true
		}
	}
	return p.exists(c)
}

// verdict says what the sheet alone makes of a row. settled is false for a row
// that may be sent.
func (p *Plan) verdict(c *Checked) (r Result, settled bool) {
	if !c.Valid() {
		return Result{Row: *c.Row, Status: partner.Invalid, Problems: partner.Faults(c.Problems)}, true
	}
	if r, still := p.stillDate(c); still {
		return r, true
	}
	if c.first < c.Line {
		return p.duplicateOf(c), true
	}
	return p.stillDuplicate(c)
}

// stillDuplicate knows a row that an earlier run took for a duplicate and that
// comes back unchanged in the errors file, where the row that it repeats is
// not: its mark is the partner's.
func (p *Plan) stillDuplicate(c *Checked) (Result, bool) {
	if !p.fromErrors || p.Sheet.Added(*c.Row, "onboard_status") != string(partner.Duplicate) {
		return Result{}, false
	}
	hint := p.Sheet.Added(*c.Row, "onboard_hint")
	if !strings.HasSuffix(hint, p.mark(c)) {
		return Result{}, false
	}
	r := Result{Row: *c.Row, Status: partner.Duplicate}
	message, first := strings.CutSuffix(p.Sheet.Added(*c.Row, "onboard_problems"), " already")
	if first { // the line is not one of this file
		message, hint = message+" of the sheet that this file came from", strings.Replace(hint, ", and", " there, and", 1)
	}
	return r.problem(partner.DuplicateRow, message, hint), true
}

// mark ends the hint of a duplicate, and tells whether the row is still the
// same partner when it comes back.
func (p *Plan) mark(c *Checked) string {
	k := partner.KeyOf(&c.Partner, p.Rules.Key)
	return fmt.Sprintf("(%x)", k[:4])
}

func (p *Plan) duplicateOf(c *Checked) Result {
	return Result{Row: *c.Row, Status: partner.Duplicate, Problems: []partner.Problem{{
		Line: c.Line, Code: partner.DuplicateRow, Value: c.Partner.At(partner.CompanyName),
		Message: fmt.Sprintf("the same partner stands on line %d already", c.first),
		Hint:    fmt.Sprintf("see line %d, and delete one of the two rows %s", c.first, p.mark(c)),
	}}}
}

// exists finds a row whose name is a partner already, though not by this
// ledger.
func (p *Plan) exists(c *Checked) (Result, bool) {
	name := c.Partner.At(partner.CompanyName)
	if p.existing == nil || !p.existing[partner.NameKey(name)] {
		return Result{}, false
	}
	r := Result{Row: *c.Row, Status: partner.Duplicate}
	return r.problem(partner.DuplicateRow, "a partner of this name exists on the platform already",
		"leave the row out, or submit it without --check-existing if it is another company"), true
}

// fixes are the corrections that were applied to a row, and what to look at.
func fixes(c *Checked) []partner.Problem {
	if len(c.Problems) == 0 || !c.Valid() {
		return nil
	}
	return c.Problems
}
