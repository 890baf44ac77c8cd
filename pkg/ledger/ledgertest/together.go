package ledgertest

import (
	"sync"
	"testing"

	"onboard/pkg/ledger"
)

// openedTogether: the first runs of several people on a new ledger all find
// it made, whoever was first.
func openedTogether(t *testing.T, s Store) {
	for range 20 {
		place := s.Place(t)
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				l, err := s.Open(place)
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := l.Begin(ledger.Scope{Endpoint: "e"}, ledger.RunInfo{KeyFields: "name"}); err != nil {
					t.Error(err)
				}
				if err := l.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
	}
}
