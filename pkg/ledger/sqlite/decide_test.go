package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"onboard/pkg/ledger"
)

// doubtful claims a partner and leaves it in doubt.
func doubtful(t *testing.T, r *Run, key byte) ledger.Key {
	t.Helper()
	k := ledger.Key{key}
	if _, won, err := r.Claim(ledger.Intent{Key: k, Body: []byte("{}"), TraceID: "t", Line: 2}); !won || err != nil {
		t.Fatal(won, err)
	}
	if err := r.Settle(ledger.Outcome{Key: k, Attempt: 1, State: ledger.InDoubt, Reason: "silence", Token: "tok", Answer: "{cut"}); err != nil {
		t.Fatal(err)
	}
	return k
}

func TestDecide(t *testing.T) {
	l := mustOpen(t, newPath(t))
	r := mustBegin(t, l)
	look := func(k ledger.Key) ledger.Entry {
		t.Helper()
		found, err := r.Lookup(t.Context(), []ledger.Key{k})
		if err != nil {
			t.Fatal(err)
		}
		return found[k]
	}

	k := doubtful(t, r, 1)
	if err := r.Decide(ledger.Decision{Key: k, Attempt: 2, State: ledger.Created}); !errors.Is(err, ledger.ErrLost) {
		t.Errorf("another attempt: %v", err)
	}
	if err := r.Decide(ledger.Decision{Key: k, Attempt: 1, State: ledger.Rejected}); err == nil {
		t.Error("decided to be rejected")
	}
	if err := r.Decide(ledger.Decision{Key: k, Attempt: 1, State: ledger.Created, Link: "https://x.example/", Who: "ann", Why: "it is in the portal"}); err != nil {
		t.Fatal(err)
	}
	if e := look(k); e.State != ledger.Created || e.Token != "tok" || e.Link != "https://x.example/" || e.Reason != "settled by ann: it is in the portal" {
		t.Errorf("%+v", e)
	}
	if err := r.Decide(ledger.Decision{Key: k, Attempt: 1, State: ledger.Released}); !errors.Is(err, ledger.ErrLost) {
		t.Errorf("a created partner was given back: %v", err)
	}

	k = doubtful(t, r, 2)
	if err := r.Decide(ledger.Decision{Key: k, Attempt: 1, State: ledger.Released, Who: "ann"}); err != nil {
		t.Fatal(err)
	}
	if e, won, err := r.Claim(ledger.Intent{Key: k, Body: []byte("{}"), TraceID: "t2"}); !won || err != nil || e.Attempt != 2 {
		t.Errorf("it can't be claimed again: %+v %v %v", e, won, err)
	}
	var decisions int
	if err := l.reader.QueryRow("SELECT count(*) FROM decisions WHERE who = 'ann' AND at > 0").Scan(&decisions); err != nil || decisions != 2 {
		t.Errorf("%d decisions are recorded, %v", decisions, err)
	}
}

func TestBackup(t *testing.T) {
	l := mustOpen(t, newPath(t))
	r := mustBegin(t, l)
	k := doubtful(t, r, 1)
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := l.Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if err := l.Backup(t.Context(), path); err == nil {
		t.Error("a file was written over")
	}
	copied := mustOpen(t, path)
	found, err := mustBegin(t, copied).Lookup(t.Context(), []ledger.Key{k})
	if err != nil || found[k].State != ledger.InDoubt {
		t.Errorf("%+v %v", found, err)
	}
}
