package batch

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/ledger"
	"onboard/pkg/lmpi"
	"onboard/pkg/pace"
	"onboard/pkg/partner"
)

// TestOrderOfSteps: a row is claimed before it is sent, settled before it is told, and
// each is durable before the next begins.
func TestOrderOfSteps(t *testing.T) {
	for name, tt := range map[string]struct {
		answers []lmpi.Answer
		want    string
		problem string
	}{
		"created":  {[]lmpi.Answer{created(2)}, "claim claimed send answer created durable emit:created", ""},
		"rejected": {[]lmpi.Answer{rejected()}, "claim claimed send answer rejected durable emit:rejected", "no; hint of no"},
		"in doubt": {[]lmpi.Answer{inDoubt()}, "claim claimed send answer in_doubt durable emit:in_doubt", "broken; hint of broken"},
		"refused":  {[]lmpi.Answer{refused()}, "claim claimed send answer released durable emit:not_sent", "not sent: bad credentials; hint of bad credentials"},
		"repeated": {[]lmpi.Answer{unsent(), tooMany(time.Second), created(2)},
			"claim claimed send answer retry durable send answer retry durable send answer created durable emit:created", ""},
		"exhausted": {[]lmpi.Answer{unsent(), tooMany(time.Second), unsent()},
			"claim claimed send answer retry durable send answer retry durable send answer released durable emit:not_sent",
			"not sent: no connection (attempt 3 of 3); run the same command again to send it"},
	} {
		bubble(t, name, func(t *testing.T) {
			f := newFixture(t, 1)
			f.MaxAttempts, f.ledger.delay = 3, 30*time.Millisecond
			f.serve = func(c call) lmpi.Answer {
				time.Sleep(time.Second)
				return tt.answers[c.try-1]
			}
			f.do()
			if got := f.of(2); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if tt.problem == "" {
				return
			}
			if p := f.problem(2); p.Message+"; "+p.Hint != tt.problem || p.Line != 2 {
				t.Errorf("line %d: %s; %s, want %s", p.Line, p.Message, p.Hint, tt.problem)
			}
		})
	}
}

// TestLedgerHasWhatIsTold: what is settled, attempted and told of a row agrees.
func TestLedgerHasWhatIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 2)
		var outcomes []ledger.Outcome
		f.Run = &watchedLedger{f.ledger, &outcomes, nil}
		var attempts []Attempt
		f.OnAttempt = func(a Attempt) { attempts = append(attempts, a) }
		f.serve = func(c call) lmpi.Answer {
			time.Sleep(time.Second)
			if c.line == 2 {
				a := rejected()
				a.Message = "a word of the API"
				return a
			}
			a := inDoubt()
			a.Token, a.Link, a.Raw = "a-token", "half a link", "what came"
			return a
		}
		began := time.Now()
		f.do()
		if len(attempts) != 2 || attempts[0].Line != 2 || attempts[0].Number != 1 || attempts[1].Answer.Raw != "what came" ||
			attempts[0].TraceID != f.result(2).TraceID || attempts[1].TraceID != f.result(3).TraceID {
			t.Errorf("the attempts are %+v", attempts)
		}
		want := []ledger.Outcome{
			{Key: f.key(2), Attempt: 1, State: ledger.Rejected, HTTPStatus: 400, Reason: "no: a word of the API", At: began.Add(time.Second)},
			{Key: f.key(3), Attempt: 1, State: ledger.InDoubt, HTTPStatus: 500, Reason: "broken", Token: "a-token", Link: "half a link", Answer: "what came", At: began.Add(2 * time.Second)}}
		if diff := cmp.Diff(want, outcomes); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if r := f.result(2); !r.At.Equal(began.Add(time.Second)) || r.Problems[0].Message != "no: a word of the API" {
			t.Errorf("line 2: %+v", r)
		}
		if r := f.result(3); !r.At.Equal(began.Add(time.Second)) { // when the attempt began
			t.Errorf("line 3: %+v", r)
		}
	})
}

// watchedLedger keeps what it is told.
type watchedLedger struct {
	*fakeLedger
	outcomes *[]ledger.Outcome
	retries  *[]ledger.Attempt
}

