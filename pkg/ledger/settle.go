package ledger

import (
	"fmt"
	"time"
)

// Outcome is the last word on a claimed partner. Attempt is the number that
// Claim or Retry gave.
type Outcome struct {
	Key         Key
	Attempt     int
	State       State // Created, Rejected, Released or InDoubt
	HTTPStatus  int
	Reason      string
	Token, Link string
	Answer      string    // what arrived and could not be used; for support, it may hold a token
	At          time.Time // when the answer came; zero: now
}

// Settle records the outcome of a claim, durably. Settling the same once more
// is no error. A *SpillError says that the ledger could not take the outcome and
// where it was saved; ErrLost, that the row is no longer in this attempt.
func (r *Run) Settle(o Outcome) error {
	if !o.State.settled() {
		return fmt.Errorf("partner %x cannot be settled as %q", o.Key, o.State)
	}
	now := o.At
	if now.IsZero() {
		now = time.Now()
	}
	lost := false
	err := r.l.write(func() (err error) {
		lost, err = r.l.settle(r.scope, r.number, o, now)
		return err
	})
	if err == nil && lost {
		err = fmt.Errorf("cannot settle attempt %d of partner %x as %s: %w", o.Attempt, o.Key, o.State, ErrLost)
		if o.State != Created { // a token exists nowhere else
			return err
		}
	}
	if err != nil {
		return r.saveSpill(o, now, err)
	}
	return nil
}

// settle is the compare-and-set of Settle. It runs inside a transaction.
func (l *Ledger) settle(scope, owner int64, o Outcome, at time.Time) (lost bool, err error) {
	res, err := l.stmt.settle.Exec(o.State, o.HTTPStatus, o.Reason, o.Token, o.Link, o.Answer, at.UnixMilli(),
		scope, o.Key[:], owner, o.Attempt, o.State)
	if err != nil {
		return false, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return false, err
	}
	return l.differs(scope, owner, o)
}

// differs says whether the ledger holds anything else than this very outcome.
func (l *Ledger) differs(scope, owner int64, o Outcome) (bool, error) {
	e, number, err := l.entry(scope, o.Key)
	same := number == owner && e.Attempt == o.Attempt && e.State == o.State && e.Token == o.Token && e.Link == o.Link
	return !same, err
}
