package batch

import (
	"context"
	"errors"
	"time"

	"onboard/pkg/lmpi"
	"onboard/pkg/pace"
	"onboard/pkg/partner"
)

// ListFunc asks once, over the network, which partners there are, unless ready says no
// when the first byte is due.
type ListFunc func(ctx context.Context, traceID string, ready func() bool, each func(lmpi.Partner)) lmpi.Reading

// Listing finds out which partners there are. It waits for a server that asks to, and
// asks again, as Tracking does.
type Listing struct {
	List        ListFunc
	Pace        *pace.Limiter
	MaxAttempts int
	OnAttempt   func(Attempt)
	OnWait      func(reason string, wait time.Duration)
}

// Names are the keys of all partners' names.
func (l *Listing) Names(ctx context.Context) (map[partner.Key]bool, error) {
	for try := 1; ; try++ {
		names, a, wait, err := l.attempt(ctx, try)
		switch {
		case err != nil:
			return nil, err
		case a.Outcome == lmpi.Told:
			return names, nil
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case a.Outcome != lmpi.Unprocessed || try >= l.MaxAttempts:
			return nil, hinted(a.Reason, a.Hint)
		case wait > retryAfterCap:
			stop := waitTooLong(ServerUnhealthy, wait)
			return nil, hinted(stop.Reason, stop.Hint)
		}
		l.OnWait(a.Reason, wait) // the pace does
	}
}

func hinted(reason, hint string) error {
	if hint != "" {
		reason += "; hint: " + hint
	}
	return errors.New(reason)
}

func (l *Listing) attempt(ctx context.Context, try int) (names map[partner.Key]bool, a lmpi.Reading, wait time.Duration, err error) {
	trace := ""
	for a.Failure = lmpi.FailureHeld; a.Failure == lmpi.FailureHeld; {
		if err := l.Pace.Wait(ctx); err != nil {
			return nil, a, 0, err
		}
		names, trace = map[partner.Key]bool{}, lmpi.NewTraceID()
		a = l.List(ctx, trace, func() bool { return l.Pace.PausedFor() == 0 }, func(p lmpi.Partner) { names[partner.NameKey(p.Name)] = true })
	}
	answer := lmpi.Answer{Evidence: a.Evidence, Verdict: a.Verdict}
	wait = applyBackPressure(l.Pace, &Progress{}, answer, try)
	if l.OnAttempt != nil {
		l.OnAttempt(Attempt{Number: try, TraceID: trace, Answer: answer})
	}
	return names, a, wait, nil
}
