package sqlite

import (
	"sync"
	"testing"

	"onboard/pkg/ledger"
)

// TestOpenedTogether: the first runs of several people on a new ledger all find
// it made, whoever was first.
func TestOpenedTogether(t *testing.T) {
	for range 20 {
		path := newPath(t)
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				l, err := Open(path)
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
