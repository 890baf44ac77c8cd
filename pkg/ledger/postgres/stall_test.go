//go:build postgres

package postgres

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/ledger"
	"onboard/pkg/ledger/ledgertest"
	"onboard/pkg/ledger/postgres/pgtest"
)

// stall starts a proxy before the server of a place, and returns the place behind it.
func stall(t testing.TB, place string) (*pgtest.Stalling, string) {
	t.Helper()
	u, err := url.Parse(place)
	if err != nil {
		t.Fatal(err)
	}
	p, err := pgtest.Stall(u.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p, strings.Replace(place, u.Host, p.Address(), 1) + "&sslmode=disable"
}

// TestStalled: a database that accepts and does not answer is away, whatever is
// asked of it; one wait ends everything, outcomes are spilled, and read back.
func TestStalled(t *testing.T) {
	p, behind := stall(t, newPlace(t))
	folder := t.TempDir()
	l, err := Open(behind, folder)
	if err != nil {
		t.Fatal(err)
	}
	r := mustBegin(t, l)
	ledgertest.MustClaim(t, r, ledgertest.Intent(1))
	doubt := ledgertest.Doubtful(t, r, 9)
	l.patience = 2 * time.Second
	p.Asks.All()
	exchanges := map[string]func() error{
		"settle": func() error { return r.Settle(ledgertest.Created(1, 1)) },
		"claim":  func() error { _, _, err := r.Claim(ledgertest.Intent(2)); return err },
		"decide": func() error {
			return r.Decide(ledger.Decision{Key: doubt, Attempt: 1, State: ledger.Released, Who: "ann"})
		},
		"track":       func() error { return r.Track(ledgertest.Key(1), ledger.Tracking{}) },
		"lookup":      func() error { _, err := r.Lookup(t.Context(), []ledger.Key{ledgertest.Key(1)}); return err },
		"created":     func() error { _, err := r.Created(t.Context(), []ledger.Key{ledgertest.Key(1)}); return err },
		"empty":       func() error { _, err := r.Empty(t.Context()); return err },
		"sweep":       func() error { return r.Sweep(t.Context()) },
		"onboardings": func() error { _, err := r.Onboardings(t.Context(), 0, 10); return err },
		"reserve":     func() error { _, err := r.Reserve(t.Context(), 5, 1); return err },
		"end":         func() error { return r.End(3, nil) },
	}
	var wait sync.WaitGroup
	for name, exchange := range exchanges {
		wait.Go(func() {
			switch err := exchange(); {
			case err == nil:
				t.Errorf("%s was answered", name)
			case !strings.Contains(err.Error(), "tried for 2s: it does not answer"), strings.Count(err.Error(), "hint: ") == 0:
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	eventually(t, "it counts as away before the first failure", func() bool { return r.Away() > 300*time.Millisecond })
	wait.Wait()
	if away := r.Away(); away != 0 {
		t.Errorf("when nobody waits any more: away for %v", away)
	}
	l.Close()
	p.Asks.None()
	if l, err = Open(behind, folder); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	next := mustBegin(t, l)
	eventually(t, "the answer is read back", func() bool {
		if err := next.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		return ledgertest.MustLookup(t, next, ledgertest.Key(1)).Token == ledgertest.Created(1, 1).Token
	})
}

// TestConnectionsStall: connections that hang are replaced, and what their server
// did all the same, in the end or unheard, is done once.
func TestConnectionsStall(t *testing.T) {
	for name, held := range map[string]func(*pgtest.Stalling) *pgtest.Held{
		"before the question": func(p *pgtest.Stalling) *pgtest.Held { return &p.Asks },
		"before the answer":   func(p *pgtest.Stalling) *pgtest.Held { return &p.Answers },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, behind := stall(t, newPlace(t))
			l := mustOpen(t, behind)
			r := mustBegin(t, l)
			l.patience = 4 * time.Second
			stop := held(p).Present
			stop()
			e, won, err := r.Claim(ledgertest.Intent(1))
			if err != nil || !won || e.Attempt != 1 {
				t.Fatalf("claim: won %v, attempt %d, %v", won, e.Attempt, err)
			}
			stop()
			next, err := r.Retry(ledgertest.Key(1), 1, ledger.Attempt{TraceID: e.TraceID, At: time.Now()}, "another")
			if err != nil || next != 2 {
				t.Fatalf("retry: attempt %d, %v", next, err)
			}
			stop()
			if err := r.Settle(ledgertest.Created(1, 2)); err != nil {
				t.Fatal(err)
			}
			held(p).None()
			if _, won, err := r.Claim(ledgertest.Intent(1)); won || err != nil {
				t.Errorf("claimed a created partner: %v, %v", won, err)
			}
			got := ledgertest.MustLookup(t, r, ledgertest.Key(1))
			if diff := cmp.Diff([]any{ledger.Created, 2, ledgertest.Created(1, 2).Token}, []any{got.State, got.Attempt, got.Token}); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestServerStalls: processes of the server that stand still, and a locked table,
// count as away, and are waited for.
func TestServerStalls(t *testing.T) {
	for name, hold := range map[string]func(t *testing.T, r *Run, place string) (release func()){
		"frozen": freeze,
		"locked": lock,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			place := newPlace(t)
			l := mustOpen(t, place)
			r := mustBegin(t, l)
			l.patience = 9 * time.Second
			ledgertest.MustClaim(t, r, ledgertest.Intent(1))
			release := hold(t, r, place)
			var wait sync.WaitGroup
			wait.Go(func() {
				if err := r.Settle(ledgertest.Created(1, 1)); err != nil {
					t.Errorf("a settling that had only to wait: %v", err)
				}
			})
			eventually(t, "it counts as away before the first failure", func() bool { return r.Away() > time.Second })
			eventually(t, "an exchange was given up, or answered elsewhere", func() bool { a := r.Away(); return a > 3500*time.Millisecond || a == 0 })
			release()
			wait.Wait()
			if got := ledgertest.MustLookup(t, r, ledgertest.Key(1)); got.State != ledger.Created || got.Attempt != 1 || r.Away() != 0 {
				t.Errorf("it is %s in attempt %d, away for %v", got.State, got.Attempt, r.Away())
			}
		})
	}
}

// freeze stops the process that writes for a run.
func freeze(t *testing.T, r *Run, _ string) (release func()) {
	t.Helper()
	pid := int(r.l.writer.conn.PgConn().PID())
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	release = sync.OnceFunc(func() { _ = syscall.Kill(pid, syscall.SIGCONT) })
	t.Cleanup(release)
	return release
}

// lock locks the table of partners.
func lock(t *testing.T, r *Run, _ string) (release func()) {
	t.Helper()
	return lockIn(t, r, "ACCESS EXCLUSIVE")
}

// lockIn locks it in a mode.
func lockIn(t *testing.T, r *Run, mode string) (release func()) {
	t.Helper()
	conn, err := r.l.connect(t.Context())
	if err == nil {
		_, err = conn.Exec(t.Context(), "BEGIN; LOCK TABLE partners IN "+mode+" MODE")
	}
	if err != nil {
		t.Fatal(err)
	}
	release = sync.OnceFunc(func() { conn.Close(context.Background()) })
	t.Cleanup(release)
	return release
}

// TestHurry: a run that is to stop at once gives up a database that does not answer,
// long before its patience ends, and not one that does.
func TestHurry(t *testing.T) {
	p, behind := stall(t, newPlace(t))
	l := mustOpen(t, behind)
	r := mustBegin(t, l)
	for i := range 2 {
		ledgertest.MustClaim(t, r, ledgertest.Intent(i))
	}
	go r.Hurry()
	for began, i := time.Now(), 10; time.Since(began) < haste+haste/2; i++ {
		ledgertest.MustClaim(t, r, ledgertest.Intent(i))
	}
	p.Asks.All()
	var spilled *ledger.SpillError
	if err := r.Settle(ledgertest.Created(1, 1)); !errors.As(err, &spilled) || !strings.Contains(err.Error(), "tried for 1s: it does not answer") {
		t.Errorf("%v", err)
	}
	if _, err := r.Lookup(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "tried for 1s") {
		t.Errorf("a question after that: %v", err)
	}
}