func (l *watchedLedger) Settle(o ledger.Outcome) error { return l.Settling(o)() }

func (l *watchedLedger) Settling(o ledger.Outcome) func() error {
	*l.outcomes = append(*l.outcomes, o)
	return l.fakeLedger.Settling(o)
}

func (l *watchedLedger) Retry(key ledger.Key, attempt int, last ledger.Attempt, traceID string) (int, error) {
	*l.retries = append(*l.retries, last)
	return l.fakeLedger.Retry(key, attempt, last, traceID)
}

// TestRetryIsRecorded: how an attempt ended is in the ledger before the next begins,
// and the row in doubt afterwards tells when its latest attempt began.
func TestRetryIsRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 1)
		var outcomes []ledger.Outcome
		var retries []ledger.Attempt
		f.Run = &watchedLedger{f.ledger, &outcomes, &retries}
		var traces []string
		f.OnAttempt = func(a Attempt) {
			traces = append(traces, a.TraceID)
			if a.Number != len(traces) {
				t.Errorf("attempt %d has the number %d", len(traces), a.Number)
			}
		}
		f.serve = func(c call) lmpi.Answer {
			time.Sleep(time.Second)
			if c.try == 1 {
				return tooMany(10 * time.Second)
			}
			return inDoubt()
		}
		began := time.Now()
		f.do()
		at := began.Add(11 * time.Second)
		want := []ledger.Attempt{{TraceID: traces[0], HTTPStatus: 429, Verdict: "unprocessed", Reason: "too many", Bytes: 300, At: at}}
		if diff := cmp.Diff(want, retries); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if r := f.result(2); !r.At.Equal(at) || r.TraceID != traces[1] || outcomes[0].Attempt != 2 {
			t.Errorf("told as %+v, recorded as %+v", r, outcomes)
		}
	})
}

// TestSlowStart: one row alone until there is a definite answer, and one more at a time
// after each, up to Concurrency. That there are never more is held for every run.
func TestSlowStart(t *testing.T) {
	for _, tt := range []struct {
		name        string
		concurrency int
		answer      func(line int) lmpi.Answer
		want        []int // requests that begin in each second
	}{
		{"created", 4, created, []int{1, 2, 4, 4, 4, 4, 1}},
		{"rejected", 4, func(int) lmpi.Answer { return rejected() }, []int{1, 2, 4, 4, 4, 4, 1}},
		{"one at a time", 1, created, []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
		{"two", 2, created, []int{1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1}},
		{"three", 3, created, []int{1, 2, 3, 3, 3, 3, 3, 2}},
		{"a doubt proves nothing", 4, func(line int) lmpi.Answer {
			if line <= 3 {
				return inDoubt()
			}
			return created(line)
		}, []int{1, 1, 1, 2, 4, 4, 4, 3}},
		{"nor does what was not sent", 4, func(line int) lmpi.Answer {
			if line <= 3 {
				return unsent()
			}
			return created(line)
		}, []int{1, 1, 1, 2, 4, 4, 4, 3}},
	} {
		bubble(t, tt.name, func(t *testing.T) {
			f := newFixture(t, 20)
			f.Concurrency, f.MaxAttempts = tt.concurrency, 1
			got := make([]int, len(tt.want))
			f.serve = func(c call) lmpi.Answer {
				second := int(time.Since(f.journal.began) / time.Second)
				f.journal.mu.Lock()
				got[second]++
				f.journal.mu.Unlock()
				definite := 0
				for i := range second {
					definite += got[i]
				}
				alone := f.Concurrency > 1 && !strings.Contains(strings.Join(f.states(), " "), "created") && !strings.Contains(strings.Join(f.states(), " "), "rejected")
				if f.Progress.Read().Alone != alone {
					t.Errorf("in second %d: alone is %v", second, !alone)
				}
				time.Sleep(time.Second)
				return tt.answer(c.line)
			}
			f.do()
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if want := min(tt.concurrency, 4); f.most != want {
				t.Errorf("%d requests at a time, want %d", f.most, want)
			}
		})
	}
}

// states are those in which rows were settled so far.
func (j *journal) states() (states []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.events {
		if s := ledger.State(e.what); s.Settled() {
			states = append(states, e.what)
		}
	}
	return states
}

// TestClaimGoesWithOutcome: the next row is claimed while the outcome of the one before
// is on its way to the disk, and told only when it is there.
func TestClaimGoesWithOutcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 3)
		f.ledger.delay = 10 * time.Millisecond
		f.do()
		ms := func(n ...int) (times []time.Duration) {
			for _, i := range n {
				times = append(times, time.Duration(i)*time.Millisecond)
			}
			return times
		}
		if diff := cmp.Diff(ms(0, 10, 20), f.when("claim")); diff != "" {
			t.Errorf("claims (-want +got)\n%s", diff)
		}
		if diff := cmp.Diff(ms(20, 30, 40), f.when("emit:created")); diff != "" {
			t.Errorf("results (-want +got)\n%s", diff)
		}
	})
}

