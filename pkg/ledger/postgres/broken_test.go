//go:build postgres

package postgres

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"onboard/pkg/ledger"
	"onboard/pkg/ledger/ledgertest"
)

// TestUnknownCommit breaks the connection after the server has done what was
// asked and before its answer arrives: whatever is repeated then is done once.
func TestUnknownCommit(t *testing.T) {
	p := between(t, newPlace(t))
	l := mustOpen(t, p.place)
	r := mustBegin(t, l)
	broken := func() {
		t.Helper()
		if p.cut.Load() != 0 {
			t.Error("the connection was not broken")
		}
	}
	for i := range 3 {
		ledgertest.MustClaim(t, r, ledgertest.Intent(100+i)) // so that every statement is prepared, and an answer is that of the commit
		if err := r.Settle(ledgertest.Created(100+i, 1)); err != nil {
			t.Fatal(err)
		}
	}

	p.cut.Store(1)
	e, won, err := r.Claim(ledgertest.Intent(1))
	if broken(); err != nil || !won || e.Attempt != 1 {
		t.Fatalf("claim: won %v, attempt %d, %v", won, e.Attempt, err)
	}
	ledgertest.MustClaim(t, r, ledgertest.Intent(2))
	if next, err := r.Retry(ledgertest.Key(2), 1, ledger.Attempt{TraceID: "t"}, "prepared"); err != nil || next != 2 {
		t.Fatal(next, err)
	}
	p.cut.Store(1)
	next, err := r.Retry(ledgertest.Key(1), 1, ledger.Attempt{TraceID: e.TraceID, At: time.Now()}, "another")
	if broken(); err != nil || next != 2 {
		t.Fatalf("retry: attempt %d, %v", next, err)
	}
	if err := r.Settle(ledgertest.Created(2, 2)); err != nil {
		t.Fatal(err)
	}
	p.cut.Store(1)
	err = r.Settle(ledgertest.Created(1, 2))
	if broken(); err != nil {
		t.Fatalf("settle: %v", err)
	}
	if got := ledgertest.MustLookup(t, r, ledgertest.Key(1)); got.State != ledger.Created || got.Attempt != 2 || got.Token != ledgertest.Created(1, 2).Token {
		t.Errorf("%+v", got)
	}
	if _, won, err := r.Claim(ledgertest.Intent(1)); won || err != nil {
		t.Errorf("claimed a created partner: %v, %v", won, err)
	}
	doubt := ledgertest.Doubtful(t, r, 9)
	p.cut.Store(4) // somewhere in its transaction, several times
	err = r.Decide(ledger.Decision{Key: doubt, Attempt: 1, State: ledger.Released, Who: "ann"})
	if broken(); err != nil {
		t.Errorf("decide: %v", err)
	}
	p.cut.Store(3)
	err = r.End(0, nil)
	if broken(); err != nil {
		t.Errorf("end: %v", err)
	}
}

