package batch

import (
	"fmt"
	"time"

	"onboard/pkg/lmpi"
	"onboard/pkg/pace"
)

// applyBackPressure slows the shared limiter and pauses all workers when the server
// throttles, before the answer is processed; it returns this row's delay.
func applyBackPressure(limiter *pace.Limiter, p *Progress, a lmpi.Answer, try int) time.Duration {
	wait := pace.Backoff(try)
	if a.Outcome != lmpi.Unprocessed && !a.AsksToWait() {
		return wait
	}
	asked := a.HasRetryAfter && a.RetryAfter > 0 // "at once" is what has just failed
	if asked {
		wait = a.RetryAfter
	}
	p.asked.Store(asked)
	limiter.Decrease() // first: the processes that share the rate learn of both at once
	limiter.Pause(min(wait, retryAfterCap))
	p.Over.hold(time.Now(), min(wait, retryAfterCap))
	return wait
}

// retryOrRelease decides what follows an attempt that provably had no effect: another
// attempt when done is false, after the wait, which all rows share.
func (s *Submission) retryOrRelease(j *job, number, try int, a lmpi.Answer, wait time.Duration) (r Result, done bool) {
	if wait > retryAfterCap {
		s.stop(waitTooLong(Refused, wait))
	}
	if try < s.MaxAttempts && !s.budget.spend() {
		s.stop(&Stop{Kind: Refused, Reason: "more requests had to be repeated than one run may repeat; the last one because " + a.Reason,
			Hint: "run the same command again later, with a lower --rate-limit"})
	}
	if try >= s.MaxAttempts {
		s.countExhausted(a)
		return s.releaseClaim(j, number, a, fmt.Sprintf("%s (attempt %d of %d)", a.Reason, try, s.MaxAttempts)), true
	}
	if a.Outcome == lmpi.Unsent {
		s.Progress.unreached.Add(1)
		waitOr(s.intake, wait)
		s.Progress.unreached.Add(-1)
	}
	if s.nextPermit(j) != nil {
		return s.releaseClaim(j, number, a, a.Reason+"; then the run ended: "+s.stopped().Reason), true
	}
	return Result{}, false
}

func waitTooLong(kind StopKind, wait time.Duration) *Stop {
	return &Stop{Kind: kind, Reason: "the server asked to wait for " + longWait(wait),
		Hint: "run the same command again at " + time.Now().Add(wait).UTC().Format("2006-01-02 15:04Z")}
}

// longWait is a wait in words; lmpi counts no further than a hundred hours.
func longWait(d time.Duration) string {
	if d >= 100*time.Hour {
		return "more than 100 hours"
	}
	return d.Round(time.Second).String()
}

// countExhausted stops the run when rows run out of attempts one after the other: the
// next thousand would fare no better.
func (s *Submission) countExhausted(a lmpi.Answer) {
	s.mu.Lock()
	s.exhausted++
	spent := s.exhausted
	s.mu.Unlock()
	if spent >= maxExhaustedInARow {
		s.stop(&Stop{Kind: Refused, Reason: fmt.Sprintf("%d rows in a row could not be sent: %s", spent, a.Reason),
			Hint: "when the connection and the server are well again, run the same command again to continue"})
	}
}
