package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"onboard/pkg/ledger"
)

// TestDamaged spoils one page of a ledger after the other. Whoever is told, is told which
// file it is and what to do, and not in SQLite's words.
func TestDamaged(t *testing.T) {
	const partners, pageSize = 60, 4096
	path := newPath(t)
	l := mustOpen(t, path)
	r := mustBegin(t, l)
	keys := make([]ledger.Key, partners)
	for i := range partners {
		keys[i] = testKey(i)
		mustClaim(t, r, testIntent(i))
		if err := r.Settle(created(i, 1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(r.End(0, nil), l.Close()); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	use := func(path string) error {
		l, err := Open(path)
		if err != nil {
			return err
		}
		defer l.Close()
		_, counted := l.Counts(context.Background())
		_, doubts := l.InDoubt(context.Background(), 10)
		_, listed := l.Runs(context.Background(), 10)
		if err := errors.Join(counted, doubts, listed); err != nil {
			return err
		}
		r, err := l.Begin(sandbox, sheet)
		if err != nil {
			return err
		}
		_, looked := r.Lookup(context.Background(), keys)
		_, found := r.Created(context.Background(), keys)
		_, _, claimed := r.Claim(testIntent(partners))
		return errors.Join(looked, found, claimed, r.End(0, nil))
	}
	noticed := 0
	for page := range len(whole) / pageSize {
		spoiled := filepath.Join(t.TempDir(), "ledger.db")
		data := append([]byte(nil), whole...)
		for i := range pageSize {
			if at := page*pageSize + i; at >= 100 { // the header says what the file is
				data[at] = 0xA5
			}
		}
		if err := os.WriteFile(spoiled, data, 0o600); err != nil {
			t.Fatal(err)
		}
		err := use(spoiled)
		if err == nil {
			continue
		}
		noticed++
		for _, want := range []string{spoiled, "it is damaged", "hint: ", "onboard status --backup"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("page %d: %q is not in: %v", page+1, want, err)
			}
		}
		if strings.Contains(err.Error(), "malformed") || strings.Contains(err.Error(), "(11)") {
			t.Errorf("page %d: %v", page+1, err)
		}
	}
	if noticed < 10 {
		t.Errorf("%d spoiled pages were noticed", noticed)
	}
}
