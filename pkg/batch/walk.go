// Package batch owns one run: pass 1, which reads and checks the whole sheet,
// and pass 2, which reads it again and creates the partners that are new. It
// is the only package where goroutines meet.
//
// It refuses to print, to decide on flags and to know the wire: the network is
// a function that it is given, and everything it finds out is a value.
package batch

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash/maphash"
	"io"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"onboard/pkg/ledger"
	"onboard/pkg/partner"
	"onboard/pkg/sheet"
)

// Checked is a row with what its check found: problems, or a partner and its
// key, and with a ledger at hand also what would be sent. Without one the key is
// no ledger's, and tells the rows of this sheet apart.
type Checked struct {
	*sheet.Row
	Partner     partner.Partner
	Key         ledger.Key
	Problems    []partner.Problem
	first       int // the line on which the partner stands first
	body        []byte
	fingerprint ledger.Fingerprint
	earlier     *ledger.Entry // what earlier runs made of it; nil: nothing
}

// Valid says that the row may be sent, as far as it alone can tell.
func (c *Checked) Valid() bool { return !partner.Faulty(c.Problems) }

// checkedBlock is what one block of the sheet became.
type checkedBlock struct {
	block  sheet.Block
	parsed sheet.Rows
	rows   []Checked
	bodies []byte // that of each row is a part of it
	sum    uint64 // of the block's bytes, to notice a file that changes between the passes
	err    error
}

// walker is how a sheet is read: by which rules, and with which ledger, if any.
type walker struct {
	sheet    *sheet.Sheet
	rules    *partner.Rules
	run      ledger.Run   // nil: no ledger is asked
	sums     bool         // of blocks, by which another pass sees whether the file has changed
	seed     maphash.Seed // of sums and local keys
	ofErrors bool         // the sheet is an errors file of ours
	local    bool         // there is no ledger, and keys need only tell the rows of this sheet apart
	dates    bool         // some cells of a workbook are dates
	reuse    bool         // nobody keeps a row: a block's memory is used again once fn is done with it
	spare    sync.Pool    // of *[]Checked
	texts    sync.Pool    // of *[]byte, for bodies
}

// keyOf is the key of a partner, or a local one: 128 bits of hashes that are
// seeded anew for each run, so that no sheet can be made for two of them to meet.
// A SHA-256 takes ten times as long.
func (w *walker) keyOf(p *partner.Partner) (k ledger.Key) {
	if !w.local {
		return ledger.Key(partner.KeyOf(p, w.rules.Key))
	}
	var buf [192]byte // on the stack, and enough for nearly all
	identity := partner.AppendIdentity(buf[:0], p, w.rules.Key)
	binary.LittleEndian.PutUint64(k[:8], maphash.Bytes(w.seed, identity))
	binary.LittleEndian.PutUint64(k[8:], maphash.Bytes(localSeed, identity))
	return k
}

var localSeed = maphash.MakeSeed()

// walk reads the sheet from the first row, parses, checks and looks up its
// blocks on all cores, and calls fn with them in order. It returns the SHA-256
// of the file.
func (w *walker) walk(ctx context.Context, fn func(checkedBlock) error) (string, error) {
	w.dates = w.sheet.HasDates()
	scanner, err := w.sheet.Scan()
	if err != nil {
		return "", err
	}
	w.ofErrors = isErrors(w.sheet)
	cores := runtime.GOMAXPROCS(0)
	l := newReorderBuffer(scanner, 4*cores, func(b checkedBlock) error {
		if err := fn(b); err != nil {
			return err
		}
		if w.reuse {
			scanner.Reuse(b.block)
			w.sheet.Reuse(b.parsed)
			clear(b.rows) // what they point to is garbage now
			w.spare.Put(&b.rows)
			w.texts.Put(&b.bodies)
		}
		return nil
	})
	g, walking := errgroup.WithContext(ctx)
	for range cores + 1 { // one of them may wait for another to read
		g.Go(func() error {
			for walking.Err() == nil {
				n, block, err := l.next()
				if errors.Is(err, io.EOF) {
					return nil
				}
				b := checkedBlock{err: err}
				if err == nil {
					b = w.check(walking, block)
				}
				if err := l.deliver(n, b); err != nil {
					return err
				}
			}
			return walking.Err()
		})
	}
	err = g.Wait()
	if ctx.Err() != nil { // then that is why, whatever broke first
		err = ctx.Err()
	}
	if err != nil {
		return "", err
	}
	return scanner.SHA256(), nil
}