// TestPermitBeforeClaim: a row is claimed when the pace lets it go, and not before.
func TestPermitBeforeClaim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 20)
		f.Concurrency, f.Pace = 8, pace.New(2)
		f.Pace.Pause(10 * time.Second)
		f.serve = func(c call) lmpi.Answer {
			if c.number == 14 {
				f.enough()
			}
			time.Sleep(3 * time.Second)
			return created(c.line)
		}
		stop := f.do()
		claims := f.when("claim")
		for i, at := range claims {
			if earliest := 10*time.Second + time.Duration(i)*500*time.Millisecond; at < earliest {
				t.Errorf("claim %d comes after %s, before its permit at %s", i, at, earliest)
			}
		}
		if sends := f.when("send"); len(sends) != 14 || len(claims) != 14 || stop == nil || stop.Kind != Interrupted {
			t.Errorf("%d rows are claimed, %d sent: %v", len(claims), len(sends), stop)
		}
	})
}

// TestDeparturesKeepThePace: rows that a slow disk lets go of together still leave at
// the pace.
func TestDeparturesKeepThePace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 40)
		f.Concurrency, f.Pace = 16, pace.New(4)
		disk := time.Now().Add(12 * time.Second)
		f.Run = &stalledLedger{f.ledger, time.Now().Add(8 * time.Second), disk}
		f.serve = func(c call) lmpi.Answer { time.Sleep(2 * time.Second); return created(c.line) }
		f.do()
		sends := f.when("send")
		for i := range sends {
			if i >= 4 && sends[i]-sends[i-4] < time.Second {
				t.Errorf("sends %d to %d are within %s", i-4, i, sends[i]-sends[i-4])
			}
		}
	})
}

// stalledLedger takes no claim for a while.
type stalledLedger struct {
	*fakeLedger
	from, until time.Time
}

func (l *stalledLedger) Claim(in ledger.Intent) (ledger.Entry, bool, error) {
	if time.Now().After(l.from) {
		time.Sleep(time.Until(l.until))
	}
	return l.fakeLedger.Claim(in)
}

