package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/report"
)

func TestTable(t *testing.T) {
	rows := [][]string{{"COMPANY", "LINE"}, {"株式会社青空通信", "4"}, {"Acme", "12345"}}
	for width, want := range map[int]string{
		0:  "COMPANY           LINE\n株式会社青空通信  4\nAcme              12345\n",
		20: "COMPANY        LINE\n株式会社青空…  4\nAcme           12345\n",
		5:  "COMPA…  LINE\n株式…   4\nAcme    12345\n", // no narrower than that
	} {
		var b strings.Builder
		table(report.Screen{Writer: &b, Width: width}, rows)
		if diff := cmp.Diff(want, b.String()); diff != "" {
			t.Errorf("%d columns (-want +got)\n%s", width, diff)
		}
	}
	var b strings.Builder
	table(report.Screen{Writer: &b, Width: 5}, rows, 0)
	if want := "COMPANY           LINE\n株式会社青空通信  4\nAcme              12345\n"; b.String() != want {
		t.Errorf("the first column is to be kept:\n%s", b.String())
	}
}

// TestRunsAt80: how a run ended and its target are whole on a terminal of 80 columns.
func TestRunsAt80(t *testing.T) {
	h := holdings{Runs: []pastRun{{ID: "gm53zzlzew3f2hvg", Sheet: "partners of november.csv", Target: "http://127.0.0.1:8700", User: "ann.lee", Host: "desk-of-ann.example"}}}
	var b strings.Builder
	h.showRuns(report.Screen{Writer: &b, Width: 80})
	for line := range strings.Lines(b.String()) {
		if n := report.Columns(strings.TrimSuffix(line, "\n")); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	if !strings.Contains(b.String(), "gm53zzlz  0001-01-01 00:00Z") || !strings.Contains(b.String(), "http://127.0.0.1:8700  was cut off") {
		t.Errorf("cut:\n%s", b.String())
	}
}

// TestHoldings: people are shown twenty runs and rows in doubt, and only the
// states that there are.
func TestHoldings(t *testing.T) {
	h := holdings{Ledger: "l.db", Accounts: []account{{Target: "staging", Account: "a", Created: 2}, {Target: "production", Account: "b", NotSent: 1}}}
	for range 25 {
		h.Runs = append(h.Runs, pastRun{Sheet: "list.csv", Target: "staging", User: "ann", Host: "pc7", Counts: map[string]int{"created": 2, "already_created": 1, "invalid": 4}})
		h.InDoubt = append(h.InDoubt, openDoubt{Company: "Acme", Line: 2, Target: "staging", Sent: time.Unix(0, 0), TraceID: "TRACE", Reason: "no answer came"})
	}
	var b strings.Builder
	if err := h.tell(&console{out: &b}, false); err != nil {
		t.Fatal(err)
	}
	got := b.String()
	if !strings.HasPrefix(got, "Ledger  l.db\n\nTARGET      ACCOUNT  CREATED  NOT SENT\nstaging     a        2        0\nproduction  b        0        1\n\nRUN  STARTED ") {
		t.Errorf("the accounts:\n%s", got)
	}
	if n := strings.Count(got, "list.csv  staging  was cut off  3 of 7  ann@pc7\n"); n != statusLimit {
		t.Errorf("%d runs are shown", n)
	}
	if n := strings.Count(got, "trace id TRACE\n"); n != statusLimit || !strings.HasSuffix(got, "  and 5 more: --json has them all\n") {
		t.Errorf("%d rows in doubt are shown:\n%s", n, got)
	}
}
