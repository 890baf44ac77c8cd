package sandbox

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseRule(t *testing.T) {
	tests := []struct {
		text string
		want Rule
	}{
		{"500", Rule{fault: "500"}},
		{"429:10%", Rule{fault: "429", share: 0.1}},
		{"429:0.5%", Rule{fault: "429", share: 0.005}},
		{`500@"Acme Ltd"`, Rule{fault: "500", company: "Acme Ltd", exact: true}},
		{"500@Acme", Rule{fault: "500", company: "Acme"}},
		{"500@a:b#c@d", Rule{fault: "500", company: "a:b#c@d"}},
		{"reset-after#3", Rule{fault: "reset-after", first: 3, count: 1}},
		{"429-retry#5x4", Rule{fault: "429-retry", first: 5, count: 4}},
	}
	for _, tt := range tests {
		tt.want.text = tt.text
		got, err := ParseRule(tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
		}
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(Rule{})); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.text, diff)
		}
		if got.String() != tt.text {
			t.Errorf("text %q, want %q", got, tt.text)
		}
	}
}

func TestParseRuleErrors(t *testing.T) {
	tests := map[string]string{ // rule: part of its error
		"":                         `no fault is called ""`,
		"50":                       `no fault is called "50"; hint: one of 400 `,
		"429:":                     "no share; hint: more than 0 and up to 100 percent",
		"429:10":                   "no share",
		"429:0%":                   "no share",
		"429:101%":                 "no share",
		"429:NaN%":                 "no share",
		"500@":                     "no company after @",
		`500@""`:                   "no company after @",
		`500@"Acme`:                "never closes",
		`500@"`:                    "never closes",
		"429#":                     `"" is no request; hint: 429#3 for the third`,
		"429#0":                    "no request",
		"429#three":                "no request",
		"429#3x":                   "no request",
		"429#3x0":                  "no request",
		"429#3x2x1":                "no request",
		"429#99999999999999999999": "no request",
	}
	for text, want := range tests {
		_, err := ParseRule(text)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), fmt.Sprintf("rule %q: ", text)) {
			t.Errorf("%s: error %v, want one with %q", text, err, want)
		}
	}
}

// statuses posts once for each company under some rules.
func statuses(t *testing.T, rules []string, companies ...string) (got []int) {
	t.Helper()
	c := newClock()
	config := testConfig(c)
	for _, text := range rules {
		r, err := ParseRule(text)
		if err != nil {
			t.Fatal(err)
		}
		config.Faults = append(config.Faults, r)
	}
	s := New(config)
	for _, company := range companies {
		got = append(got, post(s, c, company).Code)
	}
	return got
}

func TestRulesStrike(t *testing.T) {
	companies := []string{"Acme", "Acme Ltd", "Beta", "The Acme Ltd"}
	tests := []struct {
		rules []string
		want  []int
	}{
		{[]string{"500"}, []int{500, 500, 500, 500}},
		{[]string{`500@"Acme Ltd"`}, []int{200, 500, 200, 200}},
		{[]string{"500@Acme"}, []int{500, 500, 200, 500}},
		{[]string{"500@acme"}, []int{200, 200, 200, 200}},
		{[]string{"500#3"}, []int{200, 200, 500, 200}},
		{[]string{"500#2x2"}, []int{200, 500, 500, 200}},
		{[]string{"500#2x9223372036854775807"}, []int{200, 500, 500, 500}},
		{[]string{"429#1", "500#1x2", "502:100%"}, []int{429, 500, 502, 502}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, statuses(t, tt.rules, companies...)); diff != "" {
			t.Errorf("%v (-want +got)\n%s", tt.rules, diff)
		}
	}
}

func TestShareIsReproducible(t *testing.T) {
	var companies []string
	for i := range 2000 {
		companies = append(companies, fmt.Sprint("Company ", i))
	}
	first := statuses(t, []string{"429:10%"}, companies...)
	if diff := cmp.Diff(first, statuses(t, []string{"429:10%"}, companies...)); diff != "" {
		t.Errorf("two servers differ\n%s", diff)
	}
	struck := 0
	for _, status := range first {
		if status == 429 {
			struck++
		}
	}
	if struck < 150 || struck > 250 { // 200 is expected, with a deviation of 13
		t.Errorf("%d of 2000 struck by 10%%", struck)
	}
}

func TestScriptWins(t *testing.T) {
	c := newClock()
	config := testConfig(c)
	config.Faults = []Rule{{fault: "502"}}
	var asked []string
	config.Script = func(company string, attempt int) Fault {
		asked = append(asked, fmt.Sprint(company, " ", attempt))
		return map[int]Fault{1: "500", 2: "nonsense"}[attempt]
	}
	s := New(config)
	got := []int{post(s, c, "Acme").Code, post(s, c, "Acme").Code, post(s, c, "Acme").Code, post(s, c, "Beta").Code}
	if diff := cmp.Diff([]int{500, 200, 502, 500}, got); diff != "" {
		t.Errorf("statuses (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Acme 1", "Acme 2", "Acme 3", "Beta 1"}, asked); diff != "" {
		t.Errorf("asked (-want +got)\n%s", diff)
	}
	want := []string{`request 2: the script asks for "nonsense", which is no fault`}
	if diff := cmp.Diff(want, s.Snapshot().Violations); diff != "" {
		t.Errorf("violations (-want +got)\n%s", diff)
	}
}

// Each fault that FaultRate deals has its turn, none that ends a run has, and the seed decides.
func TestFaultRate(t *testing.T) {
	deal := func(seed int64) (faults []Fault, counts map[Fault]int) {
		s := New(Config{FaultRate: 0.2, Seed: seed})
		counts = map[Fault]int{}
		for i := range 20_000 {
			v := &visit{company: fmt.Sprint("Company ", i%5000), attempt: 1 + i/5000}
			s.strikes(v)
			faults = append(faults, v.fault)
			counts[v.fault]++
		}
		return faults, counts
	}
	one, counts := deal(1)
	again, _ := deal(1)
	other, _ := deal(2)
	if !cmp.Equal(one, again) || cmp.Equal(one, other) {
		t.Error("the same seed must deal the same faults, another seed others")
	}
	if share := 1 - float64(counts[""])/20_000; math.Abs(share-0.2) > 0.02 {
		t.Errorf("%.3f of the creations are struck, want 0.2", share)
	}
	for _, k := range kinds {
		if dealt := counts[Fault(k.Name)] > 0; dealt == k.stops {
			t.Errorf("%s: dealt %v, ends a run %v", k.Name, dealt, k.stops)
		}
	}
}