// TestWhatIsNotSent: rows that this run is not to send, or that the sheet itself
// settles, cost neither a claim nor a request.
func TestWhatIsNotSent(t *testing.T) {
	for _, tt := range []struct {
		name string
		edit func(*fixture)
		want string
		line int // whose problem is
		says string
	}{
		{"all", func(*fixture) {}, "created created created created", 0, ""},
		{"limit", func(f *fixture) { f.Limit = 2 }, "created created not_sent not_sent", 4,
			"not sent: it comes after the first 2 rows, to which --limit kept this run; run again without --limit"},
		{"limit of all", func(f *fixture) { f.Limit = 4 }, "created created created created", 0, ""},
		{"only", func(f *fixture) { f.Only = map[ledger.Key]bool{f.key(3): true} }, "not_sent created not_sent not_sent", 2,
			"not sent: this command sends only what was decided to be sent again; send it with onboard submit"},
		{"only none", func(f *fixture) { f.Only = map[ledger.Key]bool{} }, "not_sent not_sent not_sent not_sent", 0, ""},
		{"limit counts what is sent", func(f *fixture) {
			f.Limit = 1
			f.Only = map[ledger.Key]bool{f.key(4): true, f.key(5): true}
		}, "not_sent not_sent created not_sent", 5, "not sent: it comes after the first 1 rows, to which --limit kept this run; run again without --limit"},
	} {
		bubble(t, tt.name, func(t *testing.T) {
			f := newFixture(t, 4)
			f.Concurrency = 2
			tt.edit(f)
			if stop := f.do(); stop != nil {
				t.Error(stop)
			}
			if got := f.statuses(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if sent := f.count(partner.Created); len(f.when("claim")) != sent || len(f.when("send")) != sent {
				t.Errorf("%d rows are created, %d claimed, %d sent", sent, len(f.when("claim")), len(f.when("send")))
			}
			if tt.line > 0 {
				if p := f.problem(tt.line); p.Message+"; "+p.Hint != tt.says || p.Line != tt.line {
					t.Errorf("line %d says %s; %s", p.Line, p.Message, p.Hint)
				}
			}
		})
	}
}

// TestSheetSettles: duplicates and invalid rows are told in their places, and the
// corrections of a row stay with it.
func TestSheetSettles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixtureOf(t, fixtureHeader+company(2)+company(2)+strings.Replace(company(5), "GB", "??", 1)+company(5), func(*fixture) {})
		f.Limit = 2
		f.do()
		if got := f.statuses(); got != "created duplicate invalid created" {
			t.Error(got)
		}
		if p := f.problem(3); !strings.HasPrefix(p.Message, "the same partner stands on line 2") {
			t.Error(p)
		}
	})
}

// TestFixedStaysWithTheRow: what was corrected is told of a row whatever becomes of it.
func TestFixedStaysWithTheRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixtureOf(t, strings.ReplaceAll(companies(3), "GB", "United Kingdom"), func(f *fixture) {
			f.rules.Fix = true
			f.ledger.set(f.key(2), func(e *ledger.Entry) { e.State, e.Reason = ledger.InDoubt, "earlier" })
		})
		f.Limit = 1
		f.do()
		if got := f.statuses(); got != "in_doubt created not_sent" {
			t.Error(got)
		}
		for _, r := range f.results {
			if len(r.Fixed) != 1 || r.Fixed[0].Code != partner.Fixed {
				t.Errorf("line %d: the corrections are %v", r.Row.Line, r.Fixed)
			}
		}
	})
}

// TestResultsInOrder: however long each answer takes, rows are told in the order of the
// sheet, as soon as all before them are.
func TestResultsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 60)
		f.Concurrency = 6
		f.serve = func(c call) lmpi.Answer {
			time.Sleep(time.Duration(c.line*7919%13) * time.Second)
			return created(c.line)
		}
		f.do()
		if n := f.count(partner.Created); n != 60 || f.most != 6 {
			t.Errorf("%d are created, %d at a time", n, f.most)
		}
	})
}

// manyBlocks lets a walk hold all blocks of a long sheet in memory: those that wait for
// room in it wait for a mutex, at which a simulated clock stands still.
func manyBlocks(t *testing.T) {
	before := runtime.GOMAXPROCS(32)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
}

// TestOneSlowRow: a row that takes long holds up what is told, and with it only as many
// rows as may wait for it.
func TestOneSlowRow(t *testing.T) {
	manyBlocks(t)
	synctest.Test(t, func(t *testing.T) {
		const n = orderDepth + 1000
		f := newFixture(t, n)
		f.Concurrency = 4
		ahead := 0
		f.serve = func(c call) lmpi.Answer {
			if c.line == 3 {
				time.Sleep(time.Hour)
				ahead = len(f.when("claim"))
				if told := len(f.when("emit:created")); told != 1 {
					t.Errorf("%d rows are told before the one that is slow", told)
				}
			}
			return created(c.line)
		}
		f.do()
		if f.count(partner.Created) != n || ahead < orderDepth || ahead > orderDepth+5 {
			t.Errorf("%d are created, %d of them before the slow one is told", f.count(partner.Created), ahead)
		}
	})
}

