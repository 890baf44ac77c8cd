package batch

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/ledger"
	"onboard/pkg/ledger/sqlite"
	"onboard/pkg/lmpi"
	"onboard/pkg/pace"
	"onboard/pkg/partner"
	"onboard/pkg/sheet"
)

const trackHeader = "company_name,country,data_center,first_name,last_name,email\n"

func trackRow(name string) string { return name + ",GB,UK,Ann,Lee,ann@example.com\n" }

// trackKey is the key of trackRow's partner.
func trackKey(t *testing.T, name string) ledger.Key {
	p := valid(t, func(r *partner.Row) { r.CompanyName, r.Country = name, "GB" })
	return ledger.Key(partner.KeyOf(&p, partner.NewRules().Key))
}

// newTracking is about a sheet of the named companies, and a ledger in which
// those with a state have it. Each answer that ask gives is counted by token.
func newTracking(t *testing.T, names []string, states map[string]ledger.State) *Tracking {
	t.Helper()
	dir := t.TempDir()
	l, err := sqlite.Open(filepath.Join(dir, "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	run, err := l.Begin(ledger.Scope{Endpoint: "e", Account: "a"}, ledger.RunInfo{})
	if err != nil {
		t.Fatal(err)
	}
	text := trackHeader
	for _, name := range names {
		text += trackRow(name)
	}
	path := filepath.Join(dir, "list.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	sh, err := sheet.Open(path, nil, sheet.Options{Optional: func(partner.Field) bool { return true }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sh.Close() })
	for _, name := range names {
		if s := states[name]; s != "" {
			settle(t, run, trackKey(t, name), name, s)
		}
	}
	return &Tracking{Sheet: sh, Rules: partner.NewRules(), Run: run, Pace: pace.New(10000), Concurrency: 4, MaxAttempts: 3, Progress: &Progress{}}
}

func settle(t *testing.T, run ledger.Run, key ledger.Key, name string, s ledger.State) {
	t.Helper()
	e, won, err := run.Claim(ledger.Intent{Key: key, TraceID: "trace-" + name, Body: []byte("{}")})
	if !won || err != nil {
		if s == ledger.Created {
			return // it stands in the sheet twice
		}
		t.Fatal(won, err)
	}
	if s == ledger.Sending {
		return
	}
	o := ledger.Outcome{Key: key, Attempt: e.Attempt, State: s}
	if s == ledger.Created {
		o.Token, o.Link = "tok-"+name, "link-"+name
	}
	if err := run.Settle(o); err != nil {
		t.Fatal(err)
	}
}

// api is a server that answers by token, from a list each.
type api struct {
	mu    sync.Mutex
	asked map[string]int
	say   map[string][]lmpi.Reading
}

func (s *api) ask(_ context.Context, token, _ string, _ func() bool) lmpi.Reading {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.asked[token]
	s.asked[token]++
	answers := s.say[token]
	return answers[min(n, len(answers)-1)]
}

func newAPI(say map[string][]lmpi.Reading) *api { return &api{asked: map[string]int{}, say: say} }

func says(state string) lmpi.Reading {
	r := lmpi.Reading{Verdict: lmpi.Verdict{Outcome: lmpi.Told}, Onboarding: lmpi.Onboarding{State: state}}
	if state == "success" {
		r.PartnerID, r.UserID = "p", "u"
	}
	return r
}

func fails(outcome lmpi.Outcome, reason string) lmpi.Reading {
	return lmpi.Reading{Verdict: lmpi.Verdict{Outcome: outcome, Stop: outcome == lmpi.Refused, Reason: reason}}
}

func throttled(after time.Duration) lmpi.Reading {
	r := fails(lmpi.Unprocessed, "later")
	r.HasRetryAfter, r.RetryAfter = true, after
	return r
}

func counts(t *testing.T, tr *Tracking) map[string]int {
	t.Helper()
	v, err := tr.Read(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return v.Counts
}

// TestTrackingStates: every row has a state, whatever became of it.
func TestTrackingStates(t *testing.T) {
	tr := newTracking(t, []string{"Acme", "Beta", "Acme", "Gamma", "Delta", "Eps", "Zeta", "Eta", ""}, map[string]ledger.State{
		"Acme": ledger.Created, "Beta": ledger.Created, "Gamma": ledger.Rejected, "Delta": ledger.InDoubt, "Eps": ledger.Sending, "Zeta": ledger.Released})
	if err := tr.Run.Decide(ledger.Decision{Key: trackKey(t, "Delta"), Attempt: 1, State: ledger.Created, Who: "ann"}); err != nil {
		t.Fatal(err)
	}
	settle(t, tr.Run, trackKey(t, "Eta"), "Eta", ledger.InDoubt)
	server := newAPI(map[string][]lmpi.Reading{"tok-Acme": {says("success")}, "tok-Beta": {says("waiting")}})
	tr.Ask = server.ask

	before := map[string]int{NotAsked: 2, Repeated: 1, NotCreated: 2, NoToken: 1, BeingSent: 1, DoubtState: 1, NotValid: 1}
	if diff := cmp.Diff(before, counts(t, tr)); diff != "" {
		t.Errorf("before (-want +got)\n%s", diff)
	}
	if stop, err := tr.Do(t.Context()); stop != nil || err != nil {
		t.Fatal(stop, err)
	}
	if diff := cmp.Diff(map[string]int{"tok-Acme": 1, "tok-Beta": 1}, server.asked); diff != "" {
		t.Errorf("asked (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"success": 1, "waiting": 1}, tr.Heard()); diff != "" {
		t.Errorf("heard (-want +got)\n%s", diff)
	}
	path := filepath.Join(t.TempDir(), "list.tracking.csv")
	v, err := tr.Write(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if v.Open != 1 || v.Rows != 9 {
		t.Errorf("%+v", v)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var firsts []string
	for _, line := range strings.Split(strings.TrimSpace(string(got)), "\n") {
		cells := strings.SplitN(line, ",", 7)
		firsts = append(firsts, strings.Join(append(cells[:4:4], cells[5]), ","))
	}
	want := []string{"onboard_line,onboard_state,onboard_partner_id,onboard_user_id,company_name", "2,success,p,u,Acme", "3,waiting,,,Beta", "4,duplicate,,,Acme",
		"5,not_created,,,Gamma", "6,no_token,,,Delta", "7,being_sent,,,Eps", "8,not_created,,,Zeta", "9,in_doubt,,,Eta", "10,invalid,,,"}
	if diff := cmp.Diff(want, firsts); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if strings.Contains(string(got), "tok-") {
		t.Errorf("a token stands in\n%s", got)
	}

	// The next time only what is open is asked.
	if stop, err := tr.Do(t.Context()); stop != nil || err != nil || server.asked["tok-Acme"] != 1 || server.asked["tok-Beta"] != 2 {
		t.Error(stop, err, server.asked)
	}
}

// TestTrackingTrouble: what becomes of answers that tell no state.
func TestTrackingTrouble(t *testing.T) {
	many := make([]string, 60)
	for i := range many {
		many[i] = fmt.Sprintf("Firm %d", i)
	}
	tests := []struct {
		name    string
		names   []string
		first   []lmpi.Reading // to the first company; all others succeed
		stop    string         // part of the reason
		kind    StopKind
		asked   int // the first company
		success int // at least
		silent  string
	}{
		{"retried", []string{"A", "B"}, []lmpi.Reading{fails(lmpi.Unsent, "broken"), says("success")}, "", 0, 2, 2, ""},
		{"attempts run out", []string{"A", "B"}, []lmpi.Reading{fails(lmpi.Unsent, "broken")}, "", 0, 3, 1, "broken"},
		{"not known", []string{"A", "B"}, []lmpi.Reading{fails(lmpi.Rejected, "not known")}, "", 0, 1, 1, "not known"},
		{"throttled", []string{"A", "B"}, []lmpi.Reading{throttled(10 * time.Millisecond), says("success")}, "", 0, 2, 2, ""},
		{"refused", []string{"A"}, []lmpi.Reading{fails(lmpi.Refused, "who are you?")}, "who are you?", Refused, 1, 0, ""},
		{"asked to wait too long", []string{"A"}, []lmpi.Reading{throttled(16 * time.Minute)}, "wait for 16m", ServerUnhealthy, 1, 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			states := map[string]ledger.State{}
			say := map[string][]lmpi.Reading{}
			for _, name := range tt.names {
				states[name], say["tok-"+name] = ledger.Created, []lmpi.Reading{says("success")}
			}
			say["tok-A"] = tt.first
			server := newAPI(say)
			tr := newTracking(t, tt.names, states)
			tr.Ask = server.ask
			stop, err := tr.Do(t.Context())
			if err != nil || (stop != nil) != (tt.stop != "") || stop != nil && (stop.Kind != tt.kind || !strings.Contains(stop.Reason, tt.stop)) {
				t.Errorf("%v, %+v", err, stop)
			}
			if got := tr.Heard()["success"]; got < tt.success || server.asked["tok-A"] != tt.asked {
				t.Errorf("%d succeeded, asked %d times", got, server.asked["tok-A"])
			}
			var silent string
			for _, s := range tr.Silences() {
				silent += s.Reason
				if s.Count != 1 || s.Line != 2 || s.TraceID != "trace-A" {
					t.Errorf("%+v", s)
				}
			}
			if silent != tt.silent {
				t.Errorf("silent: %q", silent)
			}
		})
	}
	t.Run("a server in trouble is not asked on", func(t *testing.T) {
		states, say := map[string]ledger.State{}, map[string][]lmpi.Reading{}
		for _, name := range many {
			states[name], say["tok-"+name] = ledger.Created, []lmpi.Reading{throttled(time.Millisecond)}
		}
		server := newAPI(say)
		tr := newTracking(t, many, states)
		tr.Ask = server.ask
		stop, err := tr.Do(t.Context())
		total := 0
		for _, n := range server.asked {
			total += n
		}
		if err != nil || stop == nil || stop.Kind != ServerUnhealthy || total > 40 {
			t.Errorf("%v, %+v after %d requests", err, stop, total)
		}
	})
}

// TestTrackingInterrupted: what was heard stays, and the next run asks the rest.
func TestTrackingInterrupted(t *testing.T) {
	names := []string{"A", "B", "C", "D", "E", "F"}
	states, say := map[string]ledger.State{}, map[string][]lmpi.Reading{}
	for _, name := range names {
		states[name], say["tok-"+name] = ledger.Created, []lmpi.Reading{says("success")}
	}
	tr := newTracking(t, names, states)
	tr.Concurrency = 1
	server := newAPI(say)
	ctx, cancel := context.WithCancel(t.Context())
	tr.Ask = func(c context.Context, token, trace string, ready func() bool) lmpi.Reading {
		r := server.ask(c, token, trace, ready)
		if len(server.asked) == 3 {
			cancel() // while the third is under way: its answer came, and counts
		}
		return r
	}
	stop, err := tr.Do(ctx)
	if err != nil || stop == nil || stop.Kind != Interrupted {
		t.Fatal(stop, err)
	}
	if diff := cmp.Diff(map[string]int{"success": 3, NotAsked: 3}, counts(t, tr)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	tr.Ask = server.ask
	if stop, err := tr.Do(t.Context()); stop != nil || err != nil {
		t.Fatal(stop, err)
	}
	for token, n := range server.asked {
		if n != 1 {
			t.Errorf("%s was asked %d times", token, n)
		}
	}
	if diff := cmp.Diff(map[string]int{"success": 6}, counts(t, tr)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestTrackingAll: without a sheet all created partners are asked, over more
// than one page.
func TestTrackingAll(t *testing.T) {
	tr := newTracking(t, []string{"A"}, nil)
	tr.Sheet = nil
	const n = page + 3
	var wait sync.WaitGroup
	for w := range 8 {
		wait.Go(func() {
			for i := w; i < n; i += 8 {
				settle(t, tr.Run, ledger.Key{byte(i), byte(i >> 8), 1}, fmt.Sprint(i), ledger.Created)
			}
		})
	}
	wait.Wait()
	settle(t, tr.Run, ledger.Key{15: 1}, "rejected", ledger.Rejected)
	tr.Ask = func(_ context.Context, token, _ string, _ func() bool) lmpi.Reading {
		if strings.HasSuffix(token, "7") {
			return says("fail")
		}
		return says("success")
	}
	if diff := cmp.Diff(map[string]int{NotAsked: n}, counts(t, tr)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if stop, err := tr.Do(t.Context()); stop != nil || err != nil {
		t.Fatal(stop, err)
	}
	if diff := cmp.Diff(map[string]int{"success": n - 100, "fail": 100}, counts(t, tr)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestTrackingChangedSheet: a file that changes between two passes is not taken
// for the one that was read.
func TestTrackingChangedSheet(t *testing.T) {
	tr := newTracking(t, []string{"A"}, map[string]ledger.State{"A": ledger.Created})
	tr.Ask = newAPI(map[string][]lmpi.Reading{"tok-A": {says("success")}}).ask
	if _, err := tr.Read(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(tr.Sheet.Path, []byte(trackHeader+trackRow("B")), 0o600); err != nil {
		t.Fatal(err)
	}
	if stop, err := tr.Do(t.Context()); err != nil || stop == nil || stop.Kind != FileChanged {
		t.Error(stop, err)
	}
	path := filepath.Join(t.TempDir(), "out.csv")
	if _, err := tr.Write(t.Context(), path); err == nil {
		t.Error("written")
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}
