package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"onboard/pkg/batch"
	"onboard/pkg/terminal"
)

// TrackSummary is what a tracking found, in numbers, as NAME.tracking.json has it.
type TrackSummary struct {
	Input      *Input         `json:"input,omitempty"` // nil without a sheet
	Target     string         `json:"target"`
	Open       int            `json:"open"`      // partners whose onboarding has not ended, and that can be asked about
	Counts     map[string]int `json:"counts"`    // by state; they add up to the rows, or to the created partners
	NoAnswer   []NoAnswer     `json:"no_answer"` // why questions were not answered: those keep the state they had
	HTTP       HTTP           `json:"http"`
	StartedAt  time.Time      `json:"started_at"`
	FinishedAt time.Time      `json:"finished_at"`
	Exit       Exit           `json:"exit"`
	Files      TrackFiles     `json:"files"`
}

// NoAnswer is one reason, how often there was it, and where first.
type NoAnswer struct {
	Reason  string `json:"reason"`
	Count   int    `json:"count"`
	Line    int    `json:"line,omitempty"`
	TraceID string `json:"trace_id"` // of the creation
	hint    string
}

// TrackFiles are the paths of the outputs; empty ones were not written.
type TrackFiles struct {
	Tracking string `json:"tracking,omitempty"`
	Summary  string `json:"summary,omitempty"`
}

// The API's documented states, and ours, in the order in which they are told;
// other words of the API come between.
var (
	apiStates = []string{"success", "progressing", "fail"}
	ourStates = []string{batch.NotAsked, batch.NoToken, batch.DoubtState, batch.BeingSent, batch.NotCreated, batch.NotValid, batch.Repeated}
)

// TrackCounts gives every known state a number.
func TrackCounts(counts map[string]int) map[string]int {
	all := map[string]int{}
	for _, state := range slices.Concat(apiStates, ourStates) {
		all[state] = counts[state]
	}
	for state, n := range counts {
		all[state] = n
	}
	return all
}

// NoAnswers are the reasons as the summary has them.
func NoAnswers(silences []batch.Silence) []NoAnswer {
	list := []NoAnswer{}
	for _, s := range silences {
		list = append(list, NoAnswer{s.Reason, s.Count, s.Line, s.TraceID, s.Hint})
	}
	return list
}

// TrackExit is the exit code of a tracking: 0 when all rows were created, all
// that is open was asked about, and nothing has failed.
func TrackExit(stop *batch.Stop, counts map[string]int, silent []NoAnswer) Exit {
	if stop != nil {
		return ExitOf(stop, nil)
	}
	var reasons []string
	add := func(n int, noun, what string) {
		if n > 0 {
			reasons = append(reasons, Count(n, noun)+" "+what)
		}
	}
	add(counts["fail"], "onboarding", "failed")
	add(unanswered(silent), "question", "without an answer")
	rest := 0
	for _, state := range ourStates[1:] {
		rest += counts[state]
	}
	rest -= counts[batch.Repeated] // the first row tells
	add(rest, "row", "without an onboarding")
	if len(reasons) > 0 {
		return Exit{ExitErrors, strings.Join(reasons, ", ")}
	}
	return Exit{ExitOK, "no onboarding has failed"}
}

func unanswered(silent []NoAnswer) (n int) {
	for _, s := range silent {
		n += s.Count
	}
	return n
}

// TrackPlan is what is going to be asked.
type TrackPlan struct {
	File, Target, Account, Ledger string // File is "" without a sheet
	View                          *batch.TrackView
	Rate                          float64 // per second
}

// TrackPlan says what is going to be asked. Nobody is asked for a yes: questions
// create nothing.
func (to Screen) TrackPlan(p TrackPlan) {
	if p.File != "" {
		to.entry("Sheet", terminal.Text(p.File)+": "+Count(p.View.Rows, "row"))
	} else {
		to.entry("Partners", fmt.Sprintf("%d created, as far as the ledger knows", p.View.Rows))
	}
	to.entry("So far", to.states(p.View.Counts))
	to.entry("Target", terminal.Text(p.Target+", account "+p.Account))
	to.entry("Ledger", terminal.Text(p.Ledger))
	if p.View.Open > 0 {
		to.entry("To ask", fmt.Sprintf("%s at %s, so %s", Count(p.View.Open, "question"), perTime(p.Rate), expected(p.View.Open, p.Rate)))
	} else {
		to.entry("To ask", "nothing")
	}
}

// StateCounts are states and their numbers in words, those of the API as it says
// them. Numbers of 0 are left out.
func StateCounts(counts map[string]int) string { return Screen{}.states(counts) }

func (to Screen) states(counts map[string]int) string {
	var others []string
	for state := range counts {
		if !slices.Contains(apiStates, state) && !slices.Contains(ourStates, state) {
			others = append(others, state)
		}
	}
	slices.Sort(others)
	colors := map[string]string{"success": green, "fail": red}
	var parts []string
	for _, state := range slices.Concat(apiStates, others, ourStates) {
		if n := counts[state]; n > 0 {
			parts = append(parts, to.paint(colors[state], fmt.Sprintf("%d %s", n, stateWords(state))))
		}
	}
	return strings.Join(parts, ", ")
}

func stateWords(state string) string {
	if slices.Contains(ourStates, state) {
		return strings.ReplaceAll(state, "_", " ")
	}
	return terminal.Text(state) // the API's word
}

// TrackRound is one round of a watch: how far all are, why it ended early, if it
// did, and when the next one begins.
func (to Screen) TrackRound(s *TrackSummary, stop *batch.Stop, next time.Time) {
	text := to.states(s.Counts)
	if n := unanswered(s.NoAnswer); n > 0 {
		text += fmt.Sprintf("; %d without an answer", n)
	}
	if stop != nil {
		text += "; " + terminal.Text(stop.Reason)
	}
	to.Hanging("", 0, Moment(s.FinishedAt)+"  "+text+"; next at "+next.UTC().Format("15:04:05Z")+", Ctrl-C ends the watch")
}

// TrackClosing says how far all are, what was not answered, where the files are
// and what to do next.
func (to Screen) TrackClosing(s *TrackSummary, stop *batch.Stop, next []string) {
	noun, n := "partner", 0
	for _, count := range s.Counts {
		n += count
	}
	if s.Input != nil {
		noun = "row"
	}
	to.Hanging("", 0, Count(n, noun)+": "+to.states(s.Counts))
	to.stopped(stop)
	for _, a := range s.NoAnswer {
		place := "first the one with trace id " + a.TraceID
		if a.Line > 0 {
			place = fmt.Sprintf("first line %d", a.Line)
		}
		to.Hanging("", 0, terminal.Sprintf("No answer %d×: %s, %s", a.Count, a.Reason, place))
		if a.hint != "" {
			to.Hanging("", 0, "hint: "+terminal.Text(a.hint))
		}
	}
	t := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	for _, f := range [][2]string{{"Tracking", s.Files.Tracking}, {"Summary", s.Files.Summary}} {
		if f[1] != "" {
			fmt.Fprintf(t, "%s\t%s\n", f[0], terminal.Text(f[1]))
		}
	}
	writeNext(t, next)
	t.Flush()
}

// JSON is the summary as the file has it.
func (s *TrackSummary) JSON() []byte {
	b, _ := json.MarshalIndent(s, "", "  ") // plain strings, numbers and times: cannot fail
	return append(b, '\n')
}
