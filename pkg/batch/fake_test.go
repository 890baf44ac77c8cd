package batch

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"onboard/pkg/ledger"
	"onboard/pkg/lmpi"
	"onboard/pkg/pace"
	"onboard/pkg/partner"
	"onboard/pkg/sheet"
)

// bubble runs a test whose clock is simulated: a wait takes no time, and tests of
// minutes are exact to the nanosecond.
func bubble(t *testing.T, name string, test func(*testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

// event is one line of a journal.
type event struct {
	at   time.Duration // since the journal began
	line int           // of the sheet; 0: of no row
	what string
}

// journal notes what happens in a submission, in order.
type journal struct {
	mu     sync.Mutex
	began  time.Time
	events []event
}

func (j *journal) note(line int, what string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events = append(j.events, event{time.Since(j.began), line, what})
}

// of is what happened to a row, as words.
func (j *journal) of(line int) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	var words []string
	for _, e := range j.events {
		if e.line == line {
			words = append(words, e.what)
		}
	}
	return strings.Join(words, " ")
}

// when are the times at which something happened, to any row.
func (j *journal) when(what string) (times []time.Duration) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.events {
		if e.what == what {
			times = append(times, e.at)
		}
	}
	return times
}

// fakeLedger is a ledger.Run in memory. It notes what it is asked and when that is
// durable. The methods that a submission has no use for are those of a nil interface.
type fakeLedger struct {
	ledger.Run
	journal *journal
	delay   time.Duration                      // until a change is durable
	fail    func(step string, line int) error  // of claim, retry, settle, lookup and sweep; nil: none fails
	sweep   func(map[ledger.Key]*ledger.Entry) // what a sweep finds out about other runs

	sweeping atomic.Int32

	mu      sync.Mutex
	entries map[ledger.Key]*ledger.Entry
	polls   []int // how many keys each Lookup was about
}

const (
	ourRun   = "ours"
	otherRun = "other"
)

func (l *fakeLedger) Empty(context.Context) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.entries) == 0, nil
}

func (l *fakeLedger) failing(step string, line int) error {
	if l.fail == nil {
		return nil
	}
	return l.fail(step, line)
}

func (l *fakeLedger) Created(_ context.Context, keys []ledger.Key) ([]ledger.Entry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make([]ledger.Entry, len(keys))
	for i, k := range keys {
		switch e := l.entries[k]; {
		case e == nil:
		case e.State == ledger.Created:
			list[i] = *e
		default:
			list[i].Key = k
		}
	}
	return list, l.failing("created", 0)
}

func (l *fakeLedger) Lookup(_ context.Context, keys []ledger.Key) (map[ledger.Key]ledger.Entry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.polls = append(l.polls, len(keys))
	l.journal.note(0, "lookup")
	known := map[ledger.Key]ledger.Entry{}
	for _, k := range keys {
		if e := l.entries[k]; e != nil {
			known[k] = *e
		}
	}
	return known, l.failing("lookup", 0)
}

func (l *fakeLedger) Sweep(context.Context) error {
	l.sweeping.Add(1)
	defer l.sweeping.Add(-1)
	time.Sleep(l.delay)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sweep != nil {
		l.sweep(l.entries)
	}
	return l.failing("sweep", 0)
}

func (l *fakeLedger) Claim(in ledger.Intent) (ledger.Entry, bool, error) {
	l.journal.note(in.Line, "claim")
	time.Sleep(l.delay)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.failing("claim", in.Line); err != nil {
		l.journal.note(in.Line, "failed")
		return ledger.Entry{}, false, err
	}
	e := l.entries[in.Key]
	if e != nil && e.State != ledger.Released && (e.State != ledger.Rejected || e.Fingerprint == in.Fingerprint) {
		l.journal.note(in.Line, "lost")
		return *e, false, nil
	}
	attempt := 1
	if e != nil {
		attempt += e.Attempt
	}
	l.journal.note(in.Line, "claimed")
	e = &ledger.Entry{Key: in.Key, Fingerprint: in.Fingerprint, Body: in.Body, State: ledger.Sending, Owner: ourRun,
		Attempt: attempt, TraceID: in.TraceID, Line: in.Line, ClaimedAt: time.Now()}
	l.entries[in.Key] = e
	return *e, true, nil
}

