//go:build postgres

package postgres

import (
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"onboard/pkg/ledger"
	"onboard/pkg/ledger/ledgertest"
	"onboard/pkg/ledger/sqlite"
)

// BenchmarkClaimSettle claims and settles partners, here and in SQLite: what a row
// costs in one run on one disk.
func BenchmarkClaimSettle(b *testing.B) {
	for _, workers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("postgres/%d", workers), func(b *testing.B) { claimSettle(b, mustOpen(b, newPlace(b)), workers) })
		b.Run(fmt.Sprintf("sqlite/%d", workers), func(b *testing.B) {
			l, err := sqlite.Open(filepath.Join(b.TempDir(), "ledger.db"))
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			claimSettle(b, l, workers)
		})
	}
}

func claimSettle(b *testing.B, l ledger.Ledger, workers int) {
	r := ledgertest.MustBegin(b, l)
	var next atomic.Int64
	var wait sync.WaitGroup
	b.ResetTimer()
	for range workers {
		wait.Go(func() {
			for i := int(next.Add(1)); i <= b.N; i = int(next.Add(1)) {
				if _, won, err := r.Claim(ledgertest.Intent(i)); !won || err != nil {
					b.Errorf("claim %d: won %v, %v", i, won, err)
				}
				if err := r.Settle(ledgertest.Created(i, 1)); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wait.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
