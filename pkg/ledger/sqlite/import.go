package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"onboard/pkg/ledger"
)

func spillPrefix(path string) string { return path + ".spill-" }

// restoreAll settles what a run spilled, in one transaction. It refuses the file
// when something would be lost with it.
func (l *Ledger) restoreAll(lines []ledger.Spilled) error {
	var refusal error
	err := l.write(func() error {
		for _, line := range lines {
			lost, err := l.restore(line)
			if err != nil {
				return err
			}
			if lost {
				refusal = fmt.Errorf("partner %x: %w", line.Outcome.Key, ledger.ErrLost)
			}
		}
		return nil
	})
	return errors.Join(err, refusal)
}

// restore settles a spilled outcome, and says whether something would be lost
// with the file: only a token is nowhere else. It runs inside a transaction.
func (l *Ledger) restore(line ledger.Spilled) (lost bool, err error) {
	var number, scope int64
	err = l.conn.QueryRowContext(context.Background(), "SELECT number, scope_id FROM runs WHERE id = ?", line.Run).Scan(&number, &scope)
	if errors.Is(err, sql.ErrNoRows) {
		return true, nil // a run of another ledger
	}
	if err != nil {
		return false, err
	}
	line.Outcome.At = line.At
	lost, err = l.settle(scope, number, nil, line.Outcome)
	return lost && line.Outcome.State == ledger.Created, err
}
