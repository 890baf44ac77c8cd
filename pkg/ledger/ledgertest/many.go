package ledgertest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"onboard/pkg/ledger"
)

// oneWinner has two runs, each with its own handle and eight goroutines,
// claim the same keys.
func oneWinner(t *testing.T, s Store) {
	const keys, workers = 500, 8
	place := s.Place(t)
	var wins [keys]atomic.Int32
	var wait sync.WaitGroup
	for range 2 {
		r := MustBegin(t, s.open(t, place))
		for w := range workers {
			wait.Go(func() {
				for i := range keys {
					k := (i + w*keys/workers) % keys
					e, won, err := r.Claim(Intent(k))
					switch {
					case err != nil:
						t.Error(err)
					case won:
						wins[k].Add(1)
					case e.State != ledger.Sending || e.Key != Key(k):
						t.Errorf("the row that was not won is %+v", e)
					}
				}
			})
		}
	}
	wait.Wait()
	for k := range wins {
		if n := wins[k].Load(); n != 1 {
			t.Errorf("key %d was won %d times", k, n)
		}
	}
}

func lookupMany(t *testing.T, s Store) {
	r := MustBegin(t, s.open(t, s.Place(t)))
	const n = 3007
	keys := make([]ledger.Key, n)
	var wait sync.WaitGroup
	for i := range n {
		keys[i] = Key(i)
		if i%2 == 0 {
			wait.Go(func() {
				if _, won, err := r.Claim(Intent(i)); !won || err != nil {
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
