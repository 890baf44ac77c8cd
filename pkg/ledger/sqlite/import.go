package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"onboard/pkg/ledger"
)

func spillPrefix(path string) string { return path + ".spill-" }

// Kept implements [ledger.Run].
func (r *Run) Kept() []ledger.Kept { return r.spill.Kept() }

// restore settles a spilled outcome and reads the row as it stands then.
func (l *Ledger) restore(line ledger.Spilled) (e ledger.Entry, err error) {
	var holder *ledger.Entry
	err = l.write(func() (err error) {
		e, holder, err = l.restored(line)
		return err
	})
	if err == nil && holder != nil {
		err = &ledger.TakenError{Holder: *holder}
	}
	return e, err
}

// restored is restore inside a transaction. A run of another ledger has no rows.
func (l *Ledger) restored(line ledger.Spilled) (e ledger.Entry, holder *ledger.Entry, err error) {
	var number, scope int64
	err = l.conn.QueryRowContext(context.Background(), "SELECT number, scope_id FROM runs WHERE id = ?", line.Run).Scan(&number, &scope)
	if errors.Is(err, sql.ErrNoRows) {
		return e, nil, nil
	}
	if err != nil {
		return e, nil, err
	}
	if _, holder, err = l.settle(scope, number, nil, line.Outcome); err != nil {
		return e, nil, err
	}
	if e, _, err = l.entry(scope, line.Outcome.Key); err != nil || e.Attempt <= line.Outcome.Attempt {
		return e, holder, err
	}
	err = l.conn.QueryRowContext(context.Background(), `SELECT trace_id FROM attempts WHERE attempt = ? AND partner_id = (
		SELECT id FROM partners WHERE scope_id = ? AND key = ?)`, line.Outcome.Attempt, scope, e.Key[:]).Scan(&e.TraceID)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return e, holder, err
}
