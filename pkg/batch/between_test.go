package batch

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/ledger"
	"onboard/pkg/ledger/sqlite"
	"onboard/pkg/lmpi"
	"onboard/pkg/pace"
	"onboard/pkg/partner"
)

// TestOthersBetweenThePasses: while the operator reads the plan of a new ledger,
// another run creates the partners. Each row then has its link, also a row that
// this run would not have sent.
func TestOthersBetweenThePasses(t *testing.T) {
	l, err := sqlite.Open(filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	begin := func() (run ledger.Run, plan *Plan) {
		t.Helper()
		run, err := l.Begin(ledger.Scope{Endpoint: "https://api.example"}, ledger.RunInfo{KeyFields: "name,country"})
		if err != nil {
			t.Fatal(err)
		}
		if plan, err = MakePlan(t.Context(), list(t, 40), partner.NewRules(), run, nil, nil); err != nil {
			t.Fatal(err)
		}
		return run, plan
	}
	submit := func(run ledger.Run, plan *Plan, limit int) (counts map[partner.Status]int, sent int) {
		t.Helper()
		counts = map[partner.Status]int{}
		s := Submission{Plan: plan, Run: run, Pace: pace.New(1e6), Concurrency: 1, MaxAttempts: 1, Limit: limit, Progress: &Progress{},
			Emit: func(r *Result) error { counts[r.Status]++; return nil },
			Send: func(ctx context.Context, body []byte, trace string, ready func() bool) lmpi.Answer {
				sent++
				return atOnce(ctx, body, trace, ready)
			}}
		if stop, err := s.Do(t.Context(), t.Context()); stop != nil || err != nil {
			t.Fatal(stop, err)
		}
		if err := run.End(0, nil); err != nil {
			t.Fatal(err)
		}
		return counts, sent
	}
	ours, plan := begin()
	theirs, theirPlan := begin()
	if !plan.NewLedger {
		t.Error("the ledger is not new")
	}
	if counts, sent := submit(theirs, theirPlan, 0); sent != 40 {
		t.Fatal(counts, sent)
	}
	counts, sent := submit(ours, plan, 5)
	if diff := cmp.Diff(map[partner.Status]int{partner.AlreadyCreated: 40}, counts); diff != "" || sent != 0 {
		t.Errorf("%d are sent (-want +got)\n%s", sent, diff)
	}
}
