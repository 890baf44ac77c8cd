// Package batch owns one run: pass 1, which reads and checks the whole sheet,
// and pass 2, which reads it again and creates the partners that are new. It
// is the only package where goroutines meet.
//
// It refuses to print, to decide on flags and to know the wire: the network is
// a function that it is given, and everything it finds out is a value.
package batch

import (
	"context"
	"errors"
	"hash/maphash"
	"io"
	"runtime"

	"golang.org/x/sync/errgroup"

	"onboard/pkg/partner"
	"onboard/pkg/sheet"
)

// Checked is a row with what its check found: problems, or a partner and its
// key.
type Checked struct {
	sheet.Row
	Partner  partner.Partner
	Key      partner.Key
	Problems []partner.Problem
}

// Valid says that the row may be sent, as far as it alone can tell.
func (c *Checked) Valid() bool { return len(c.Problems) == 0 }

// checkedBlock is what one block of the sheet became.
type checkedBlock struct {
	rows  []Checked
	blank int
	sum   uint64 // of the block's bytes, to notice a file that changes between the passes
	err   error
}

// walk reads the sheet from the first row, parses and checks its blocks on all
// cores, and calls fn with them in order. It returns the SHA-256 of the file.
func walk(ctx context.Context, s *sheet.Sheet, rules *partner.Rules, seed maphash.Seed, fn func(checkedBlock) error) (string, error) {
	scanner, err := s.Scan()
	if err != nil {
		return "", err
	}
	g, ctx := errgroup.WithContext(ctx)
	order := make(chan chan checkedBlock, runtime.GOMAXPROCS(0)) // its capacity bounds the blocks in memory
	g.Go(func() error {
		defer close(order)
		for {
			block, err := scanner.Next()
			if errors.Is(err, io.EOF) {
				return nil
			}
			future := make(chan checkedBlock, 1)
			if err != nil {
				future <- checkedBlock{err: err} // told in its turn, after the rows before it
			} else {
				go func() { future <- check(s, rules, seed, block) }()
			}
			select {
			case order <- future:
			case <-ctx.Done():
				return ctx.Err()
			}
			if err != nil {
				return nil
			}
		}
	})
	g.Go(func() error {
		for future := range order {
			b := <-future
			if b.err != nil {
				return b.err
			}
			if err := fn(b); err != nil {
				return err
			}
		}
		return nil
	})
	if err := g.Wait(); err != nil {
		return "", err
	}
	return scanner.SHA256(), nil
}

// check turns one block into checked rows.
func check(s *sheet.Sheet, rules *partner.Rules, seed maphash.Seed, block sheet.Block) checkedBlock {
	sum := maphash.Bytes(seed, block.Data)
	parsed, err := s.Parse(block)
	if err != nil {
		return checkedBlock{err: err}
	}
	rows := make([]Checked, len(parsed.Rows))
	for i, row := range parsed.Rows {
		rows[i] = checkRow(s, rules, row)
	}
	return checkedBlock{rows: rows, blank: parsed.Blank, sum: sum}
}

func checkRow(s *sheet.Sheet, rules *partner.Rules, row sheet.Row) Checked {
	c := Checked{Row: row}
	if row.Fault != "" {
		c.Problems = []partner.Problem{{Line: row.Line, Code: partner.RaggedRow, Message: row.Fault,
			Hint: ""}}
		return c
	}
	c.Partner, c.Problems = rules.Check(row.Text)
	for i := range c.Problems {
		p := &c.Problems[i]
		p.Line = row.Line
		if f, ok := partner.FieldByName(p.Field); ok {
			p.Column = s.Column(f)
		}
	}
	if c.Valid() {
		c.Key = partner.KeyOf(&c.Partner, rules.Key)
	}
	c.Text = nil // the partner holds what counts from here on
	return c
}
