package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/ledger"
)

// breakLedger makes the next claim fail, as a bad disk would.
func breakLedger(t *testing.T, r *Run, pragma string) {
	t.Helper()
	_ = r.l.write(func() error { // this very group may fail by it already
		_, err := r.l.conn.ExecContext(context.Background(), pragma)
		return err
	})
	in := testIntent(1000)
	in.Body = make([]byte, 1<<20) // does not fit into the pages that are there
	if _, won, err := r.Claim(in); won || err == nil {
		t.Fatalf("claim on a broken ledger: won %v, %v", won, err)
	}
}

func TestBrokenLedger(t *testing.T) {
	for _, pragma := range []string{"PRAGMA max_page_count = 1", "PRAGMA query_only = 1"} {
		t.Run(pragma, func(t *testing.T) {
			path := newPath(t)
			l := mustOpen(t, path)
			r := mustBegin(t, l)
			for i := range 3 {
				mustClaim(t, r, testIntent(i))
			}
			breakLedger(t, r, pragma)
			if _, won, err := r.Claim(testIntent(4)); won || err == nil || !strings.Contains(err.Error(), "cannot be written") {
				t.Errorf("claim: won %v, %v", won, err)
			}
			if _, err := r.Retry(testKey(0), 1, ledger.Attempt{}, "t"); err == nil {
				t.Error("retry on a broken ledger")
			}
			file := mustSpill(t, r, created(0, 1))
			mustSpill(t, r, ledger.Outcome{Key: testKey(1), Attempt: 1, State: ledger.Rejected, Reason: "no"})
			mustSpill(t, r, ledger.Outcome{Key: testKey(1000), Attempt: 1, State: ledger.Released}) // the claim that failed
			if info, err := os.Lstat(file); err != nil || info.Mode() != 0o600 {
				t.Errorf("mode of the spill file: %v, %v", info, err)
			}

			other := mustBegin(t, mustOpen(t, path)) // the broken run lives: it may be writing still
			if got := mustLookup(t, other, testKey(0)); got.State != ledger.Sending {
				t.Errorf("%s while the owner lives", got.State)
			}
			if err := r.End(3, nil); err == nil {
				t.Error("a broken ledger recorded the end")
			}
			next := mustBegin(t, other.l)
			for i, want := range []ledger.Entry{{State: ledger.Created, Token: created(0, 1).Token, Link: created(0, 1).Link}, {State: ledger.Rejected, Reason: "no"}, {State: ledger.InDoubt, Reason: ledger.SweptReason}} {
				got := mustLookup(t, next, testKey(i))
				if diff := cmp.Diff(want, ledger.Entry{State: got.State, Token: got.Token, Link: got.Link, Reason: got.Reason}); diff != "" {
					t.Errorf("partner %d (-want +got):\n%s", i, diff)
				}
			}
			if _, err := os.Lstat(file); !os.IsNotExist(err) {
				t.Errorf("the spill file was not removed: %v", err)
			}
		})
	}
}

func TestSpillElsewhere(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	path := newPath(t)
	l := mustOpen(t, path)
	r := mustBegin(t, l)
	mustClaim(t, r, testIntent(0))
	breakLedger(t, r, "PRAGMA query_only = 1")
	beside := spillPrefix(l.path) + r.ID() + ".jsonl"
	if err := os.Symlink(filepath.Join(t.TempDir(), "elsewhere"), beside); err != nil {
		t.Fatal(err)
	}
	o := created(0, 1)
	o.At = time.UnixMilli(1363797148123)
	away := mustSpill(t, r, o)
	if filepath.Dir(away) != os.TempDir() {
		t.Errorf("spilled to %s", away)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(away, beside); err != nil { // what the error tells the operator to do
		t.Fatal(err)
	}
	if got := mustLookup(t, mustBegin(t, mustOpen(t, path)), testKey(0)); got.State != ledger.Created || got.Token != o.Token || !got.SettledAt.Equal(o.At) {
		t.Errorf("%s at %v with token %q", got.State, got.SettledAt, got.Token)
	}
}

func TestSpillNowhere(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "missing"))
	r := mustBegin(t, mustOpen(t, newPath(t)))
	mustClaim(t, r, testIntent(0))
	breakLedger(t, r, "PRAGMA query_only = 1")
	if err := os.Mkdir(spillPrefix(r.l.path)+r.ID()+".jsonl", 0o700); err != nil {
		t.Fatal(err)
	}
	var spill *ledger.SpillError
	if err := r.Settle(created(0, 1)); err == nil || errors.As(err, &spill) || strings.Contains(err.Error(), created(0, 1).Token) {
		t.Errorf("settle: %v", err)
	}
}

// TestFailedCommit breaks a constraint that SQLite checks at the commit only.
func TestFailedCommit(t *testing.T) {
	l := mustOpen(t, newPath(t))
	r := mustBegin(t, l)
	err := l.write(func() error {
		_, err := l.conn.ExecContext(context.Background(), `PRAGMA defer_foreign_keys = 1;
			INSERT INTO attempts VALUES(99, 1, 1, '', 0, '', '', 0, 0)`)
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "FOREIGN KEY") {
		t.Fatalf("the commit did not fail: %v", err)
	}
	if _, won, err := r.Claim(testIntent(1)); won || err == nil {
		t.Errorf("claim after a failed commit: won %v, %v", won, err)
	}
	if got := attempts(t, l); len(got) != 0 {
		t.Errorf("the group was not rolled back: %v", got)
	}
}

// TestStalePlace: where a claim lies only says where to look. Whatever stands there,
// no partner gets the token of another.
func TestStalePlace(t *testing.T) {
	path := newPath(t)
	l := mustOpen(t, path)
	r := mustBegin(t, l)
	for i := range 2 {
		mustClaim(t, r, testIntent(i))
	}
	r.open[testKey(0)], r.open[testKey(1)] = r.open[testKey(1)], r.open[testKey(0)]
	for i := range 2 {
		if err := r.Settle(created(i, 1)); err == nil {
			t.Errorf("partner %d was settled in another's place", i)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = mustOpen(t, path) // imports what was saved
	known, err := mustBegin(t, l).Lookup(t.Context(), []ledger.Key{testKey(0), testKey(1)})
	for i := range 2 {
		if e, want := known[testKey(i)], created(i, 1); err != nil || e.State != ledger.Created || e.Token != want.Token {
			t.Errorf("partner %d: %s %q, want %q: %v", i, e.State, e.Token, want.Token, err)
		}
	}
}
