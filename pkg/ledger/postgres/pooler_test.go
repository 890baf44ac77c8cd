//go:build postgres && pgbouncer

package postgres

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"onboard/pkg/ledger"
	"onboard/pkg/ledger/ledgertest"
)

// pooler is a place behind PgBouncer.
func pooler(t *testing.T, mode string) string {
	t.Helper()
	place, stop, err := server.Pooler(mode, fmt.Sprintf("schema=test%d", schemas.Add(1)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return place
}

// TestPgBouncer: in the modes in which locks belong to nobody it is refused, also
// when there is nobody else and each transaction happens to get the same connection;
// and when there are many.
func TestPgBouncer(t *testing.T) {
	for _, mode := range []string{"transaction", "statement"} {
		t.Run(mode, func(t *testing.T) {
			place := pooler(t, mode)
			refused(t, place, "proxy")
			var wait sync.WaitGroup
			for range 8 {
				wait.Go(func() {
					if l, err := Open(place, t.TempDir()); err == nil {
						l.Close()
						t.Error("opened beside others")
					}
				})
			}
			wait.Wait()
		})
	}
}

// TestPgBouncerSession: in session mode a run is alive until its connections are
// gone, and then another may say that it is dead.
func TestPgBouncerSession(t *testing.T) {
	place := pooler(t, "session")
	l := mustOpen(t, place)
	r, other := mustBegin(t, l), mustBegin(t, mustOpen(t, place))
	ledgertest.MustClaim(t, r, ledgertest.Intent(1))
	ledgertest.MustClaim(t, r, ledgertest.Intent(2))
	if err := r.Settle(ledgertest.Created(1, 1)); err != nil {
		t.Fatal(err)
	}
	if err := other.Sweep(context.Background()); err != nil || !other.OwnerAlive(r.ID()) {
		t.Fatalf("a living run counts as dead; %v", err)
	}
	if err := l.Close(); err != nil { // without an end
		t.Fatal(err)
	}
	eventually(t, "what it was sending is in doubt", func() bool {
		if err := other.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
		return ledgertest.MustLookup(t, other, ledgertest.Key(2)).State == ledger.InDoubt
	})
	if got := ledgertest.MustLookup(t, other, ledgertest.Key(1)); got.State != ledger.Created {
		t.Errorf("what it had settled is %s", got.State)
	}
}
