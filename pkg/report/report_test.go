package report

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/batch"
	"onboard/pkg/partner"
)

func TestExitOf(t *testing.T) {
	interrupted := &batch.Stop{Kind: batch.Interrupted, Reason: "interrupted"}
	refused := &batch.Stop{Kind: batch.Refused, Reason: "refused"}
	type counts = map[partner.Status]int
	for _, tc := range []struct {
		stop   *batch.Stop
		counts counts
		want   Exit
	}{
		{nil, counts{partner.Created: 2, partner.AlreadyCreated: 1}, Exit{0, "every row has its link"}},
		{nil, counts{partner.Valid: 2}, Exit{0, "every row is valid"}},
		{nil, counts{partner.Valid: 2, partner.Invalid: 1}, Exit{1, "1 row is in the errors file"}},
		{nil, counts{partner.Duplicate: 1, partner.Rejected: 1, partner.NotSent: 1}, Exit{1, "3 rows are in the errors file"}},
		{nil, counts{partner.Invalid: 1, partner.InDoubt: 2}, Exit{4, "2 rows are in doubt"}},
		{refused, counts{partner.InDoubt: 2}, Exit{3, "refused"}},
		{interrupted, counts{partner.InDoubt: 2}, Exit{130, "interrupted"}},
	} {
		if diff := cmp.Diff(tc.want, ExitOf(tc.stop, tc.counts)); diff != "" {
			t.Errorf("%v %v (-want +got)\n%s", tc.stop, tc.counts, diff)
		}
	}
}

func TestCountsOf(t *testing.T) {
	counts := map[partner.Status]int{partner.Valid: 3, partner.Invalid: 1}
	if got := CountsOf(counts, true); got["valid"] != 3 || len(got) != len(partner.Statuses) {
		t.Error(got)
	}
	if _, ok := CountsOf(counts, false)["valid"]; ok {
		t.Error("a submission counts valid rows")
	}
}

func TestWords(t *testing.T) {
	for rate, want := range map[float64]string{5: "5/s", 10000: "10000/s", 1.5: "1.5/s", 0.5: "30/m", 1.0 / 60: "1/m", 1.0 / 3600: "1/h"} {
		if got := perTime(rate); got != want {
			t.Errorf("%v is %s, want %s", rate, got, want)
		}
	}
	for d, want := range map[time.Duration]string{0: "0 s", 59 * time.Second: "59 s", 61 * time.Second: "1 min 01 s", 2*time.Hour + 5*time.Minute: "2 h 05 min"} {
		if got := Duration(d); got != want {
			t.Errorf("%v is %s, want %s", d, got, want)
		}
	}
}

func TestClosingLeavesOutEmptyFiles(t *testing.T) {
	s := &Summary{Input: Input{Rows: 1}, Counts: map[string]int{"created": 1}, Files: Files{Results: "r", Errors: "e", Problems: "p", Summary: "s"}}
	var b strings.Builder
	Screen{Writer: &b}.Closing(s, nil, nil)
	if diff := cmp.Diff("1 row: 1 created\nLinks    r\nSummary  s\n", b.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
