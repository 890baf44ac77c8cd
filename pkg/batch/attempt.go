package batch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"onboard/pkg/crash"
	"onboard/pkg/ledger"
	"onboard/pkg/lmpi"
	"onboard/pkg/pace"
	"onboard/pkg/partner"
)

const (
	doubtsInARow  = 3 // rows in doubt, one after the other, that stop a run
	spentInARow   = 3 // rows out of attempts, one after the other, that stop a run
	retryAfterCap = 15 * time.Minute
)

// submit sends one row until it has an answer, its attempts run out, or the
// run ends. definite tells whether the server gave a clear answer.
//
// The order of the steps is the heart of the program: wait for the permit,
// claim (durable), sign and send, settle (durable), and only then report.
func (s *Submission) submit(ctx context.Context, j *job) (r Result, definite bool) {
	e, err := s.firstTurn(ctx, j)
	if e.State != "" {
		return s.elsewhere(ctx, j, e)
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
		s.Pace.Spare(j.turn)
		return s.elsewhere(ctx, j, e)
	}
	j.sent = e.ClaimedAt
	crash.Point("claimed")
	for try, number := 1, e.Attempt; ; try++ {
		a, wait, err := s.attempt(ctx, j, try, number, trace)
		if err != nil {
			return s.giveBack(j, number, lmpi.Answer{}, "the run ended before its turn: "+s.stopped().Reason), false
		}
		if a.Outcome != lmpi.Unsent && a.Outcome != lmpi.Unprocessed {
			return s.settle(j, number, trace, a)
		}
		if r, done := s.pause(j, number, try, a, wait); done {
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

// attempt makes one request and counts it. Everybody may be asked to wait or to
// stop while the claim is on its way to the disk, or the connection is made: then
// nothing leaves, and the request begins anew afterwards. wait is how long to wait
// before another attempt; an error, that the intake ended before anything left.
func (s *Submission) attempt(ctx context.Context, j *job, try, number int, trace string) (a lmpi.Answer, wait time.Duration, err error) {
	for a.Failure = lmpi.FailureHeld; a.Failure == lmpi.FailureHeld; {
		if s.intake.Err() != nil || s.Pace.Held() > 0 && s.anotherTurn(j) != nil {
			return lmpi.Answer{}, 0, s.intake.Err()
		}
		if err := s.paced(s.Pace.Depart(s.intake, j.turn)); err != nil {
			return lmpi.Answer{}, 0, err
		}
		s.Progress.onWire.Add(1)
		a = s.Send(ctx, j.body, trace, func() bool { return s.Pace.Held() == 0 && s.intake.Err() == nil })
		s.Progress.onWire.Add(-1)
	}
	wait = brake(s.Pace, s.Progress, a, try)
	s.Progress.answered(a)
	if s.OnAttempt != nil {
		s.OnAttempt(Attempt{Line: j.row.Line, Number: number, TraceID: trace, Answer: a})
	}
	return a, wait, nil
}

// brake has everybody wait as an answer asks, before anything else is done with
// it, and says how long.
func brake(everybody *pace.Limiter, p *Progress, a lmpi.Answer, try int) time.Duration {
	wait := pace.Backoff(try)
	if a.Outcome != lmpi.Unprocessed && !a.AsksToWait() {
		return wait
	}
	asked := a.HasRetryAfter && a.RetryAfter > 0 // "at once" is what has just failed
	if asked {
		wait = a.RetryAfter
	}
	p.asked.Store(asked)
	everybody.Slow() // first, so that those who share the pace learn of both at once
	everybody.Hold(min(wait, retryAfterCap))
	p.Over.hold(time.Now(), min(wait, retryAfterCap))
	return wait
}

// pause decides what comes after an attempt that is proven to have had no
// effect: another one when it returns done = false, after everybody's wait.
func (s *Submission) pause(j *job, number, try int, a lmpi.Answer, wait time.Duration) (r Result, done bool) {
	if wait > retryAfterCap {
		s.stop(waitTooLong(Refused, wait))
	}
	if try < s.MaxAttempts && !s.quota.take() {
		s.stop(&Stop{Kind: Refused, Reason: "more requests had to be repeated than one run may repeat; the last one because " + a.Reason,
			Hint: "run the same command again later, with a lower --rate-limit"})
	}
	if try >= s.MaxAttempts {
		s.ranOut(a)
		return s.giveBack(j, number, a, fmt.Sprintf("%s (attempt %d of %d)", a.Reason, try, s.MaxAttempts)), true
	}
	if a.Outcome == lmpi.Unsent {
		s.Progress.unreached.Add(1)
		waitOr(s.intake, wait)
		s.Progress.unreached.Add(-1)
	}
	if s.anotherTurn(j) != nil {
		return s.giveBack(j, number, a, a.Reason+"; then the run ended: "+s.stopped().Reason), true
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

// ranOut stops the run when rows run out of attempts one after the other: the
// next thousand would fare no better.
func (s *Submission) ranOut(a lmpi.Answer) {
	s.mu.Lock()
	s.spent++
	spent := s.spent
	s.mu.Unlock()
	if spent >= spentInARow {
		s.stop(&Stop{Kind: Refused, Reason: fmt.Sprintf("%d rows in a row could not be sent: %s", spent, a.Reason),
			Hint: "when the connection and the server are well again, run the same command again to continue"})
	}
}

// giveBack releases a claim whose attempts had no effect.
func (s *Submission) giveBack(j *job, number int, a lmpi.Answer, why string) Result {
	err := s.Run.Settle(ledger.Outcome{Key: j.key, Attempt: number, State: ledger.Released, HTTPStatus: a.Status, Reason: why})
	if err != nil {
		return s.claimLost(j, err)
	}
	return j.notSent(why, "run the same command again to send it")
}

// settle records an answer that ends the row's way, and only then shows it.
func (s *Submission) settle(j *job, number int, trace string, a lmpi.Answer) (Result, bool) {
	out := ledger.Outcome{Key: j.key, Attempt: number, HTTPStatus: a.Status, Reason: a.Reason}
	r := Result{Row: j.row, TraceID: trace}
	definite := false
	switch a.Outcome {
	case lmpi.Created:
		out.State, out.Token, out.Link, definite = ledger.Created, a.Token, a.Link, true
		r.Status, r.Token, r.Link = partner.Created, a.Token, a.Link
	case lmpi.Rejected:
		out.State, out.Reason, definite = ledger.Rejected, apiWords(a), true
		r.Status = partner.Rejected
		r = r.problem(partner.APIRejected, out.Reason, a.Hint)
	case lmpi.InDoubt:
		out.State, out.Token, out.Link, out.Answer = ledger.InDoubt, a.Token, a.Link, a.Raw
		r.Status, r.At = partner.InDoubt, j.sent
		out.Reason = apiWords(a)
		r = r.problem(partner.InDoubtRow, out.Reason, a.Hint)
	default:
		out.State = ledger.Released
		r = j.notSent(a.Reason, a.Hint)
	}
	s.afterAnswer(a)
	out.At = time.Now()
	if r.Status != partner.InDoubt {
		r.At = out.At
	}
	crash.Point("answered")
	durable := s.Run.Settling(out)
	s.release(j, definite) // the next row's claim goes to the disk together with this outcome
	if err := durable(); err != nil {
		var taken *ledger.TakenError
		if errors.As(err, &taken) {
			return s.contested(j, trace, taken), false
		}
		return s.claimLost(j, err), false
	}
	crash.Point("settled")
	if definite {
		s.Pace.Recover()
		s.quota.pay()
	}
	return r, definite
}

// contested ends the run because the token or link that came for a row is another
// partner's: something on the way mixes answers up, and may have done so before. The
// ledger has put the row in doubt.
func (s *Submission) contested(j *job, trace string, taken *ledger.TakenError) Result {
	h := &taken.Holder
	name := companyOf(h.Body)
	holder := fmt.Sprintf("%s (line %d, sent on %s, trace id %s)", name, h.Line, dayOf(h), h.TraceID)
	s.stop(&Stop{Kind: Refused, Reason: fmt.Sprintf("the answer for line %d (%s, trace id %s) carried the token or link of %s; so that line is in doubt, and the link of %s is under suspicion",
		j.row.Line, companyOf(j.body), trace, holder, name),
		Hint: "pass on neither link before you know from the platform, or from the vendor's support by the trace ids, whose it is; find out what stands between here and the API and mixes up answers. 'onboard status' lists both"})
	r := Result{Row: j.row, Status: partner.InDoubt, TraceID: trace, At: j.sent}
	return r.problem(partner.InDoubtRow, "its answer carried the token or link of another partner: "+holder, "")
}

// afterAnswer stops the run when the answer, or the last three, say so.
func (s *Submission) afterAnswer(a lmpi.Answer) {
	s.mu.Lock()
	s.spent = 0
	switch {
	case a.Outcome != lmpi.InDoubt && (a.Begun.IsZero() || a.Begun.After(s.doubted)):
		s.doubts = 0 // one that left before the first in doubt says nothing about the server since
	case a.Outcome == lmpi.InDoubt:
		if s.doubts++; s.doubts == 1 {
			s.doubted = a.Begun
		}
	}
	doubts := s.doubts
	s.mu.Unlock()
	if a.Stop {
		s.stop(&Stop{Kind: Refused, Reason: a.Reason, Hint: a.Hint})
	} else if doubts >= doubtsInARow {
		s.stop(&Stop{Kind: Refused, Reason: fmt.Sprintf("%d rows in a row are in doubt, the last one because %s", doubts, a.Reason),
			Hint: "find out what is wrong with the server before any more rows are at risk"})
	}
}

// anotherTurn waits for the turn of an attempt that is not the row's first.
func (s *Submission) anotherTurn(j *job) (err error) {
	j.turn, err = s.Pace.Turn(s.intake)
	return s.paced(err)
}

// paced ends the run when whoever divides the pace can't be asked. Any other error
// is that of a run that has ended.
func (s *Submission) paced(err error) error {
	if err != nil && s.intake.Err() == nil {
		_ = s.ledgerLost(err)
	}
	return err
}

// claimLost ends the run because the ledger can't be relied on. What was
// answered is in the ledger's spill file.
func (s *Submission) claimLost(j *job, err error) Result {
	if errors.Is(err, ledger.ErrLost) { // it is about this row alone
		err = fmt.Errorf("line %d: %w", j.row.Line, err)
	}
	_ = s.ledgerLost(err)
	return s.notSentBy(j)
}

// apiWords is what became of a row, with what the API said about it.
func apiWords(a lmpi.Answer) string {
	if a.Message == "" {
		return a.Reason
	}
	return a.Reason + ": " + a.Message
}
