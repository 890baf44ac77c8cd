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
	var lost bool
	var holder *ledger.Entry
	written := r.l.queue(func() (err error) {
		var place any // nil: to be looked for
		if id, known := r.open[o.Key]; known {
			place = id
			delete(r.open, o.Key)
		}
		lost, holder, err = r.l.settle(r.scope, r.number, place, o)
		return err
	})
	return func() error {
		err := written()
		return o.Settled(lost, holder, err, r.spill.Save)
	}
}

// Spilled implements [ledger.Run].
func (r *Run) Spilled() ledger.Spillage { return r.spill.Spilled() }

// settle is the compare-and-set of Settle; holder is another partner that has the
// token or link. It runs inside a transaction.
func (l *Ledger) settle(scope, owner int64, place any, o ledger.Outcome) (lost bool, holder *ledger.Entry, err error) {
	other, err := l.holder(scope, o.Key, o.Token, o.Link)
	if err != nil {
		return false, nil, err
	}
	if other != nil {
		holder = &other.Entry
		o = o.Contested(holder)
	}
	state := string(o.State) // database/sql is slow with types of our own
	res, err := l.stmt.settle.Exec(state, int64(o.HTTPStatus), o.Reason, o.Token, o.Link, o.Answer, o.At.UnixMilli(),
		place, scope, o.Key[:], owner, int64(o.Attempt))
	if err != nil {
		return false, nil, err
	}
	n, err := res.RowsAffected()
	switch {
	case err != nil:
	case n == 1 && other != nil:
		err = l.contest(scope, o.Key, other.id)
	case n == 1:
		err = l.keepTokens(scope, o.Key, place, o.Token, o.Link)
	default:
		lost, err = l.differs(scope, owner, o)
	}
	return lost, holder, err
}

// differs says whether the ledger holds anything else than this very outcome.
func (l *Ledger) differs(scope, owner int64, o ledger.Outcome) (bool, error) {
	e, number, err := l.entry(scope, o.Key)
	return number != owner || !o.Same(&e), err
}
