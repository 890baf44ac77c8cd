package batch

import (
	"context"
	"errors"
	"hash/maphash"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"onboard/pkg/partner"
	"onboard/pkg/sheet"
)

// TestWalkInOrder: whichever core is slow, fn is called with each block once, in
// the order of the sheet, by one goroutine at a time, and few blocks are in memory.
func TestWalkInOrder(t *testing.T) {
	const n = 40_000 // a hundred blocks
	w := walker{sheet: list(t, n), rules: partner.NewRules(), seed: maphash.MakeSeed(), local: true, reuse: true}
	var inside atomic.Int32
	line := 1
	if _, err := w.walk(t.Context(), func(b checkedBlock) error {
		if inside.Add(1) > 1 {
			t.Error("fn is called twice at a time")
		}
		defer inside.Add(-1)
		if b.block.Seq%7 == 3 {
			time.Sleep(3 * time.Millisecond) // the others go on meanwhile
		}
		for i := range b.rows {
			if line++; b.rows[i].Line != line {
				t.Fatalf("line %d comes after line %d", b.rows[i].Line, line-1)
			}
		}
		return nil
	}); err != nil || line != n+1 {
		t.Errorf("%d lines: %v", line, err)
	}
}

// TestLineIsBounded: no more blocks are handed out than may be in memory, until one of
// them is told; and none after the end.
func TestLineIsBounded(t *testing.T) {
	s := list(t, 5_000) // a dozen blocks
	synctest.Test(t, func(t *testing.T) {
		scanner, err := s.Scan()
		if err != nil {
			t.Fatal(err)
		}
		full := errors.New("full")
		l := newReorderBuffer(scanner, 3, func(b checkedBlock) error {
			if b.sum == 2 {
				return full
			}
			return nil
		})
		handed := 0
		done := make(chan struct{})
		go func() {
			defer close(done)
			for {
				n, _, err := l.next()
				if err != nil {
					return
				}
				if n != handed {
					t.Errorf("block %d comes after %d others", n, handed)
				}
				handed++
			}
		}()
		for told := range 3 {
			synctest.Wait()
			if handed != 3+told {
				t.Errorf("%d blocks are handed out, and %d told", handed, told)
			}
			if err := l.deliver(told, checkedBlock{sum: uint64(told)}); (err != nil) != (told == 2) {
				t.Error(err)
			}
		}
		<-done
		if handed != 5 {
			t.Errorf("%d blocks are handed out", handed)
		}
	})
}

// TestLineEnds: an error of the sheet is told once, and then nothing is read any more.
func TestLineEnds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "broken.csv")
	if err := os.WriteFile(path, []byte(companies(1)+`"never closed`), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := sheet.Open(path, nil, sheet.Options{Optional: partner.NewRules().HasDefault})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	synctest.Test(t, func(t *testing.T) {
		scanner, err := s.Scan()
		if err != nil {
			t.Fatal(err)
		}
		l := newReorderBuffer(scanner, 3, nil)
		var errs []error
		for len(errs) < 2 {
			if _, _, err := l.next(); err != nil {
				errs = append(errs, err)
			}
		}
		if errors.Is(errs[0], io.EOF) || !errors.Is(errs[1], io.EOF) {
			t.Error(errs)
		}
	})
}

// TestWalkEnds: a walk ends with the first error in the order of the sheet, whether
// it is fn's, the sheet's or the context's, and leaves no goroutine behind.
func TestWalkEnds(t *testing.T) {
	const n = 20_000
	broken, err := os.ReadFile(list(t, n).Path)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "broken.csv")
	if err := os.WriteFile(path, append(broken, `"never closed`...), 0o600); err != nil {
		t.Fatal(err)
	}
	enough := errors.New("enough")
	for _, tt := range []struct {
		name   string
		path   string
		until  int // the block with which fn or the context ends it; -1: neither does
		cancel bool
		want   string
		blocks int // -1: some
	}{
		{"fn", "", 7, false, "enough", 8},
		{"the first block", "", 0, false, "enough", 1},
		{"the context", "", 7, true, context.Canceled.Error(), -1},
		{"the sheet", path, -1, false, "never closes", -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := runtime.NumGoroutine()
			s := list(t, n)
			if tt.path != "" {
				if s, err = sheet.Open(tt.path, nil, sheet.Options{}); err != nil {
					t.Fatal(err)
				}
				defer s.Close()
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			w := walker{sheet: s, rules: partner.NewRules(), seed: maphash.MakeSeed(), local: true, reuse: true}
			blocks, rows := 0, 0
			_, err := w.walk(ctx, func(b checkedBlock) error {
				blocks++
				rows += len(b.rows)
				switch {
				case b.block.Seq != tt.until:
				case tt.cancel:
					cancel()
					return &ledgerError{errors.New("it was asked for a row")} // which is no fault of its own
				default:
					return enough
				}
				return nil
			})
			if err == nil || !strings.Contains(err.Error(), tt.want) || tt.blocks >= 0 && blocks != tt.blocks {
				t.Errorf("after %d blocks: %v", blocks, err)
			}
			if tt.path != "" && rows != n {
				t.Errorf("%d rows are told before the fault, want %d", rows, n)
			}
			for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(deadline); {
				time.Sleep(time.Millisecond)
			}
			if got := runtime.NumGoroutine(); got > before {
				t.Errorf("%d goroutines more than before", got-before)
			}
		})
	}
}

// TestExamplesOutliveTheirBlock: what a plan keeps of a row is no part of the block
// that the row stood in, whose memory is used again.
func TestExamplesOutliveTheirBlock(t *testing.T) {
	var b strings.Builder
	b.WriteString("company_name,country,data_center,type,first_name,last_name,email\n")
	b.WriteString("Ashdown Ltd,GB,UK,MSP,Ann,Lee,mailto:ann@ashdown.example\n") // whose hint is a part of it
	for range 20_000 {
		b.WriteString("zzzzzzzzzzz,zz,zz,zzz,zzz,zzz,zzzzzzzzzzzzzzzzzzzzzzzzzz\n")
	}
	path := filepath.Join(t.TempDir(), "list.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := sheet.Open(path, nil, sheet.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	plan, err := MakePlan(t.Context(), s, partner.NewRules(), nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tally := range plan.Common {
		if tally.Column == "email" {
			if e := tally.Example; e.Line != 2 || e.Value != "mailto:ann@ashdown.example" || e.Hint != "ann@ashdown.example" {
				t.Errorf("the example is %+v", e)
			}
			return
		}
	}
	t.Error("no tally of the e-mail addresses")
}
