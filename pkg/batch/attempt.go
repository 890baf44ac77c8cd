package batch

import (
	"context"
	"time"

	"onboard/pkg/crash"
	"onboard/pkg/ledger"
	"onboard/pkg/lmpi"
)

const (
	maxInDoubtInARow   = 3 // rows in doubt, one after the other, that stop a run
	maxExhaustedInARow = 3 // rows out of attempts, one after the other, that stop a run
	retryAfterCap      = 15 * time.Minute
)

// submit sends one row until it has an answer, its attempts run out, or the
// run ends. definite tells whether the server gave a clear answer.
//
// The order of the steps is the heart of the program: wait for the permit,
// claim (durable), sign and send, settle (durable), and only then report.
func (s *Submission) submit(ctx context.Context, j *job) (r Result, definite bool) {
	e, err := s.firstPermit(ctx, j)
	if e.State != "" {
		return s.awaitOtherRun(ctx, j, e)
	}
	if err != nil {
		return s.notSentBy(j), false
	}
	trace := lmpi.NewTraceID()
	e, won, err := s.Run.Claim(ledger.Intent{Key: j.key, Fingerprint: j.fingerprint, Body: j.body, TraceID: trace, Line: j.row.Line})
	if err != nil {
		return s.claimLost(j, err), false
	}
	if !won {
		s.Pace.Return(j.permit)
		return s.awaitOtherRun(ctx, j, e)
	}
	j.sent = e.ClaimedAt
	crash.Point("claimed")
	for try, number := 1, e.Attempt; ; try++ {
		a, wait, err := s.attempt(ctx, j, try, number, trace)
		if err != nil {
			return s.releaseClaim(j, number, lmpi.Answer{}, "the run ended before its turn: "+s.stopped().Reason), false
		}
		if a.Outcome != lmpi.Unsent && a.Outcome != lmpi.Unprocessed {
			return s.settle(j, number, trace, a)
		}
		if r, done := s.retryOrRelease(j, number, try, a, wait); done {
			return r, false
		}
		last := ledger.Attempt{TraceID: trace, HTTPStatus: a.Status, Verdict: a.Outcome.String(), Reason: a.Reason, Bytes: a.BytesWritten, At: time.Now()}
		j.sent = last.At
		trace = lmpi.NewTraceID()
		s.Progress.retries.Add(1)
		if number, err = s.Run.Retry(j.key, number, last, trace); err != nil {
			return s.claimLost(j, err), false
		}
	}
}

// attempt makes one request and counts it. A pause or a stop may begin while the claim
// is being written to disk or the connection is made: then nothing is sent, and the
// request starts over afterwards. wait is the delay before another attempt; an error
// means that the intake ended before anything was sent.
func (s *Submission) attempt(ctx context.Context, j *job, try, number int, trace string) (a lmpi.Answer, wait time.Duration, err error) {
	for a.Failure = lmpi.FailureHeld; a.Failure == lmpi.FailureHeld; {
		if s.intake.Err() != nil || s.Pace.PausedFor() > 0 && s.nextPermit(j) != nil {
			return lmpi.Answer{}, 0, s.intake.Err()
		}
		if err := s.paced(s.Pace.AwaitSend(s.intake, j.permit)); err != nil {
			return lmpi.Answer{}, 0, err
		}
		s.Progress.onWire.Add(1)
		a = s.Send(ctx, j.body, trace, func() bool { return s.Pace.PausedFor() == 0 && s.intake.Err() == nil })
		s.Progress.onWire.Add(-1)
	}
	wait = applyBackPressure(s.Pace, s.Progress, a, try)
	s.Progress.answered(a)
	if s.OnAttempt != nil {
		s.OnAttempt(Attempt{Line: j.row.Line, Number: number, TraceID: trace, Answer: a})
	}
	return a, wait, nil
}

// nextPermit waits for the turn of an attempt that is not the row's first.
func (s *Submission) nextPermit(j *job) (err error) {
	j.permit, err = s.Pace.Acquire(s.intake)
	return s.paced(err)
}

// paced ends the run when the shared rate can't be reserved. Any other error is that of
// a run that has ended.
func (s *Submission) paced(err error) error {
	if err != nil && s.intake.Err() == nil {
		_ = s.ledgerLost(err)
	}
	return err
}