// check turns one block into checked rows.
func (w *walker) check(ctx context.Context, block sheet.Block) checkedBlock {
	var sum uint64
	if w.sums {
		sum = maphash.Bytes(w.seed, block.Data)
	}
	parsed, err := w.sheet.Parse(block)
	if err != nil {
		return checkedBlock{err: err}
	}
	b := checkedBlock{block: block, parsed: parsed, rows: w.memory(len(parsed.Rows)), sum: sum}
	for i := range b.rows {
		b.rows[i].Row = &parsed.Rows[i]
		w.checkRow(&b.rows[i])
	}
	if w.run != nil {
		b.err = w.lookUp(ctx, w.prepare(&b))
	}
	return b
}

// prepare makes what would be sent of the valid rows of a block, and returns them.
func (w *walker) prepare(b *checkedBlock) (valid []*Checked) {
	if used, ok := w.texts.Get().(*[]byte); ok {
		b.bodies = (*used)[:0]
	}
	b.bodies = slices.Grow(b.bodies, len(b.block.Data)+bodyOverhead*len(b.rows))
	valid = make([]*Checked, 0, len(b.rows))
	for i := range b.rows {
		c := &b.rows[i]
		if !c.Valid() {
			continue
		}
		from := len(b.bodies)
		b.bodies = c.Partner.AppendBody(b.bodies)
		c.body = b.bodies[from:len(b.bodies):len(b.bodies)]
		c.fingerprint = sha256.Sum256(c.body)
		valid = append(valid, c)
	}
	return valid
}

// bodyOverhead is about what a body has besides the values, in bytes.
const bodyOverhead = 192

// memory is room for n rows, all of them zero.
func (w *walker) memory(n int) []Checked {
	if rows, ok := w.spare.Get().(*[]Checked); ok && cap(*rows) >= n {
		return (*rows)[:n]
	}
	return make([]Checked, n)
}

// lookUp asks the ledger about a block's valid rows: first which of them were
// created as they are, which is nearly all or nearly none, and then all that is
// known of the others that it knows.
func (w *walker) lookUp(ctx context.Context, asked []*Checked) error {
	keys := make([]ledger.Key, len(asked))
	for i, c := range asked {
		keys[i] = c.Key
	}
	created, err := w.run.Created(ctx, keys)
	if err != nil {
		return &ledgerError{err}
	}
	var others []ledger.Key
	for i, c := range asked {
		switch e := &created[i]; {
		case e.State == ledger.Created && e.Fingerprint == c.fingerprint:
			c.earlier = e
		case e.Key == c.Key:
			others = append(others, c.Key)
		}
	}
	if len(others) == 0 {
		return nil
	}
	known, err := w.run.Lookup(ctx, others)
	if err != nil {
		return &ledgerError{err}
	}
	for _, c := range asked {
		if e, ok := known[c.Key]; ok {
			c.earlier = &e
		}
	}
	return nil
}

// ledgerError tells a failing ledger from a failing sheet.
type ledgerError struct{ error }

func (e *ledgerError) Unwrap() error { return e.error }

// checkRow finds out what the row alone can tell.
func (w *walker) checkRow(c *Checked) {
	if c.Fault != "" {
		c.Problems = []partner.Problem{{Line: c.Line, Code: partner.RaggedRow, Message: c.Fault, Hint: c.Hint}}
		return
	}
	if w.ofErrors {
		if fault, hint := w.sheet.Uncorrected(*c.Row); fault != "" {
			c.Problems = []partner.Problem{{Line: c.Line, Code: partner.RaggedRow, Message: fault, Hint: hint}}
			return
		}
	}
	c.Partner, c.Problems = w.rules.Check(c.Text)
	if w.dates {
		w.checkDates(c)
	}
	for i := range c.Problems {
		p := &c.Problems[i]
		p.Line = c.Line
		if f, ok := partner.FieldByName(p.Field); ok {
			p.Column = w.sheet.Column(f)
		}
	}
	if c.Valid() {
		c.Key = w.keyOf(&c.Partner)
	} else if fault, hint := w.sheet.Explain(*c.Row, w.bare(c.Problems)); fault != "" {
		c.Problems = []partner.Problem{{Line: c.Line, Code: partner.RaggedRow, Message: fault, Hint: hint}}
	}
}

// bare says that nearly all of the cells that have to be filled are missing: two may
// hold a heading or a total.
func (w *walker) bare(problems []partner.Problem) bool {
	required, missing := 0, 0
	for f, spec := range partner.Specs {
		if spec.Required && !w.rules.HasDefault(partner.Field(f)) {
			required++
		}
	}
	for _, p := range problems {
		if p.Code == partner.Required {
			missing++
		}
	}
	return missing >= max(2, required-2)
}
