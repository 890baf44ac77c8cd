package batch

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"onboard/pkg/ledger"
	"onboard/pkg/lmpi"
	"onboard/pkg/pace"
	"onboard/pkg/partner"
	"onboard/pkg/sheet"
)

// StopKind says why a run ended before its end.
type StopKind int

// The kinds of stop.
const (
	Finished    StopKind = iota
	Interrupted          // the operator's signal
	Refused              // the server, or what answers in its place, refuses everything
	LedgerLost           // the ledger can't be written: nothing may be sent or shown
	FileChanged          // the sheet is not the one that was checked
	Troubled             // the server does not get on just now (Tracking alone tells this from Refused)
)

// Stop is why a run ended before its end, as the cause of the cancelled intake.
type Stop struct {
	Kind   StopKind
	Reason string
	Hint   string
	Gone   bool // and with the ledger what it knew: the same command might create all again
}

func (s *Stop) Error() string { return s.Reason }

// Spoils says that the outputs are unfit for use. No stop spoils nothing.
func (s *Stop) Spoils() bool {
	return s != nil && (s.Kind == LedgerLost || s.Kind == FileChanged)
}

// SendFunc makes one attempt over the network, unless ready says no when its first
// byte is due.
type SendFunc func(ctx context.Context, body []byte, traceID string, ready func() bool) lmpi.Answer

// Attempt is one request and what became of it, for the log.
type Attempt struct {
	Line    int
	Number  int // from 1, over all runs
	TraceID string
	Answer  lmpi.Answer
}

// Submission is pass 2: it creates the partners of a plan that no earlier run
// has created.
type Submission struct {
	Plan        *Plan
	Run         ledger.Run
	Send        SendFunc
	Pace        *pace.Limiter
	Concurrency int                 // requests in flight, at most
	MaxAttempts int                 // of one row
	Limit       int                 // rows that are sent, at most; 0: all
	Only        map[ledger.Key]bool // the rows that may be sent; nil: all
	OnAttempt   func(Attempt)
	OnStop      func(*Stop)         // when no further request begins
	Emit        func(*Result) error // called in input order
	Progress    *Progress

	intake  context.Context // ends when no further row may be sent
	stop    context.CancelCauseFunc
	spoiled atomic.Pointer[Stop] // the first stop that Spoils, which may come after another one
	permits chan struct{}        // to be in flight
	ways    chan func()          // to a goroutine that has nothing to do
	going   sync.WaitGroup
	lookout lookout
	quota   *quota
	mu      sync.Mutex
	opened  int       // permits there are
	doubts  int       // rows in doubt, one after the other
	doubted time.Time // when the first of them left
	spent   int       // rows whose attempts ran out, one after the other
	begun   int       // rows handed over for sending
}

// pending is a row that has its result, or one whose result is on its way.
type pending struct {
	result Result
	future chan Result // nil: result is there
}

// wait returns the row's result when it is there.
func (p *pending) wait() *Result {
	if p.future != nil {
		p.result = <-p.future
	}
	return &p.result
}

// orderDepth bounds how many results may wait for an earlier row, in rows:
// enough for the slowest row of a fast run, small beside the file.
const orderDepth = 8192

// Do runs the submission. intake ends gently: rows in flight finish, the rest
// is not sent. ctx ends at once: rows in flight are in doubt. Either way every
// row is emitted; only a LedgerLost or FileChanged stop, or an error, leaves
// the outputs unfit for use.
func (s *Submission) Do(ctx, intake context.Context) (*Stop, error) {
	s.intake, s.stop = context.WithCancelCause(intake)
	defer s.stop(nil)
	if s.OnStop != nil {
		defer context.AfterFunc(s.intake, func() { s.OnStop(s.stopped()) })()
	}
	s.permits = make(chan struct{}, s.Concurrency)
	s.permits <- struct{}{} // the canary: one row alone
	s.opened = 1
	s.Progress.alone.Store(s.Concurrency > 1)
	s.quota = newQuota(s.Concurrency)

	order := make(chan pending, orderDepth)
	s.ways = make(chan func())
	g, walking := errgroup.WithContext(ctx2(ctx))
	g.Go(func() error {
		defer close(order)
		defer close(s.ways)
		return s.dispatch(walking, ctx, order)
	})
	g.Go(func() error {
		for p := range order {
			r := p.wait()
			if err := s.Emit(r); err != nil {
				_ = s.spoil(&Stop{Kind: LedgerLost, Reason: err.Error()})
				return err
			}
		}
		return nil
	})
	err := g.Wait()
	s.going.Wait()
	s.lookout.asking.Wait()
	return s.stopped(), err
}

