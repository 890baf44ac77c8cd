package sqlite

import (
	"sync"
	"testing"

	"onboard/pkg/ledger"
)

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
