package sqlite

import (
	"context"
	"errors"
	"sync"
	"testing"

	"onboard/pkg/ledger"
)

func TestLookupMany(t *testing.T) {
	r := mustBegin(t, mustOpen(t, newPath(t)))
	const n = 3*lookupPart + 7
	keys := make([]ledger.Key, n)
	var wait sync.WaitGroup
	for i := range n {
		keys[i] = testKey(i)
		if i%2 == 0 {
			wait.Go(func() {
				if _, won, err := r.Claim(testIntent(i)); !won || err != nil {
					t.Errorf("claim %d: won %v, %v", i, won, err)
				}
			})
		}
	}
	wait.Wait()
	found, err := r.Lookup(context.Background(), keys)
	if err != nil {
		t.Fatal(err)
	}
	for i, k := range keys {
		e, known := found[k]
		if known != (i%2 == 0) || known && e.Line != i+2 {
			t.Errorf("key %d: known %v, line %d", i, known, e.Line)
		}
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := r.Lookup(cancelled, keys); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled lookup: %v", err)
	}
}

func TestLookupDoesNotWaitForTheWriter(t *testing.T) {
	l := mustOpen(t, newPath(t))
	r := mustBegin(t, l)
	mustClaim(t, r, testIntent(1))
	inside, gate := make(chan struct{}), make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() { _ = l.write(func() error { close(inside); <-gate; return nil }) })
	<-inside
	if got := mustLookup(t, r, testKey(1)); got.State != ledger.Sending {
		t.Errorf("state %q", got.State)
	}
	close(gate)
	wait.Wait()
}
