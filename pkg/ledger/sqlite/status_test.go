package sqlite

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"onboard/pkg/ledger"
)

func TestStatus(t *testing.T) {
	ctx := context.Background()
	l := mustOpen(t, newPath(t))
	production := ledger.Scope{Endpoint: "https://api.example.com", Account: "99"}
	first := mustBegin(t, l)
	for i := range 3 {
		mustClaim(t, first, testIntent(i))
	}
	if err := first.Settle(created(0, 1)); err != nil {
		t.Fatal(err)
	}
	if err := first.Settle(ledger.Outcome{Key: testKey(1), Attempt: 1, State: ledger.InDoubt, Reason: "no answer"}); err != nil {
		t.Fatal(err)
	}
	if err := first.End(4, map[string]int{"created": 1, "in_doubt": 2}); err != nil {
		t.Fatal(err)
	}
	second, err := l.Begin(production, sheet)
	if err != nil {
		t.Fatal(err)
	}
	mustClaim(t, second, testIntent(0))

	runs, err := l.Runs(ctx, 10)
	if err != nil {
		t.Fatal(err)
	}
	wantRuns := []ledger.RunSummary{
		{ID: second.ID(), Scope: production, RunInfo: sheet, Alive: true, Counts: map[string]int{}},
		{ID: first.ID(), Scope: sandbox, RunInfo: sheet, ExitCode: 4, Counts: map[string]int{"created": 1, "in_doubt": 2}},
	}
	if diff := cmp.Diff(wantRuns, runs, cmpopts.IgnoreFields(ledger.RunSummary{}, "Host", "User", "StartedAt", "EndedAt")); diff != "" {
		t.Errorf("runs (-want +got):\n%s", diff)
	}
	if runs[0].StartedAt.IsZero() || !runs[0].EndedAt.IsZero() || runs[1].EndedAt.Before(runs[1].StartedAt) {
		t.Errorf("times: %v", runs)
	}
	if latest, err := l.Runs(ctx, 1); err != nil || len(latest) != 1 || latest[0].ID != second.ID() {
		t.Errorf("the latest run: %v, %v", latest, err)
	}

	counts, err := l.Counts(ctx)
	if err != nil {
		t.Fatal(err)
	}
	wantCounts := map[ledger.Scope]map[ledger.State]int{sandbox: {ledger.Created: 1, ledger.InDoubt: 2}, production: {ledger.Sending: 1}}
	if diff := cmp.Diff(wantCounts, counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}

	doubts, err := l.InDoubt(ctx, 10)
	if err != nil || len(doubts) != 2 {
		t.Fatalf("%d in doubt, %v", len(doubts), err)
	}
	for i, reason := range []string{"no answer", ledger.SweptReason} {
		want := ledger.Doubt{Scope: sandbox, Entry: mustLookup(t, mustBegin(t, l), testKey(i+1))}
		if diff := cmp.Diff(want, doubts[i]); diff != "" || doubts[i].Reason != reason {
			t.Errorf("doubt %d: %s (-want +got):\n%s", i, doubts[i].Reason, diff)
		}
	}
	if some, err := l.InDoubt(ctx, 1); err != nil || len(some) != 1 {
		t.Errorf("limited to 1: %d, %v", len(some), err)
	}
}
