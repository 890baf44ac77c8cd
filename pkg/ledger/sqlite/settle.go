package sqlite

import (
	"onboard/pkg/ledger"
)

// Settle implements [ledger.Run].
func (r *Run) Settle(o ledger.Outcome) error { return r.Settling(o)() }

// Settling implements [ledger.Run].
func (r *Run) Settling(o ledger.Outcome) (durable func() error) {
	if err := o.Check(); err != nil {
		return func() error { return err }
	}
	lost := false
	written := r.l.queue(func() (err error) {
		var place any // nil: to be looked for
		if id, known := r.open[o.Key]; known {
			place = id
			delete(r.open, o.Key)
		}
		lost, err = r.l.settle(r.scope, r.number, place, o)
		return err
	})
	return func() error {
		err := written()
		return o.Settled(lost, err, r.spill.Save)
	}
}

// Spilled implements [ledger.Run].
func (r *Run) Spilled() ledger.Spillage { return r.spill.Spilled() }

// settle is the compare-and-set of Settle. It runs inside a transaction.
func (l *Ledger) settle(scope, owner int64, place any, o ledger.Outcome) (lost bool, err error) {
	state := string(o.State) // database/sql is slow with types of our own
	res, err := l.stmt.settle.Exec(state, int64(o.HTTPStatus), o.Reason, o.Token, o.Link, o.Answer, o.At.UnixMilli(),
		place, scope, o.Key[:], owner, int64(o.Attempt))
	if err != nil {
		return false, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return false, err
	}
	return l.differs(scope, owner, o)
}

// differs says whether the ledger holds anything else than this very outcome.
func (l *Ledger) differs(scope, owner int64, o ledger.Outcome) (bool, error) {
	e, number, err := l.entry(scope, o.Key)
	return number != owner || !o.Same(&e), err
}