// ctx2 keeps reading and writing rows although the operator wants to stop:
// rows that are not sent still go into a file.
func ctx2(ctx context.Context) context.Context { return context.WithoutCancel(ctx) }

// stopped is why the run ends, nil while it does not. What spoils it is told rather
// than what ended it before: rows on their way then may lack their answers.
func (s *Submission) stopped() *Stop {
	if spoiled := s.spoiled.Load(); spoiled != nil {
		return spoiled
	}
	return stopOf(s.intake)
}

// spoil ends the run by a stop that Spoils.
func (s *Submission) spoil(stop *Stop) error {
	s.spoiled.CompareAndSwap(nil, stop)
	s.stop(stop)
	return stop
}

// stopOf is why an intake has ended; nil when it has not.
func stopOf(intake context.Context) *Stop {
	if intake.Err() == nil {
		return nil
	}
	var stop *Stop
	if errors.As(context.Cause(intake), &stop) {
		return stop
	}
	return &Stop{Kind: Interrupted, Reason: "the run was interrupted"}
}

// dispatch reads the sheet again and gives every row its future, in order.
func (s *Submission) dispatch(walking, ctx context.Context, order chan<- pending) error {
	n := 0
	w := walker{sheet: s.Plan.Sheet, rules: s.Plan.Rules, run: s.Run, sums: true, seed: s.Plan.seed}
	_, err := w.walk(walking, func(b checkedBlock) error {
		if n >= len(s.Plan.sums) || b.sum != s.Plan.sums[n] {
			return s.fileChanged()
		}
		n++
		for i := range b.rows {
			select {
			case order <- s.start(ctx, &b.rows[i]):
			case <-walking.Done():
				return walking.Err()
			}
		}
		return nil
	})
	var lost *ledgerError
	switch {
	case errors.As(err, &lost):
		return s.ledgerLost(lost)
	case err == nil && n != len(s.Plan.sums):
		return s.fileChanged()
	}
	return err
}

func (s *Submission) fileChanged() error {
	return s.spoil(&Stop{Kind: FileChanged, Reason: s.Plan.Sheet.Name() + " was changed while it was being submitted",
		Hint: "run the same command again: what was created is recorded, and nothing is created twice"})
}

func (s *Submission) ledgerLost(err error) error { return s.spoil(lostLedger(err)) }

// lostLedger gives the ledger's own hint, if it has one: it knows what failed.
func lostLedger(err error) *Stop {
	if errors.Is(err, ledger.ErrGone) { // it can promise nothing any more
		reason, hint, _ := strings.Cut(err.Error(), "; hint: ")
		hint, _, _ = strings.Cut(hint, "; hint: ") // of the answer that was saved
		return &Stop{Kind: LedgerLost, Reason: "nothing more is sent: " + reason, Hint: hint, Gone: true}
	}
	reason, hint := err.Error(), "see that its disk has room and can be written, and run the same command again"
	if i := strings.LastIndex(reason, "; hint: "); i >= 0 {
		reason, hint = reason[:i], reason[i+len("; hint: "):]
	}
	if errors.Is(err, ledger.ErrLost) { // who sent the row again may have created it twice
		return &Stop{Kind: LedgerLost, Reason: "nothing more is sent, as somebody decided about a row that this run was sending, or sent it again: " + reason, Hint: hint}
	}
	return &Stop{Kind: LedgerLost, Reason: "nothing more is sent, as the ledger failed: " + reason,
		Hint: hint + "; what was created is recorded, and nothing is created twice"}
}

// start answers a row at once, or starts it on its way.
func (s *Submission) start(ctx context.Context, c *Checked) pending {
	fixed := fixes(c)
	c.first = s.Plan.lines.first(c.Key)
	r, settled := s.Plan.settled(c)
	if settled {
		r.Fixed = fixed
		s.Progress.done(r.Status)
		return pending{result: r}
	}
	j := newJob(c)
	if r, settled = s.keptBack(&j); settled {
		r.Fixed = fixed
		s.Progress.done(r.Status)
		return pending{result: r}
	}
	s.begun++
	future := make(chan Result, 1)
	s.along(func() {
		s.Progress.inFlight.Add(1)
		r, definite := s.submit(ctx, &j)
		s.Progress.inFlight.Add(-1)
		s.Progress.sent.Add(1)
		s.release(&j, definite)
		r.Fixed = fixed
		s.Progress.done(r.Status)
		future <- r
	})
	return pending{future: future}
}

