package batch

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"onboard/pkg/lmpi"
	"onboard/pkg/partner"
	"onboard/pkg/sheet"
)

func valid(t *testing.T, edit func(*partner.Row)) partner.Partner {
	t.Helper()
	row := &partner.Row{CompanyName: "Acme", Country: "US", DataCenter: "US", FirstName: "Ann", LastName: "Lee", Email: "ann@example.com"}
	edit(row)
	p, problems := partner.NewRules().Check(row)
	if partner.Faulty(problems) {
		t.Fatal(problems)
	}
	return p
}

func TestDiffering(t *testing.T) {
	before := valid(t, func(r *partner.Row) { r.City = "Leeds" })
	now := valid(t, func(r *partner.Row) { r.Email, r.Address = "bob@example.com", "1 High Street" })
	want := "email (was ann@example.com), city (was Leeds), address (was empty)"
	if diff := cmp.Diff(want, differing(before.AppendBody(nil), now.AppendBody(nil))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := differing(before.AppendBody(nil), before.AppendBody(nil)); got != "" {
		t.Errorf("nothing differs, and yet %q", got)
	}
}

func TestPostalCodes(t *testing.T) {
	var c postalCodes
	line := 1
	add := func(country string, codes ...string) {
		for _, code := range codes {
			line++
			p := valid(t, func(r *partner.Row) { r.Country, r.PostalCode = country, code })
			c.add(&p, line)
		}
	}
	add("US", "10001", "20002", "30003", "2134", "501", "12345-6789")
	add("DE", "1067")
	add("DK", "2100", "800") // not known, and two are no custom
	add("BE", "1000", "4020", "5020", "800")
	add("GB", "SW1A 1AA", "EC1A", "N1")
	add("AT", "1010", "4020", "5020", "")
	word := ": a spreadsheet program may have taken a leading zero off"
	certain := word + "; --fix puts it back"
	add("JP", "100001", "100002", "100003", "1000004")
	want := []Warning{{Line: 14, Message: "in BE, postal codes have 4 digits, and 1 here of 3" + word}, {Line: 8, Message: "in DE, postal codes have 5 digits, and 1 here of 4" + certain},
		{Line: 22, Message: "in JP, postal codes have 7 digits, and 3 here of 6" + certain, Lines: []int{22, 23, 24}},
		{Line: 5, Message: "in US, postal codes have 5 digits, and 1 here of 4" + certain}}
	if diff := cmp.Diff(want, c.warnings()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestUncomputed: a formula without a result is a warning, and not a silent gap.
func TestUncomputed(t *testing.T) {
	b := excelize.NewFile()
	defer b.Close()
	for row, cells := range [][]any{{"company_name", "country", "data_center", "first_name", "last_name", "email"}, {"Acme", "DE", "EU", "Ann", "Lee"}} {
		if err := b.SetSheetRow("Sheet1", fmt.Sprintf("A%d", row+1), &cells); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.SetCellFormula("Sheet1", "F2", `LOWER(D2)&"@example.com"`); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "list.xlsx")
	if err := b.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	rules := partner.NewRules()
	s, err := sheet.Open(path, nil, sheet.Options{Optional: rules.HasDefault})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	plan, err := MakePlan(t.Context(), s, rules, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []Warning{{Line: 2, Message: "F2: a cell has a formula without a result, and is read as empty; open the workbook in a spreadsheet program and save it"}}
	if diff := cmp.Diff(want, plan.Warnings); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestPercentile(t *testing.T) {
	var p Progress
	if got := p.Percentile(0.5); got != 0 {
		t.Errorf("of nothing: %v", got)
	}
	for i := 1; i <= 1000; i++ {
		p.latency[bucket(time.Duration(i)*time.Millisecond)].Add(1)
	}
	for share, want := range map[float64]time.Duration{0.5: 500 * time.Millisecond, 0.95: 950 * time.Millisecond, 0.99: 990 * time.Millisecond, 1: time.Second} {
		if got := p.Percentile(share); got < want*97/100 || got > want*103/100 {
			t.Errorf("%v: %v, want about %v", share, got, want)
		}
	}
}

func TestQuota(t *testing.T) {
	q := newRetryBudget(1)
	for i := range budgetFloor / repeatCosts {
		if !q.spend() {
			t.Fatalf("repeat %d is refused", i)
		}
	}
	if q.spend() {
		t.Error("the budget has no end")
	}
	for range repeatCosts {
		q.refund()
	}
	if !q.spend() || q.spend() {
		t.Error("answers do not pay for repeats")
	}
	if newRetryBudget(64).left < 64*repeatCosts {
		t.Error("one refusal of everything in flight ends a run")
	}
}

// TestThreeInDoubt: a run stops at three rows in doubt in a row. A good answer in
// between counts when its request left after the first of them.
func TestThreeInDoubt(t *testing.T) {
	type answer struct {
		outcome lmpi.Outcome
		begun   int // 0: not known
	}
	const bad, good = lmpi.InDoubt, lmpi.Created
	for name, tt := range map[string]struct {
		answers []answer
		stops   bool
	}{
		"three":              {[]answer{{bad, 1}, {bad, 2}, {bad, 3}}, true},
		"two":                {[]answer{{bad, 1}, {bad, 2}}, false},
		"one that came late": {[]answer{{bad, 2}, {good, 1}, {bad, 3}, {bad, 4}}, true},
		"a good one":         {[]answer{{bad, 1}, {bad, 3}, {good, 2}, {bad, 4}, {bad, 5}}, false},
		"a refusal":          {[]answer{{bad, 1}, {lmpi.Rejected, 2}, {bad, 3}, {bad, 4}}, false},
		"behind a proxy":     {[]answer{{bad, 0}, {bad, 0}, {good, 0}, {bad, 0}}, false},
		"anew":               {[]answer{{bad, 1}, {good, 2}, {bad, 5}, {good, 3}, {bad, 6}, {bad, 7}}, true},
	} {
		stopped := false
		s := &Submission{stop: func(error) { stopped = true }}
		for _, a := range tt.answers {
			var e lmpi.Evidence
			if a.begun > 0 {
				e.Begun = time.Unix(int64(a.begun), 0)
			}
			s.noteHealth(lmpi.Answer{Evidence: e, Verdict: lmpi.Verdict{Outcome: a.outcome}})
		}
		if stopped != tt.stops {
			t.Errorf("%s: stopped %v", name, stopped)
		}
	}
}