// held is our claim on a partner. The caller has the lock.
func (l *fakeLedger) held(key ledger.Key, attempt int) (*ledger.Entry, error) {
	e := l.entries[key]
	if e == nil || e.Owner != ourRun || e.State != ledger.Sending || e.Attempt != attempt {
		return nil, fmt.Errorf("attempt %d is not the latest: %w", attempt, ledger.ErrLost)
	}
	return e, nil
}

// step notes a change that a row's claim goes through, and makes it after the delay.
func (l *fakeLedger) step(key ledger.Key, attempt int, step, what string, change func(*ledger.Entry)) (durable func() error) {
	l.mu.Lock()
	line := 0
	if e := l.entries[key]; e != nil {
		line = e.Line
	}
	l.mu.Unlock()
	l.journal.note(line, what)
	due := time.Now().Add(l.delay)
	return func() error {
		time.Sleep(time.Until(due))
		l.mu.Lock()
		defer l.mu.Unlock()
		err := l.failing(step, line)
		if err == nil {
			var e *ledger.Entry
			if e, err = l.held(key, attempt); err == nil {
				change(e)
				l.journal.note(line, "durable")
				return nil
			}
		}
		l.journal.note(line, "failed")
		return err
	}
}

func (l *fakeLedger) Retry(key ledger.Key, attempt int, last ledger.Attempt, traceID string) (int, error) {
	err := l.step(key, attempt, "retry", "retry", func(e *ledger.Entry) {
		e.Attempt, e.TraceID, e.ClaimedAt, e.Reason = attempt+1, traceID, last.At, last.Reason
	})()
	return attempt + 1, err
}

func (l *fakeLedger) Settling(o ledger.Outcome) func() error {
	return l.step(o.Key, o.Attempt, "settle", string(o.State), func(e *ledger.Entry) {
		e.State, e.Token, e.Link, e.Reason, e.HTTPStatus, e.SettledAt = o.State, o.Token, o.Link, o.Reason, o.HTTPStatus, o.At
	})
}

func (l *fakeLedger) Settle(o ledger.Outcome) error { return l.Settling(o)() }

// set is what another run makes of a partner.
func (l *fakeLedger) set(key ledger.Key, change func(*ledger.Entry)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.entries[key]
	if e == nil {
		e = &ledger.Entry{Key: key, Owner: otherRun, Attempt: 1, TraceID: "other-trace", ClaimedAt: time.Now()}
		l.entries[key] = e
	}
	change(e)
}

func (l *fakeLedger) get(key ledger.Key) ledger.Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e := l.entries[key]; e != nil {
		return *e
	}
	return ledger.Entry{}
}

// call is one attempt, as the server sees it.
type call struct {
	ctx       context.Context
	line, try int
	number    int // of all requests, from 1
}

// fixture is a submission of a sheet of companies to a fake server and a fake
// ledger. A row's company has the number of its line.
type fixture struct {
	*Submission
	*journal
	t       *testing.T
	ledger  *fakeLedger
	rules   *partner.Rules
	path    string                   // of the sheet
	connect time.Duration            // until the first byte of a request is due
	serve   func(c call) lmpi.Answer // nil: everything is created at once
	emit    func(r *Result) error    // nil: no fault
	tries   map[int]int              // by line
	traces  map[string]bool          // all that were sent
	claimed map[int]bool             // by line
	results []Result                 // as they were emitted
	open    int                      // requests without an answer
	most    int                      // of them at a time
	ended   context.CancelFunc       // Ctrl-C for the second time: everything ends now
	enough  context.CancelFunc       // Ctrl-C: no new rows
	ctxs    [2]context.Context       // that they end
}