// TestBreaksOften claims and settles from two ledgers while every 23rd answer
// of the server is lost with its connection: each partner is won once, and has its outcome.
func TestBreaksOften(t *testing.T) {
	const partners, workers = 120, 4
	p := between(t, newPlace(t))
	var wins [partners]atomic.Int32
	var wait sync.WaitGroup
	var runs []*Run
	for range 2 {
		runs = append(runs, mustBegin(t, mustOpen(t, p.place)))
	}
	p.every.Store(23) // a new connection takes six answers to be of use
	for _, r := range runs {
		for w := range workers {
			wait.Go(func() {
				for i := range partners {
					k := (i + w*partners/workers) % partners
					_, won, err := r.Claim(ledgertest.Intent(k))
					if err != nil {
						t.Error(err)
						return
					}
					if !won {
						continue
					}
					wins[k].Add(1)
					if err := r.Settle(ledgertest.Created(k, 1)); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	wait.Wait()
	p.every.Store(0)
	for k := range wins {
		got := ledgertest.MustLookup(t, runs[0], ledgertest.Key(k))
		if n := wins[k].Load(); n != 1 || got.State != ledger.Created {
			t.Errorf("partner %d was won %d times and is %s", k, n, got.State)
		}
	}
}

// TestServerAway: outcomes wait for the server, and when it stays away they are
// spilled, and read back by the next start. Nothing is claimed meanwhile.
func TestServerAway(t *testing.T) {
	s := newServer(t)
	folder := filepath.Join(t.TempDir(), "state", "onboard") // is made when it is needed
	l, err := Open(s.URL(""), folder)
	if err != nil {
		t.Fatal(err)
	}
	r := mustBegin(t, l)
	for i := range 3 {
		ledgertest.MustClaim(t, r, ledgertest.Intent(i))
	}
	if err := s.Stop("immediate"); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	wait.Go(func() {
		if err := r.Settle(ledgertest.Created(0, 1)); err != nil {
			t.Errorf("a settling that had only to wait: %v", err)
		}
	})
	eventually(t, "the run knows that it waits", func() bool { return r.Away() > 200*time.Millisecond })
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	wait.Wait()
	if away := r.Away(); away != 0 {
		t.Errorf("after it has come back: away for %v", away)
	}
	if got := ledgertest.MustLookup(t, r, ledgertest.Key(0)); got.State != ledger.Created {
		t.Errorf("it is %s", got.State)
	}

	if err := s.Stop("immediate"); err != nil {
		t.Fatal(err)
	}
	l.patience = 300 * time.Millisecond
	path := ledgertest.MustSpill(t, r, ledgertest.Created(1, 1))
	if info, err := os.Lstat(path); err != nil || info.Mode() != 0o600 || filepath.Dir(path) != folder {
		t.Errorf("%s: %v, %v", path, info, err)
	}
	if _, won, err := r.Claim(ledgertest.Intent(5)); won || err == nil || !strings.Contains(err.Error(), "cannot be written: tried for 300ms: ") {
		t.Errorf("claim without a server: won %v, %v", won, err)
	}
	if err := r.End(3, nil); err == nil {
		t.Error("the end was recorded without a server")
	}
	l.Close()
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	if l, err = Open(s.URL(""), folder); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	next := mustBegin(t, l)
	eventually(t, "the rest is in doubt", func() bool {
		if err := next.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
		return ledgertest.MustLookup(t, next, ledgertest.Key(2)).State == ledger.InDoubt
	})
	if got := ledgertest.MustLookup(t, next, ledgertest.Key(1)); got.State != ledger.Created || got.Token != ledgertest.Created(1, 1).Token {
		t.Errorf("what was spilled is %s", got.State)
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the spill file is still there: %v", err)
	}
}

// TestTakenOver: with the addresses of both servers a run goes on when a standby
// takes over, and what was confirmed is there.
func TestTakenOver(t *testing.T) {
	primary, standby := pair(t)
	place := both(standby, primary, "")
	r, other := mustBegin(t, mustOpen(t, place)), mustBegin(t, mustOpen(t, place))
	for i := range 3 {
		ledgertest.MustClaim(t, r, ledgertest.Intent(i))
	}
	if err := r.Settle(ledgertest.Created(0, 1)); err != nil {
		t.Fatal(err)
	}
	if err := primary.Stop("immediate"); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	wait.Go(func() {
		if err := r.Settle(ledgertest.Created(1, 1)); err != nil {
			t.Errorf("a settling that had only to wait: %v", err)
		}
	})
	if err := standby.Promote(); err != nil {
		t.Fatal(err)
	}
	wait.Wait()
	ledgertest.MustClaim(t, r, ledgertest.Intent(3))
	for i, want := range []ledger.State{ledger.Created, ledger.Created, ledger.Sending, ledger.Sending} {
		if got := ledgertest.MustLookup(t, other, ledgertest.Key(i)); got.State != want {
			t.Errorf("partner %d is %s, not %s", i, got.State, want)
		}
	}
}

// TestLockLost: a run whose connections are cut off is dead to others until it
// takes its lock again, which it does before it claims anything.
func TestLockLost(t *testing.T) {
	place := newPlace(t)
	l := mustOpen(t, place)
	r, other := mustBegin(t, l), mustBegin(t, mustOpen(t, place))
	ledgertest.MustClaim(t, r, ledgertest.Intent(1))
	if !other.OwnerAlive(r.ID()) {
		t.Fatal("a living run counts as dead")
	}
	forsake(t, r) // as if the server had lost it
	if err := other.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := ledgertest.MustLookup(t, other, ledgertest.Key(1)); got.State != ledger.InDoubt || other.OwnerAlive(r.ID()) {
		t.Fatalf("not swept: %s", got.State)
	}
	l.mu.Lock()
	l.runs[r] = struct{}{}
	l.mu.Unlock()
	execute(t, place, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'onboard' AND pid <> pg_backend_pid()")
	ledgertest.MustClaim(t, r, ledgertest.Intent(2))
	if !other.OwnerAlive(r.ID()) {
		t.Error("it claimed without its lock")
	}
	if err := other.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := ledgertest.MustLookup(t, other, ledgertest.Key(2)); got.State != ledger.Sending {
		t.Errorf("what a run that came back is sending is %s", got.State)
	}
	if err := r.Settle(ledgertest.Created(1, 1)); err != nil {
		t.Errorf("the late answer: %v", err)
	}
}
