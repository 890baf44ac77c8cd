package ledgertest

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"onboard/pkg/ledger"
)

func status(t *testing.T, s Store) {
	ctx := context.Background()
	l := s.open(t, s.Place(t))
	production := ledger.Scope{Endpoint: "https://api.example.com", Account: "99"}
	first := MustBegin(t, l)
	for i := range 3 {
		MustClaim(t, first, Intent(i))
	}
	if err := first.Settle(Created(0, 1)); err != nil {
		t.Fatal(err)
	}
	if err := first.Settle(ledger.Outcome{Key: Key(1), Attempt: 1, State: ledger.InDoubt, Reason: "no answer"}); err != nil {
		t.Fatal(err)
	}
	if err := first.End(4, map[string]int{"created": 1, "in_doubt": 2}); err != nil {
		t.Fatal(err)
	}
	second, err := l.Begin(production, Sheet)
	if err != nil {
		t.Fatal(err)
	}
	MustClaim(t, second, Intent(0))

	runs, err := l.Runs(ctx, 10)
	if err != nil {
		t.Fatal(err)
	}
	wantRuns := []ledger.RunSummary{
		{ID: second.ID(), Scope: production, RunInfo: Sheet, Alive: true, Counts: map[string]int{}},
		{ID: first.ID(), Scope: Sandbox, RunInfo: Sheet, ExitCode: 4, Counts: map[string]int{"created": 1, "in_doubt": 2}},
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
	wantCounts := map[ledger.Scope]map[ledger.State]int{Sandbox: {ledger.Created: 1, ledger.InDoubt: 2}, production: {ledger.Sending: 1}}
	if diff := cmp.Diff(wantCounts, counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}

	doubts, err := l.InDoubt(ctx, 10)
	if err != nil || len(doubts) != 2 {
		t.Fatalf("%d in doubt, %v", len(doubts), err)
	}
	for i, reason := range []string{"no answer", ledger.SweptReason} {
		want := ledger.Doubt{Scope: Sandbox, Entry: MustLookup(t, MustBegin(t, l), Key(i+1))}
		if diff := cmp.Diff(want, doubts[i]); diff != "" || doubts[i].Reason != reason {
			t.Errorf("doubt %d: %s (-want +got):\n%s", i, doubts[i].Reason, diff)
		}
	}
	if some, err := l.InDoubt(ctx, 1); err != nil || len(some) != 1 {
		t.Errorf("limited to 1: %d, %v", len(some), err)
	}
}
