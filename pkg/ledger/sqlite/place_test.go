package sqlite

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"onboard/pkg/ledger"
)

// TestTakenAway takes the file away under a run: nothing may be sent any more,
// and nothing that was recorded may be lost.
func TestTakenAway(t *testing.T) {
	for name, take := range map[string]func(path string) error{
		"removed": os.Remove,
		"removed with its log": func(path string) error {
			return firstOf(os.Remove(path), os.Remove(path+"-wal"), os.Remove(path+"-shm"))
		},
		"moved": func(path string) error { return os.Rename(path, path+".old") },
		"replaced": func(path string) error {
			return firstOf(os.WriteFile(path+".new", nil, 0o600), os.Rename(path+".new", path))
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := newPath(t)
			l := mustOpen(t, path)
			r := mustBegin(t, l)
			mustClaim(t, r, testIntent(0))
			if err := r.Settle(created(0, 1)); err != nil {
				t.Fatal(err)
			}
			mustClaim(t, r, testIntent(1))
			if err := take(path); err != nil {
				t.Fatal(err)
			}
			if _, won, err := r.Claim(testIntent(2)); won || err == nil || !strings.Contains(err.Error(), savedMark) {
				t.Errorf("claim: won %v, %v", won, err)
			}
			mustSpill(t, r, created(1, 1))
			_ = r.End(3, nil)
			l.Close()
			saved, err := filepath.Glob(path + savedMark + "*")
			if err != nil || len(saved) != 1 {
				t.Fatal(saved, err)
			}
			if _, err := Open(path); err == nil || !strings.Contains(err.Error(), saved[0]) {
				t.Errorf("open beside what was saved: %v", err)
			}
			if err := os.Rename(saved[0], path); err != nil {
				t.Fatal(err)
			}
			next := mustBegin(t, mustOpen(t, path))
			for i := range 2 {
				if got := mustLookup(t, next, testKey(i)); got.State != ledger.Created || got.Token != created(i, 1).Token {
					t.Errorf("partner %d is %s with token %q", i, got.State, got.Token)
				}
			}
			if got := mustLookup(t, next, testKey(2)); got.State != ledger.InDoubt {
				t.Errorf("the claim that failed is %s", got.State)
			}
			if err := next.l.reader.QueryRowContext(context.Background(), "PRAGMA integrity_check").Scan(new(string)); err != nil {
				t.Error(err)
			}
		})
	}
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
