package batch

import (
	"errors"
	"fmt"
	"time"

	"onboard/pkg/crash"
	"onboard/pkg/ledger"
	"onboard/pkg/lmpi"
	"onboard/pkg/partner"
)

// releaseClaim releases a claim whose attempts had no effect.
func (s *Submission) releaseClaim(j *job, number int, a lmpi.Answer, why string) Result {
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
	s.noteHealth(a)
	out.At = time.Now()
	if r.Status != partner.InDoubt {
		r.At = out.At
	}
	crash.Point("answered")
	durable := s.Run.Settling(out)
	s.releaseSlot(j, definite) // the next row's claim goes to the disk together with this outcome
	if err := durable(); err != nil {
		var taken *ledger.TakenError
		if errors.As(err, &taken) {
			return s.tokenTaken(j, trace, taken), false
		}
		return s.claimLost(j, err), false
	}
	crash.Point("settled")
	if definite {
		s.Pace.Increase()
		s.budget.refund()
	}
	return r, definite
}

// tokenTaken ends the run because the token or link that came for a row is another
// partner's: something on the way mixes answers up, and may have done so before. The
// ledger has put the row in doubt.
func (s *Submission) tokenTaken(j *job, trace string, taken *ledger.TakenError) Result {
	h := &taken.Holder
	name := companyOf(h.Body)
	holder := fmt.Sprintf("%s (line %d, sent on %s, trace id %s)", name, h.Line, dayOf(h), h.TraceID)
	s.stop(&Stop{Kind: Refused, Reason: fmt.Sprintf("the answer for line %d (%s, trace id %s) carried the token or link of %s; so that line is in doubt, and the link of %s is under suspicion",
		j.row.Line, companyOf(j.body), trace, holder, name),
		Hint: "pass on neither link before you know from the platform, or from the vendor's support by the trace ids, whose it is; find out what stands between here and the API and mixes up answers. 'onboard status' lists both"})
	r := Result{Row: j.row, Status: partner.InDoubt, TraceID: trace, At: j.sent}
	return r.problem(partner.InDoubtRow, "its answer carried the token or link of another partner: "+holder, "")
}

// noteHealth stops the run when the answer, or the last three, say so.
func (s *Submission) noteHealth(a lmpi.Answer) {
	s.mu.Lock()
	s.exhausted = 0
	switch {
	case a.Outcome != lmpi.InDoubt && (a.Begun.IsZero() || a.Begun.After(s.doubted)):
		s.consecutiveInDoubt = 0 // one that left before the first in doubt says nothing about the server since
	case a.Outcome == lmpi.InDoubt:
		if s.consecutiveInDoubt++; s.consecutiveInDoubt == 1 {
			s.doubted = a.Begun
		}
	}
	doubts := s.consecutiveInDoubt
	s.mu.Unlock()
	if a.Stop {
		s.stop(&Stop{Kind: Refused, Reason: a.Reason, Hint: a.Hint})
	} else if doubts >= maxInDoubtInARow {
		s.stop(&Stop{Kind: Refused, Reason: fmt.Sprintf("%d rows in a row are in doubt, the last one because %s", doubts, a.Reason),
			Hint: "find out what is wrong with the server before any more rows are at risk"})
	}
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