const fixtureHeader = "company_name,country,data_center,first_name,last_name,email\n"

func company(line int) string { return fmt.Sprintf("Company %d,GB,UK,Ann,Lee,ann@example.com\n", line) }

func companies(n int) string {
	var b strings.Builder
	b.WriteString(fixtureHeader)
	for i := range n {
		b.WriteString(company(i + 2))
	}
	return b.String()
}

// newFixture is of n companies, which stand on the lines from 2 on.
func newFixture(t *testing.T, n int) *fixture {
	t.Helper()
	return newFixtureOf(t, companies(n), func(*fixture) {})
}

// newFixtureOf is of a sheet. before is called before it is planned, to change the
// rules, or what the ledger knows.
func newFixtureOf(t *testing.T, text string, before func(*fixture)) *fixture {
	t.Helper()
	path := filepath.Join(t.TempDir(), "list.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	j := &journal{began: time.Now()}
	f := &fixture{t: t, journal: j, path: path, rules: partner.NewRules(), tries: map[int]int{}, traces: map[string]bool{}, claimed: map[int]bool{},
		ledger: &fakeLedger{journal: j, entries: map[ledger.Key]*ledger.Entry{}}}
	s, err := sheet.Open(path, nil, sheet.Options{Optional: f.rules.HasDefault})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	before(f)
	plan, err := MakePlan(t.Context(), s, f.rules, f.ledger, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	f.Submission = &Submission{Plan: plan, Run: f.ledger, Send: f.send, Pace: pace.New(1e6), Concurrency: 1, MaxAttempts: 5,
		Emit: f.emitted, Progress: &Progress{}}
	var ctx, intake context.Context
	ctx, f.ended = context.WithCancel(t.Context())
	intake, f.enough = context.WithCancel(ctx)
	f.ctxs = [2]context.Context{ctx, intake}
	return f
}

// key is that of the company on a line.
func (f *fixture) key(line int) ledger.Key {
	f.t.Helper()
	return f.keyOf(fmt.Sprint("Company ", line))
}

func (f *fixture) keyOf(name string) ledger.Key {
	f.t.Helper()
	p, problems := f.rules.Check(&partner.Row{CompanyName: name, Country: "GB", DataCenter: "UK", FirstName: "Ann", LastName: "Lee", Email: "ann@example.com"})
	if problems != nil {
		f.t.Fatal(problems)
	}
	return ledger.Key(partner.KeyOf(&p, f.rules.Key))
}

var companyNumber = regexp.MustCompile(`Company (\d+)`)

// send is the network: the first byte is due when there is a connection.
func (f *fixture) send(ctx context.Context, body []byte, trace string, ready func() bool) lmpi.Answer {
	line, err := strconv.Atoi(companyNumber.FindStringSubmatch(string(body))[1])
	if err != nil {
		f.t.Error(err)
	}
	f.note(line, "send")
	time.Sleep(f.connect)
	if !ready() {
		f.note(line, "held")
		return lmpi.Answer{Evidence: lmpi.Evidence{Failure: lmpi.FailureHeld}}
	}
	f.journal.mu.Lock()
	if f.traces[trace] {
		f.t.Errorf("line %d: the trace id %s is sent twice", line, trace)
	}
	f.traces[trace] = true
	number := len(f.traces)
	f.tries[line]++
	try := f.tries[line]
	f.open++
	f.most = max(f.most, f.open)
	f.journal.mu.Unlock()
	begun := time.Now()
	answer := created(line)
	if f.serve != nil {
		answer = f.serve(call{ctx, line, try, number})
	}
	if answer.BytesWritten > 0 && answer.Begun.IsZero() {
		answer.Begun = begun
	}
	answer.Elapsed = time.Since(begun)
	f.journal.mu.Lock()
	f.open--
	f.journal.mu.Unlock()
	f.note(line, "answer")
	return answer
}

func (f *fixture) emitted(r *Result) error {
	f.note(r.Row.Line, "emit:"+string(r.Status))
	f.results = append(f.results, *r)
	if f.emit != nil {
		return f.emit(r)
	}
	return nil
}

// do runs the submission, and then holds it against what is true of each.
func (f *fixture) do() *Stop {
	f.t.Helper()
	stop, err := f.run()
	if err != nil {
		f.t.Errorf("the run ends with the error %v", err)
	}
	return stop
}

func (f *fixture) run() (*Stop, error) {
	f.t.Helper()
	stop, err := f.Do(f.ctxs[0], f.ctxs[1])
	f.check(err == nil)
	f.checkProgress(stop, err)
	return stop, err
}

// rowHistory is all that may happen to a row: it is claimed before it is sent and
// before it is sent again, and settled before it is told, each durably. A claim that
// another run has may be tried more often.
var rowHistory = regexp.MustCompile(`^(claim lost )*` +
	`(claim failed |claim claimed (send held )*(send answer retry durable (send held )*)*` +
	`(send answer retry failed |(send answer )?(created|rejected|released|in_doubt) (durable|failed) ))?` +
	`emit:[a-z_]+ $`)

// check holds the journal against the rules of every run.
func (f *fixture) check(complete bool) {
	f.t.Helper()
	last, claims, definite := 1, 0, 0
	histories := map[int]*strings.Builder{}
	for _, e := range f.events {
		if e.line == 0 {
			continue
		}
		if histories[e.line] == nil {
			histories[e.line] = &strings.Builder{}
		}
		fmt.Fprint(histories[e.line], e.what, " ")
		switch what, _, _ := strings.Cut(e.what, ":"); what {
		case "claim":
			claims++
			f.claimed[e.line] = true
			if most := min(f.Concurrency, 1+definite); claims > most {
				f.t.Errorf("%s: %d rows are on their way, and %d may be", e.at, claims, most)
			}
		case "lost":
			claims--
		case "created", "rejected":
			claims--
			definite++
		case "in_doubt", "released":
			claims--
		case "emit":
			if e.line <= last {
				f.t.Errorf("line %d is told after line %d", e.line, last)
			}
			last = e.line
		}
	}
	if !complete {
		return
	}
	for line, h := range histories {
		if !rowHistory.MatchString(h.String()) {
			f.t.Errorf("line %d: %s", line, h)
		}
	}
	if len(f.results) != f.Plan.Rows {
		f.t.Errorf("%d rows are told of %d", len(f.results), f.Plan.Rows)
	}
}

// checkProgress adds up what whoever draws would have seen at the end.
func (f *fixture) checkProgress(stop *Stop, err error) {
	f.t.Helper()
	n := f.Progress.Read()
	if n.InFlight != 0 || n.OnWire != 0 || n.Unreached != 0 || n.Elsewhere != 0 || f.ledger.sweeping.Load() != 0 {
		f.t.Errorf("something goes on after the end: %+v", n)
	}
	if err == nil && n.Rows != f.Plan.Rows {
		f.t.Errorf("%d rows are counted of %d", n.Rows, f.Plan.Rows)
	}
	if err == nil && n.Sent != f.begun {
		f.t.Errorf("%d rows are counted as sent, and %d were on their way", n.Sent, f.begun)
	}
	total := 0
	for status, count := range n.ByStatus {
		total += count
		if told := f.count(status); err == nil && told != count {
			f.t.Errorf("%d rows are counted as %s, and %d are told", count, status, told)
		}
	}
	if total != n.Rows {
		f.t.Errorf("%d rows have a status, and %d a result", total, n.Rows)
	}
	if retries := len(f.when("retry")); n.Retries != retries {
		f.t.Errorf("%d retries are counted of %d", n.Retries, retries)
	}
	for _, r := range f.results {
		if r.Status != partner.Created && !f.claimed[r.Row.Line] {
			continue
		}
		if r.Row.Text != nil {
			f.t.Errorf("line %d keeps its text, which its request holds", r.Row.Line)
		}
		e := f.ledger.get(f.key(r.Row.Line))
		if e.Owner == ourRun && (e.Fingerprint != sha256.Sum256(e.Body) || !strings.Contains(string(e.Body), fmt.Sprintf("Company %d\"", r.Row.Line)) || e.Line != r.Row.Line) {
			f.t.Errorf("line %d is claimed as %+v", r.Row.Line, e)
		}
		if e.Owner == ourRun && e.State == ledger.Released && "not sent: "+e.Reason != f.problem(r.Row.Line).Message {
			f.t.Errorf("line %d says %s, and the ledger %s", r.Row.Line, f.problem(r.Row.Line).Message, e.Reason)
		}
		if r.Status == partner.Created && (e.State != ledger.Created || e.Token != r.Token || e.Link != r.Link || e.TraceID != r.TraceID || !e.SettledAt.Equal(r.At)) {
			f.t.Errorf("line %d is told as %+v, and the ledger has %+v", r.Row.Line, r, e)
		}
		if r.Status == partner.NotSent && !stop.InvalidatesOutputs() && e.Owner == ourRun && e.State != ledger.Released {
			f.t.Errorf("line %d is not sent, and the ledger has it as %s", r.Row.Line, e.State)
		}
	}
}

func (f *fixture) count(status partner.Status) (n int) {
	for _, r := range f.results {
		if r.Status == status {
			n++
		}
	}
	return n
}

// statuses are those of all rows, in order.
func (f *fixture) statuses() string {
	var words []string
	for _, r := range f.results {
		words = append(words, string(r.Status))
	}
	return strings.Join(words, " ")
}

// sum is how often there is which status.
func (f *fixture) sum() map[partner.Status]int {
	sum := map[partner.Status]int{}
	for _, r := range f.results {
		sum[r.Status]++
	}
	return sum
}

// result is that of a line.
func (f *fixture) result(line int) Result {
	f.t.Helper()
	for _, r := range f.results {
		if r.Row.Line == line {
			return r
		}
	}
	f.t.Fatalf("line %d has no result", line)
	return Result{}
}

// problem is the one of a row that is no fault of a cell.
func (f *fixture) problem(line int) partner.Problem {
	f.t.Helper()
	r := f.result(line)
	if len(r.Problems) != 1 {
		f.t.Fatalf("line %d has the problems %v", line, r.Problems)
	}
	return r.Problems[0]
}

// The answers that a server gives.

func answer(outcome lmpi.Outcome, status int, reason string) lmpi.Answer {
	return lmpi.Answer{Evidence: lmpi.Evidence{Status: status, BytesWritten: 300}, Verdict: lmpi.Verdict{Outcome: outcome, Reason: reason, Hint: "hint of " + reason}}
}

func created(line int) lmpi.Answer {
	a := answer(lmpi.Created, 200, "created")
	a.Token, a.Link = fmt.Sprint("token-", line), fmt.Sprint("https://activation.example/", line)
	return a
}

func rejected() lmpi.Answer { return answer(lmpi.Rejected, 400, "no") }

func inDoubt() lmpi.Answer { return answer(lmpi.InDoubt, 500, "broken") }

func refused() lmpi.Answer {
	a := answer(lmpi.Refused, 401, "bad credentials")
	a.Stop = true
	return a
}

func unsent() lmpi.Answer {
	return lmpi.Answer{Evidence: lmpi.Evidence{Failure: lmpi.FailureDial}, Verdict: lmpi.Verdict{Outcome: lmpi.Unsent, Reason: "no connection"}}
}

func tooMany(retryAfter time.Duration) lmpi.Answer {
	a := answer(lmpi.Unprocessed, 429, "too many")
	a.RetryAfter, a.HasRetryAfter = retryAfter, retryAfter >= 0
	return a
}

var errDisk = errors.New("no space left on device")
