package batch

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"onboard/pkg/ledger"
	"onboard/pkg/ledger/sqlite"
	"onboard/pkg/lmpi"
	"onboard/pkg/pace"
	"onboard/pkg/partner"
	"onboard/pkg/sheet"
)

// atOnce is a server without a wire.
func atOnce(_ context.Context, _ []byte, trace string, _ func() bool) lmpi.Answer {
	return lmpi.Answer{Evidence: lmpi.Evidence{Status: 200, BytesWritten: 1, Token: "synthetic-" + trace,
		Link: "https://activation.example/partner?t=" + trace}, Verdict: lmpi.Verdict{Outcome: lmpi.Created}}
}

// pass2 submits a sheet and writes its outputs.
func pass2(b *testing.B, s *sheet.Sheet, run ledger.Run, plan *Plan) {
	b.Helper()
	out, err := CreateOutputs(s, b.TempDir(), false)
	if err != nil {
		b.Fatal(err)
	}
	submission := Submission{Plan: plan, Run: run, Send: atOnce, Pace: pace.New(1e6), Concurrency: 64, MaxAttempts: 1, Emit: out.Add, Progress: &Progress{}}
	if stop, err := submission.Do(b.Context(), b.Context()); stop != nil || err != nil {
		b.Fatal(stop, err)
	}
	if err := out.Commit(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkSubmission is the whole of pass 2 with a ledger on disk, without the
// exchange with a server: of rows that are new, and of rows that are finished.
func BenchmarkSubmission(b *testing.B) {
	const n = 20_000
	s := list(b, n)
	for _, again := range []bool{false, true} {
		b.Run(map[bool]string{false: "new", true: "finished"}[again], func(b *testing.B) {
			l, err := sqlite.Open(filepath.Join(b.TempDir(), "ledger.db"))
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			b.ReportAllocs()
			rows := 0
			for i := 0; b.Loop(); i++ {
				b.StopTimer()
				scope := ledger.Scope{Endpoint: fmt.Sprint("https://", i, ".example")}
				if again {
					scope.Endpoint = "https://again.example"
				}
				run, err := l.Begin(scope, ledger.RunInfo{KeyFields: "name,country"})
				if err != nil {
					b.Fatal(err)
				}
				plan, err := MakePlan(b.Context(), s, partner.NewRules(), run, nil, nil)
				if err != nil {
					b.Fatal(err)
				}
				if again && plan.Counts[partner.Valid] > 0 {
					pass2(b, s, run, plan)
				}
				b.StartTimer()
				pass2(b, s, run, plan)
				rows += n
				b.StopTimer()
				if err := run.End(0, nil); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
