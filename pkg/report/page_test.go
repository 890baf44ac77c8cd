package report

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/batch"
	"onboard/pkg/partner"
)

// page is what WritePage makes of p, which gets the numbers that every run has.
func page(t *testing.T, p Page) string {
	t.Helper()
	if p.Summary == nil {
		p.Summary = &Summary{Input: Input{Path: "list.csv", Rows: 1}, Counts: map[string]int{"valid": 1}}
	}
	var b strings.Builder
	if err := WritePage(&b, &p); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestPageEscapes: what stands in the sheet is shown, and is never markup.
func TestPageEscapes(t *testing.T) {
	for _, hostile := range []string{
		`</script><img src=http://127.0.0.1:9/ onerror=alert(1)>`, `"><script>alert(1)</script>`, `=cmd|' /C calc'!A0`,
		`</style><style>*{display:none}`, `<!--`, `]]>`, `{{.}}`, `javascript:alert(1)`, "&lt;b&gt;",
	} {
		got := page(t, Page{Verb: "validate", Next: []string{hostile},
			Summary:  &Summary{Input: Input{Path: hostile, Rows: 1}, Target: hostile, Exit: Exit{Reason: hostile}, Files: Files{Errors: hostile}},
			Stop:     &batch.Stop{Hint: hostile},
			Warnings: []batch.Warning{{Line: 2, Message: hostile}},
			Problems: []batch.Tally{{Column: hostile, Code: partner.Code(hostile), Count: 1, Example: partner.Problem{Message: hostile}}},
			Concerns: []batch.Concern{{Line: 2, Company: hostile, Status: partner.Invalid, Why: hostile, Hint: hostile, TraceID: hostile}}})
		clean := page(t, Page{Verb: "validate", Next: []string{"x"},
			Summary:  &Summary{Input: Input{Path: "x", Rows: 1}, Target: "x", Exit: Exit{Reason: "x"}, Files: Files{Errors: "x"}},
			Stop:     &batch.Stop{Hint: "x"},
			Warnings: []batch.Warning{{Line: 2, Message: "x"}},
			Problems: []batch.Tally{{Column: "x", Code: "x", Count: 1, Example: partner.Problem{Message: "x"}}},
			Concerns: []batch.Concern{{Line: 2, Company: "x", Status: partner.Invalid, Why: "x", Hint: "x", TraceID: "x"}}})
		inNext := len(strings.Split(hostile, " ")) - 1 // each word of a command is an element
		if diff := cmp.Diff(len(tags.FindAllString(clean, -1))+2*inNext, len(tags.FindAllString(got, -1))); diff != "" {
			t.Errorf("%s: elements (-want +got)\n%s", hostile, diff)
		}
		cell := regexp.MustCompile(`data-label="Company">(.*?)</td>`).FindStringSubmatch(got)
		if cell == nil || html.UnescapeString(cell[1]) != hostile {
			t.Errorf("%s is shown as %q", hostile, cell)
		}
	}
}

var tags = regexp.MustCompile(`</?[a-zA-Z][^>]*>|<!--`)

// TestPageStandsAlone: nothing is fetched, and nothing else may run.
func TestPageStandsAlone(t *testing.T) {
	got := page(t, Page{Verb: "validate"})
	if m := regexp.MustCompile(`(?i)\s(src|href|style|on\w+)=|@import|url\(|https?:`).FindString(got); m != "" {
		t.Errorf("the page has %q", m)
	}
	policy := regexp.MustCompile(`content="default-src &#39;none&#39;; style-src &#39;sha256-[^ ]+&#39;; script-src &#39;sha256-[^ ]+&#39;; base-uri`)
	if !policy.MatchString(got) {
		t.Error("the page has no policy")
	}
}

// TestPageLeavesOut: a part that has nothing to say is not there.
func TestPageLeavesOut(t *testing.T) {
	busy := timeline(2*time.Second, 20)
	short := timeline(900*time.Millisecond, 20)
	numbers := &Summary{Input: Input{Path: "list.csv", Rows: 20}, Counts: map[string]int{"created": 20}, HTTP: HTTP{Requests: 20}}
	for name, tc := range map[string]struct {
		page Page
		want []string // of the parts below
	}{
		"validate":      {Page{}, []string{}},
		"problems":      {Page{Problems: []batch.Tally{{Count: 1}}, Concerns: []batch.Concern{{Line: 2}}}, []string{"problems-title", "concerns"}},
		"submit":        {Page{Summary: numbers, Over: &busy, Rate: 10, Next: []string{"x"}}, []string{"next-title", "rows", "pace", "latency", "http"}},
		"in no time":    {Page{Summary: numbers, Over: &short, Rate: 10}, []string{"http"}},
		"nothing to do": {Page{Over: &busy, Rate: 10}, []string{"http"}},
	} {
		got, shown := page(t, tc.page), []string{}
		for _, id := range []string{"next-title", "problems-title", "rows", "pace", "latency", "http", "concerns"} {
			if strings.Contains(got, `id="`+id+`"`) {
				shown = append(shown, id)
			}
		}
		if diff := cmp.Diff(tc.want, shown); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

func TestHeadline(t *testing.T) {
	sent := &batch.Timeline{}
	for _, tc := range []struct {
		over *batch.Timeline
		good int
		rows int
		want string
	}{
		{sent, 1, 1, "The one row has its link."},
		{sent, 0, 1, "Not one row has a link."},
		{sent, 0, 2, "None of the 2 rows has a link."},
		{sent, 1, 2000, "1 of 2,000 rows has its link."},
		{sent, 1234, 2000, "1,234 of 2,000 rows have their link."},
		{sent, 3, 3, "All 3 rows have their link."},
		{nil, 1, 1, "The one row is valid."},
		{nil, 0, 5, "None of the 5 rows is valid."},
		{nil, 4, 5, "4 of 5 rows are valid."},
	} {
		s := &Summary{Input: Input{Rows: tc.rows}, Counts: map[string]int{"valid": tc.good, "already_created": tc.good}}
		if got := (view{&Page{Summary: s, Over: tc.over}}).Headline(); got != tc.want {
			t.Errorf("%d of %d: %s, want %s", tc.good, tc.rows, got, tc.want)
		}
	}
}

// TestMissing: rows beyond the table's bound are told, and where they are.
func TestMissing(t *testing.T) {
	s := &Summary{Counts: map[string]int{"invalid": 1500, "in_doubt": 3, "rejected": 1}, Files: Files{Errors: "e.csv", InDoubt: "d.csv"}}
	p := &Page{Summary: s, Concerns: []batch.Concern{{Status: partner.InDoubt}, {Status: partner.Rejected}, {Status: partner.Invalid}}}
	if diff := cmp.Diff("1,499 more invalid in e.csv, 2 more in doubt in d.csv", view{p}.Missing()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestUpTo(t *testing.T) {
	for most, want := range map[float64]string{
		300: "0 100 200 300", 8: "0 2 4 6 8", 8.2: "0 5 10", 4: "0 1 2 3 4", 7: "0 2 4 6 8", 1234: "0 500 1,000 1,500",
		0.5: "0.0 0.2 0.4 0.6", 1: "0.0 0.5 1.0", 1e6: "0 0.5 M 1 M",
	} {
		var got []string
		for _, tick := range upTo(most).ticks() {
			got = append(got, tick.Text)
		}
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%v (-want +got)\n%s", most, diff)
		}
	}
}

func TestClock(t *testing.T) {
	for lasted, want := range map[time.Duration]string{
		time.Second:         "0 200 ms 400 ms 600 ms 800 ms 1 s",
		65 * time.Second:    "0 15 s 30 s 45 s 1 min",
		7 * time.Minute:     "0 2 min 4 min 6 min",
		45 * time.Minute:    "0 10 min 20 min 30 min 40 min",
		27 * time.Hour:      "0 6 h 12 h 18 h 24 h",
		5 * 24 * time.Hour:  "0 24 h 48 h 72 h 96 h 120 h",
		11 * 24 * time.Hour: "0 96 h 192 h",
	} {
		var got []string
		for _, tick := range clock(lasted) {
			got = append(got, tick.Text)
		}
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%v (-want +got)\n%s", lasted, diff)
		}
	}
}

func TestOneTwoFive(t *testing.T) {
	for _, tc := range []struct {
		least, most time.Duration
		want        string
	}{
		{60 * time.Millisecond, 65 * time.Millisecond, "[50ms 100ms]"},
		{50 * time.Millisecond, 50 * time.Millisecond, "[50ms 100ms]"},
		{60 * time.Millisecond, 4 * time.Second, "[50ms 100ms 200ms 500ms 1s 2s 5s]"},
		{600 * time.Microsecond, 70 * time.Second, "[100µs 1ms 10ms 100ms 1s 10s 1m40s]"},
		{10 * time.Microsecond, 11 * time.Microsecond, "[10µs 20µs]"},
	} {
		if got := fmt.Sprint(oneTwoFive(tc.least, tc.most)); got != tc.want {
			t.Errorf("%s to %s: %s, want %s", tc.least, tc.most, got, tc.want)
		}
	}
}

// timeline lasts so long, with so many rows created one after the other.
func timeline(lasted time.Duration, rows int) batch.Timeline {
	t := batch.Timeline{Width: 100 * time.Millisecond, Lasted: lasted}
	t.Moments = make([]batch.Moment, int((lasted+t.Width-1)/t.Width))
	for i := range rows {
		m := &t.Moments[i*len(t.Moments)/rows]
		m.Rows[1]++ // created
		m.Requests++
	}
	return t
}

func TestRowsChart(t *testing.T) {
	over := batch.Timeline{Width: time.Second, Lasted: 1900 * time.Millisecond, Moments: make([]batch.Moment, 2)}
	over.Moments[0].Rows = [8]int{0, 2, 0, 1, 0, 0, 0, 0}
	over.Moments[1].Rows = [8]int{0, 3, 0, 0, 0, 0, 40, 2}
	got := rowsChart(over)
	want := []shape{
		{"area s-created", "M0 1000L526.3 750L1000 375L1000 1000L526.3 1000Z", "created"},
		{"area s-invalid", "M0 1000L526.3 625L1000 250L1000 375L526.3 750Z", "invalid"},
		{"area s-in_doubt", "M0 1000L526.3 625L1000 0L1000 250L526.3 625Z", "in doubt"},
	}
	if diff := cmp.Diff(want, got.Shapes); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	table := append([][]string{got.Head}, got.Table...)
	if diff := cmp.Diff([][]string{{"By", "created", "invalid", "in doubt"}, {"1.0 s", "2", "1", "0"}, {"1.9 s", "5", "1", "2"}}, table); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestPaceChart(t *testing.T) {
	over := timeline(2*time.Second, 10)
	over.Moments[3].Held, over.Moments[4].Held, over.Moments[5].Held = 50*time.Millisecond, 100*time.Millisecond, 20*time.Millisecond
	over.Moments[3].Throttled = 2
	got := paceChart(over.Fold(10), over, 8)
	want := []shape{
		{"band", "M175 0H260V1000H175Z", ""},
		{"bars", "M0 1000V375H500V1000ZM500 1000V375H1000V1000Z", "requests sent"},
		{"line set", "M0 0H1000", "set: 8/s"},
	}
	if diff := cmp.Diff(want, got.Shapes); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff("the server asked for a pause: 0.2 s in all, after 2 refused requests", got.Legend[2].Text); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
