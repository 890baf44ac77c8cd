package sqlite

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"onboard/pkg/ledger"
)

// fill claims and settles n partners from 64 goroutines.
func fill(b *testing.B, r *Run, first, n, workers int) {
	var next atomic.Int64
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			for i := int(next.Add(1)); i <= n; i = int(next.Add(1)) {
				if _, won, err := r.Claim(testIntent(first + i)); !won || err != nil {
					b.Errorf("claim %d: won %v, %v", i, won, err)
				}
				if err := r.Settle(randomly(first + i)); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wait.Wait()
}

// randomly is partner i created, with a token in no order, as an API gives them: an
// index of them is written all over.
func randomly(i int) ledger.Outcome {
	o := created(i, 1)
	o.Token = fmt.Sprintf("%x", testKey(i))
	o.Link = "https://activation.trendmicro.com/partner?t=" + o.Token
	return o
}

func BenchmarkClaimSettle(b *testing.B) {
	for _, workers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("%d", workers), func(b *testing.B) {
			r := mustBegin(b, mustOpen(b, newPath(b)))
			b.ResetTimer()
			fill(b, r, 0, b.N, workers)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func BenchmarkLookup(b *testing.B) {
	const rows, batch = 100_000, 2000
	l := mustOpen(b, newPath(b))
	r := mustBegin(b, l)
	fill(b, r, 0, rows, 64)
	if info, err := os.Stat(l.path); err == nil {
		b.Logf("%d bytes per row", info.Size()/rows)
	}
	b.Run("created", func(b *testing.B) {
		keys := make([]ledger.Key, rows)
		for i := range keys {
			keys[i] = testKey(i + 1)
		}
		b.ReportAllocs()
		for b.Loop() {
			from := rand.IntN(rows - batch)
			found, err := r.Created(context.Background(), keys[from:from+batch])
			if err != nil || found[batch-1].State != ledger.Created {
				b.Fatalf("found %v, %v", found[batch-1], err)
			}
		}
		b.ReportMetric(float64(b.N*batch)/b.Elapsed().Seconds(), "rows/s")
	})
	for name, first := range map[string]int{"known": 0, "unknown": 2 * rows} {
		b.Run(name, func(b *testing.B) {
			keys := make([]ledger.Key, rows)
			for i := range keys {
				keys[i] = testKey(first + i + 1)
			}
			for b.Loop() {
				from := rand.IntN(rows - batch)
				found, err := r.Lookup(context.Background(), keys[from:from+batch])
				if err != nil || first == 0 && len(found) != batch || first > 0 && len(found) > 0 {
					b.Fatalf("found %d, %v", len(found), err)
				}
			}
			b.ReportMetric(float64(b.N*batch)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
