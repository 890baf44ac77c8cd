package batch

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"onboard/pkg/ledger"
	"onboard/pkg/lmpi"
	"onboard/pkg/sheet"
)

// Silence is why questions have no answer.
type Silence struct {
	Reason, Hint string
	Count        int
	Line         int    // of the first; 0 without a sheet
	TraceID      string // of the attempt that created the first
}

// Do asks about every open partner and records each answer. It ends when all
// are through, when ctx does, or when the server should not be asked on.
func (t *Tracking) Do(ctx context.Context) (*Stop, error) {
	intake, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	t.stop, t.quota = stop, newRetryBudget(t.Concurrency)
	open := make(chan *Tracked)
	g, asking := errgroup.WithContext(intake)
	g.Go(func() error {
		defer close(open)
		return t.hand(asking, open)
	})
	for range t.Concurrency {
		g.Go(func() error {
			for r := range open {
				if err := t.ask(asking, r); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := g.Wait()
	var ended *Stop
	if errors.As(err, &ended) { // also when the run was to end anyway
		return ended, nil
	}
	if intake.Err() != nil {
		return stopOf(intake), nil
	}
	return nil, err
}

// hand gives every open partner to whoever is free to ask about it.
func (t *Tracking) hand(ctx context.Context, open chan<- *Tracked) error {
	_, err := t.Read(ctx, func(r *Tracked) error {
		if !r.Open {
			return nil
		}
		next := *r
		next.Row = sheet.Row{Line: r.Row.Line} // the rest of it is not there for long
		select {
		case open <- &next:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	return err
}

// ask asks about one partner until there is an answer or its attempts run out.
func (t *Tracking) ask(ctx context.Context, r *Tracked) error {
	for try := 1; ; try++ {
		a, wait, err := t.attempt(ctx, r, try)
		switch {
		case err != nil:
			return err
		case a.Outcome == lmpi.Told:
			return t.told(r, a)
		case ctx.Err() != nil: // cut off: its last known state stays
			return ctx.Err()
		case a.Stop:
			t.stop(&Stop{Kind: Refused, Reason: a.Reason, Hint: a.Hint})
			return ctx.Err()
		case a.Outcome == lmpi.Rejected || try >= t.MaxAttempts:
			t.unanswered(r, a)
			return nil
		}
		if err := t.pause(ctx, a, wait); err != nil {
			return err
		}
	}
}

// attempt asks once and counts it. A question that was let go before everybody
// was asked to wait, and that has not left yet, begins anew.
func (t *Tracking) attempt(ctx context.Context, r *Tracked, try int) (a lmpi.Reading, wait time.Duration, err error) {
	trace := ""
	for a.Failure = lmpi.FailureHeld; a.Failure == lmpi.FailureHeld; {
		if err := t.Pace.Wait(ctx); err != nil {
			return a, 0, err
		}
		trace = lmpi.NewTraceID()
		a = t.Ask(ctx, r.Token, trace, func() bool { return t.Pace.PausedFor() == 0 })
	}
	answer := lmpi.Answer{Evidence: a.Evidence, Verdict: a.Verdict}
	wait = applyBackPressure(t.Pace, t.Progress, answer, try)
	t.Progress.answered(answer)
	if t.OnAttempt != nil {
		t.OnAttempt(Attempt{Line: r.Row.Line, Number: try, TraceID: trace, Answer: answer})
	}
	return a, wait, nil
}

// told records an answer, and only then counts it.
func (t *Tracking) told(r *Tracked, a lmpi.Reading) error {
	a.State = foreign(a.State)
	err := t.Run.Track(r.Key, ledger.Tracking{State: a.State, Final: a.Final(), PartnerID: a.PartnerID, UserID: a.UserID, CheckedAt: time.Now()})
	if err != nil {
		return lostLedger(err)
	}
	t.Pace.Increase()
	t.quota.refund()
	t.mu.Lock()
	if t.heard == nil {
		t.heard = map[string]int{}
	}
	t.heard[a.State]++
	t.mu.Unlock()
	t.Progress.rows.Add(1)
	return nil
}

// unanswered leaves a partner's last known state as it is.
func (t *Tracking) unanswered(r *Tracked, a lmpi.Reading) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.silent == nil {
		t.silent = map[string]*Silence{}
	}
	s := t.silent[a.Reason]
	if s == nil {
		s = &Silence{Reason: a.Reason, Hint: a.Hint, Line: r.Row.Line, TraceID: r.TraceID}
		t.silent[a.Reason] = s
	}
	s.Count++
	t.Progress.rows.Add(1)
}

// pause comes between two attempts. For a server that asks for one, everybody
// waits already, though for longer than a run has patience for only in a watch:
// its next round keeps to what was asked.
func (t *Tracking) pause(ctx context.Context, a lmpi.Reading, wait time.Duration) error {
	switch {
	case !t.quota.spend():
		t.stop(&Stop{Kind: ServerUnhealthy, Reason: "more questions had to be repeated than one run may repeat; the last one because " + a.Reason,
			Hint: "run the same command again later, with a lower --rate-limit"})
	case wait > retryAfterCap:
		t.Pace.Pause(wait)
		t.stop(waitTooLong(ServerUnhealthy, wait))
	case a.Outcome != lmpi.Unprocessed:
		waitOr(ctx, wait)
	}
	t.Progress.retries.Add(1)
	return ctx.Err()
}

// Heard counts the answers by state.
func (t *Tracking) Heard() map[string]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	counts := make(map[string]int, len(t.heard))
	maps.Copy(counts, t.heard)
	return counts
}

// Silent is how many questions have no answer.
func (t *Tracking) Silent() (n int) {
	for _, s := range t.Silences() {
		n += s.Count
	}
	return n
}

// Silences are the reasons why questions have no answer, the
// commonest first.
func (t *Tracking) Silences() (list []Silence) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.silent {
		list = append(list, *s)
	}
	slices.SortFunc(list, func(a, b Silence) int {
		if a.Count != b.Count {
			return b.Count - a.Count
		}
		return strings.Compare(a.Reason, b.Reason)
	})
	return list
}
