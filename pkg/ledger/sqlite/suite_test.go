package sqlite

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gofrs/flock"

	"onboard/pkg/ledger"
	"onboard/pkg/ledger/ledgertest"
)

func open(place string) (ledger.Ledger, error) {
	l, err := Open(place)
	if err != nil {
		return nil, err
	}
	return l, nil
}

func TestMain(m *testing.M) { os.Exit(ledgertest.Main(m, open)) }

func TestLedger(t *testing.T) {
	ledgertest.Run(t, ledgertest.Store{
		Place:  newPath,
		Open:   open,
		Spills: func(l ledger.Ledger) string { return spillPrefix(l.(*Ledger).path) },
		Forsake: func(t testing.TB, r ledger.Run) { // as a file system does that loses its locks
			if err := r.(*Run).lock.Unlock(); err != nil {
				t.Fatal(err)
			}
		},
		Attempts: attempts,
		Decisions: func(t testing.TB, l ledger.Ledger, who string) (n int) {
			if err := l.(*Ledger).reader.QueryRow("SELECT count(*) FROM decisions WHERE who = ? AND at > 0", who).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		},
		Why: func(t testing.TB, l ledger.Ledger, who string) (why string) {
			if err := l.(*Ledger).reader.QueryRow("SELECT why FROM decisions WHERE who = ?", who).Scan(&why); err != nil {
				t.Fatal(err)
			}
			return why
		},
		Answer: func(t testing.TB, l ledger.Ledger, scope ledger.Scope, key ledger.Key) (answer string) {
			err := l.(*Ledger).reader.QueryRow("SELECT answer FROM partners p JOIN scopes s ON s.id = p.scope_id WHERE key = ? AND account = ?", key[:], scope.Account).Scan(&answer)
			if err != nil {
				t.Fatal(err)
			}
			return answer
		},
	})
}

// attempts reads the whole table of that name.
func attempts(t testing.TB, l ledger.Ledger) (all []ledger.Attempt) {
	t.Helper()
	rows, err := l.(*Ledger).reader.Query("SELECT trace_id, http_status, verdict, reason, coalesce(bytes, -1), at FROM attempts ORDER BY partner_id, attempt")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var a ledger.Attempt
		var at int64
		if err := rows.Scan(&a.TraceID, &a.HTTPStatus, &a.Verdict, &a.Reason, &a.Bytes, &at); err != nil {
			t.Fatal(err)
		}
		a.At = fromMillis(at)
		all = append(all, a)
	}
	return all
}

var (
	sandbox, sheet = ledgertest.Sandbox, ledgertest.Sheet

	testKey, testIntent, created = ledgertest.Key, ledgertest.Intent, ledgertest.Created
	doubtful                     = ledgertest.Doubtful
	mustClaim, mustLookup        = ledgertest.MustClaim, ledgertest.MustLookup
	mustSpill                    = ledgertest.MustSpill
	mustTrack, mustTracked       = ledgertest.MustTrack, ledgertest.MustTracked
)

func newPath(t testing.TB) string { return filepath.Join(t.TempDir(), "onboard", "ledger.db") }

func mustOpen(t testing.TB, path string) *Ledger {
	t.Helper()
	l, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func mustBegin(t testing.TB, l *Ledger) *Run {
	t.Helper()
	return ledgertest.MustBegin(t, l).(*Run)
}

// TestLocksGo: what ended, was refused, or was found dead leaves no lock behind.
func TestLocksGo(t *testing.T) {
	l := mustOpen(t, newPath(t))
	first, dead := mustBegin(t, l), mustBegin(t, l)
	mustClaim(t, first, testIntent(1))
	other := sheet
	other.KeyFields = "name"
	if _, err := l.Begin(sandbox, other); err == nil {
		t.Error("other key fields beside a living run")
	}
	if err := dead.lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	if err := first.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := first.End(0, nil); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(l.path + ".owners"); err != nil || len(left) != 0 {
		t.Errorf("locks left behind: %v, %v", left, err)
	}
}

// TestProbes: two probes do not take each other for the owner, and a lock that
// cannot be probed is no proof of death.
func TestProbes(t *testing.T) {
	l := mustOpen(t, newPath(t))
	r, gone := mustBegin(t, l), mustBegin(t, l)
	if err := gone.lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	probe := flock.New(l.lockPath(gone.ID()))
	if free, err := probe.TryRLock(); !free || err != nil {
		t.Fatal(free, err)
	}
	defer probe.Unlock()
	if r.OwnerAlive(gone.ID()) {
		t.Error("a probe was taken for the owner")
	}
	loop := strings.Repeat("a", 16)
	if err := os.Symlink(loop, l.lockPath(loop)); err != nil {
		t.Fatal(err)
	}
	if !r.OwnerAlive(loop) {
		t.Error("what cannot be probed counts as dead")
	}
}
