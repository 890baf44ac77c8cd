package batch

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"onboard/pkg/ledger"
	"onboard/pkg/lmpi"
	"onboard/pkg/pace"
)

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

	intake             context.Context // ends when no further row may be sent
	stop               context.CancelCauseFunc
	invalidated        atomic.Pointer[Stop] // the first stop that invalidates the outputs; it may come after another one
	slots              chan struct{}        // one for each row that may be in flight
	tasks              chan func()          // to an idle worker
	workers            sync.WaitGroup
	watcher            claimWatcher
	budget             *retryBudget
	mu                 sync.Mutex
	window             int       // slots there are: the slow start opens it up to Concurrency
	consecutiveInDoubt int       // rows in doubt, one after the other
	doubted            time.Time // when the first of them was sent
	exhausted          int       // rows whose attempts ran out, one after the other
	begun              int       // rows handed over for sending
}

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
	s.slots = make(chan struct{}, s.Concurrency)
	s.slots <- struct{}{} // the canary: one row alone
	s.window = 1
	s.Progress.alone.Store(s.Concurrency > 1)
	s.budget = newRetryBudget(s.Concurrency)

	order := make(chan pending, orderDepth)
	s.tasks = make(chan func())
	g, walking := errgroup.WithContext(detached(ctx))
	g.Go(func() error {
		defer close(order)
		defer close(s.tasks)
		return s.dispatch(walking, ctx, order)
	})
	g.Go(func() error {
		for p := range order {
			r := p.wait()
			if err := s.Emit(r); err != nil {
				_ = s.invalidate(&Stop{Kind: LedgerLost, Reason: err.Error()})
				return err
			}
		}
		return nil
	})
	err := g.Wait()
	s.workers.Wait()
	s.watcher.pollers.Wait()
	return s.stopped(), err
}

// detached ignores cancellation: rows that are not sent must still be written.
func detached(ctx context.Context) context.Context { return context.WithoutCancel(ctx) }

func waitOr(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