// along has a row go its way, in a goroutine that an earlier row has left or in a
// new one: to grow a stack for each row costs as much as its signature.
func (s *Submission) along(way func()) {
	select {
	case s.ways <- way:
	default:
		s.going.Go(func() {
			for ok := true; ok; way, ok = <-s.ways {
				way()
			}
		})
	}
}

// keptBack waits for the row's permit, and says why it gets none.
func (s *Submission) keptBack(j *job) (Result, bool) {
	if s.Only != nil && !s.Only[j.key] {
		return j.notSent("this command sends only what was decided to be sent again", "send it with onboard submit"), true
	}
	if s.Limit > 0 && s.begun >= s.Limit {
		return j.notSent(fmt.Sprintf("it comes after the first %d rows, to which --limit kept this run", s.Limit), "run again without --limit"), true
	}
	return s.permit(j)
}

// permit waits until the row may be on its way, or the run ends.
func (s *Submission) permit(j *job) (r Result, kept bool) {
	select {
	case <-s.permits:
	case <-s.intake.Done():
		return s.notSentBy(j), true
	}
	if s.intake.Err() != nil { // both were ready
		s.permits <- struct{}{}
		return s.notSentBy(j), true
	}
	j.released = false
	return Result{}, false
}

// release gives the row's permit back, once, and one more after a definite answer
// until all are open: the canary first, then a slow start.
func (s *Submission) release(j *job, definite bool) {
	if j.released {
		return
	}
	j.released = true
	s.mu.Lock()
	more := definite && s.opened < s.Concurrency
	if more {
		s.opened++
		s.Progress.alone.Store(false)
	}
	s.mu.Unlock()
	s.permits <- struct{}{}
	if more {
		s.permits <- struct{}{}
	}
}

func (s *Submission) notSentBy(j *job) Result {
	stop := s.stopped()
	hint := "run the same command again to continue"
	return j.notSent("the run ended before its turn: "+stop.Reason, hint)
}

// job is one row on its way to the server.
type job struct {
	row         sheet.Row
	company     string
	key         ledger.Key
	fingerprint ledger.Fingerprint
	body        []byte
	released    bool      // its permit
	sent        time.Time // when its latest attempt began, as the ledger has it
	turn        pace.Turn
}

func newJob(c *Checked) job {
	row := *c.Row
	row.Text = nil // the body holds what counts from here on
	return job{row: row, company: c.Partner.At(partner.CompanyName), key: c.Key, body: c.body, fingerprint: c.fingerprint}
}

func (j *job) notSent(why, hint string) Result {
	return Result{Row: j.row, Status: partner.NotSent}.problem(partner.NotSentRow, "not sent: "+why, hint)
}

// answered says what an entry of the ledger means for a row. settled is false
// when the row may be claimed, or when somebody else is about to settle it.
func (j *job) answered(e *ledger.Entry) (r Result, settled bool) {
	r = Result{Row: j.row, TraceID: e.TraceID, At: e.SettledAt}
	same := e.Fingerprint == j.fingerprint
	switch e.State {
	case ledger.Created:
		switch {
		case !same:
			r.Status = partner.Duplicate
			day := dayOf(e)
			return r.problem(partner.DuplicateRow, "this partner was created on "+day+" with other details: "+differing(e.Body, j.body),
				"created on "+day+"; put the row back as it was then to get its link again, or leave it out"), true
		case e.Token == "" || e.Link == "": // an operator found it on the platform, and has no link
			r.Status = partner.Duplicate
			return r.problem(partner.DuplicateRow, "this partner was created, but its "+unknown(e)+" not known ("+e.Reason+")",
				"created on "+dayOf(e)+"; ask the vendor's support for it, with the trace id "+e.TraceID), true
		}
		r.Status, r.Token, r.Link = partner.AlreadyCreated, e.Token, e.Link
		return r, true
	case ledger.InDoubt:
		r.Status, r.At, r.Doubt, r.Company = partner.InDoubt, e.ClaimedAt, e, strings.Clone(j.company) // which is kept longer than its block
		return r.problem(partner.InDoubtRow, e.Reason, ""), true
	case ledger.Rejected:
		r.Status = partner.Rejected
		return r.problem(partner.APIRejected, e.Reason, "unchanged since the API said no: correct the row first"), same
	}
	return Result{}, false
}

// unknown is what a created partner lacks, with its verb.
func unknown(e *ledger.Entry) string {
	switch {
	case e.Token != "":
		return "link is"
	case e.Link != "":
		return "token is"
	}
	return "token and link are"
}

// dayOf is when the request left: the outcome may be an operator's decision, days later.
func dayOf(e *ledger.Entry) string { return e.ClaimedAt.Format("2006-01-02") }

func waitOr(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
