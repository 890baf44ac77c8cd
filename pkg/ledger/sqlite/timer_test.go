//go:build torture

package sqlite

import (
	"context"
	"testing"
	"time"
)

// TestNoTimerInGroupCommit compares claims one after the other with bare commits
// on the same disk: a group that waited for more would cost its waiting time in
// each. It is a ratio, so that a slow disk does not fail it.
func TestNoTimerInGroupCommit(t *testing.T) {
	const n, rounds = 300, 5
	r := mustBegin(t, mustOpen(t, newPath(t)))
	least := 100.0
	for round := range rounds {
		began := time.Now()
		for i := range n {
			mustClaim(t, r, testIntent(round*n+i))
		}
		claims := time.Since(began)
		began = time.Now()
		for range n {
			if err := immediate(r.l.conn, func() error {
				_, err := r.l.conn.ExecContext(context.Background(), "UPDATE runs SET exit_code = exit_code + 1")
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		least = min(least, float64(claims)/float64(time.Since(began)))
	}
	if least > 3 {
		t.Errorf("a claim takes %.1f times as long as a bare commit", least)
	}
	t.Logf("a claim takes %.2f times as long as a bare commit", least)
}