// TestEmitFails: when a result can't be written, the run ends, and its outputs are
// unfit for use.
func TestEmitFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 50)
		f.Concurrency = 2
		full := errors.New("the disk is full")
		f.emit = func(r *Result) error {
			if r.Row.Line == 5 {
				return full
			}
			return nil
		}
		f.serve = func(c call) lmpi.Answer {
			time.Sleep(time.Second)
			if c.line == 6 { // is still on its way
				time.Sleep(time.Minute)
			}
			return created(c.line)
		}
		stop, err := f.run()
		if !errors.Is(err, full) || stop == nil || stop.Kind != LedgerLost || stop.Reason != full.Error() || !stop.InvalidatesOutputs() {
			t.Errorf("%v, %+v", err, stop)
		}
		if len(f.results) != 4 || len(f.when("send")) > 6 {
			t.Errorf("%d results, %d requests", len(f.results), len(f.when("send")))
		}
	})
}

// TestFileChanged: a sheet that is not the one that was planned ends the run before a
// row of the part that differs is sent.
func TestFileChanged(t *testing.T) {
	text := companies(3000) // some blocks
	for name, tt := range map[string]struct {
		text string
		sent bool // something before the part that differs
	}{
		"first row":   {strings.Replace(text, "Company 2,", "Company X,", 1), false},
		"last row":    {strings.Replace(text, "Company 3001,", "Company 9999,", 1), true},
		"longer":      {text + strings.Repeat(company(5000), 3000), true},
		"shorter":     {text[:70<<10][:strings.LastIndex(text[:70<<10], "\n")+1], true},
		"no row":      {fixtureHeader, false},
		"more blocks": {text, true},
	} {
		bubble(t, name, func(t *testing.T) {
			f := newFixture(t, 3000)
			f.Concurrency = 4
			if name == "more blocks" { // as if it had ended with the first
				f.Plan.sums = f.Plan.sums[:1]
			}
			if err := os.WriteFile(f.path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			stop, err := f.run()
			if stop == nil || stop.Kind != FileChanged || !stop.InvalidatesOutputs() || !errors.Is(err, stop) || !strings.HasSuffix(stop.Reason, "list.csv was changed while it was being submitted") ||
				stop.Hint != "run the same command again: what was created is recorded, and nothing is created twice" {
				t.Errorf("%+v, %v", stop, err)
			}
			if sent := len(f.when("send")) > 0; sent != tt.sent {
				t.Errorf("%d rows are sent", len(f.when("send")))
			}
			for line := range f.tries {
				if line > 3001 || !strings.Contains(text, fmt.Sprintf("Company %d,", line)) {
					t.Errorf("line %d is sent", line)
				}
			}
		})
	}
}

// TestSheetThatCannotBeRead: the error of pass 2 is the sheet's own.
func TestSheetThatCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 3)
		if err := os.Remove(f.path); err != nil {
			t.Fatal(err)
		}
		if err := f.Plan.Sheet.Close(); err != nil {
			t.Fatal(err)
		}
		if stop, err := f.run(); stop.InvalidatesOutputs() || err == nil || len(f.results) != 0 {
			t.Errorf("%v, %v, %d results", stop, err, len(f.results))
		}
	})
}

// TestNothingToStop: OnStop is called once when the run ends early, and not otherwise.
func TestNothingToStop(t *testing.T) {
	for _, early := range []bool{false, true} {
		bubble(t, fmt.Sprint(early), func(t *testing.T) {
			f := newFixture(t, 5)
			var stops []*Stop
			f.OnStop = func(s *Stop) { stops = append(stops, s) }
			f.serve = func(c call) lmpi.Answer {
				if early {
					return refused()
				}
				return created(c.line)
			}
			stop := f.do()
			synctest.Wait()
			if early && (len(stops) != 1 || stops[0] != stop) || !early && (stop != nil || len(stops) != 0) {
				t.Errorf("%v, told as %v", stop, stops)
			}
		})
	}
}
