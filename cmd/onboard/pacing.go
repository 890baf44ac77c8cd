package main

import (
	"context"
	"sync"
	"time"

	"onboard/pkg/ledger"
	"onboard/pkg/pace"
)

// newPace is the pace of a run: its own, or its part of the one that all have who
// share the ledger and the account.
func (s *submission) newPace() *pace.Limiter {
	limiter := pace.New(s.perSecond)
	shared, ok := s.ledgerRun.(ledger.Shared)
	if !ok {
		return limiter
	}
	var once sync.Once
	limiter.Share(func(ctx context.Context, rate float64, n int) (time.Time, time.Duration, error) {
		slots, err := shared.Reserve(ctx, rate, n)
		if err == nil && slots.Rate < rate && !s.quiet {
			once.Do(func() {
				s.say("Another run with this account keeps to a lower pace, and the lowest counts: %.3g/s for all together.", slots.Rate)
			})
		}
		return slots.First, slots.Every, err
	}, shared.Hold)
	shared.OnHold(func(d time.Duration) {
		known := limiter.PausedFor()
		if limiter.ApplyRemotePause(d); d > known+unheard {
			s.log.held(d)
		}
	})
	return limiter
}

// away is for how long the ledger has not answered; a file always does.
func (s *submission) away() time.Duration {
	if shared, ok := s.ledgerRun.(ledger.Shared); ok {
		return shared.Away()
	}
	return 0
}

// hurries has a ledger that may be away be waited for no longer, once the run is to
// stop at once.
func (s *submission) hurries(now context.Context) (stop func() bool) {
	if shared, ok := s.ledgerRun.(ledger.Shared); ok {
		return context.AfterFunc(now, shared.Hurry)
	}
	return func() bool { return false }
}

// unheard is by how much a pause is longer than what is left of one that is known.
const unheard = 100 * time.Millisecond
