package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"time"
)

// Decision is an operator's word on a partner in doubt.
type Decision struct {
	Key         Key
	Attempt     int    // the one that is in doubt
	State       State  // Created, or Released to have it sent again
	Token, Link string // if the operator has them; what the ledger has stays otherwise
	Who, Why    string
}

const decideSQL = `UPDATE partners SET state = ?1, settled_at = ?2, reason = ?3,
	token = CASE WHEN ?4 = '' THEN token ELSE ?4 END, link = CASE WHEN ?5 = '' THEN link ELSE ?5 END
	WHERE scope_id = ?6 AND key = ?7 AND attempt = ?8 AND state = 'in_doubt' RETURNING id`

// Decide settles a partner in doubt by an operator's decision, durably, and
// records who decided what, when and why. ErrLost: it is not in doubt, or no
// longer in that attempt.
func (r *Run) Decide(d Decision) error {
	if d.State != Created && d.State != Released {
		return fmt.Errorf("partner %x cannot be decided to be %q", d.Key, d.State)
	}
	now, lost := time.Now().UnixMilli(), false
	reason := "settled by " + d.Who
	if d.Why != "" {
		reason += ": " + d.Why
	}
	err := r.l.write(func() error {
		var id int64
		err := r.l.conn.QueryRowContext(context.Background(), decideSQL, d.State, now, reason, d.Token, d.Link,
			r.scope, d.Key[:], d.Attempt).Scan(&id)
		if lost = errors.Is(err, sql.ErrNoRows); lost {
			return nil
		}
		if err == nil {
			_, err = r.l.conn.ExecContext(context.Background(), "INSERT INTO decisions VALUES(?, ?, ?, ?, ?, ?, ?)",
				id, d.Attempt, r.number, d.State, d.Who, d.Why, now)
		}
		return err
	})
	if err == nil && lost {
		err = fmt.Errorf("cannot decide on partner %x: %w", d.Key, ErrLost)
	}
	return err
}

// Backup writes a whole copy of the ledger to path (mode 0600), which must not
// exist; runs may go on meanwhile. A plain copy of an open SQLite file may hold
// nothing at all.
func (l *Ledger) Backup(ctx context.Context, path string) error {
	db, err := connect(l.path, []pragma{busy}, 1) // the readers cannot write, and the writer is not to wait
	if err == nil {
		err = errors.Join(copyInto(ctx, db, path), db.Close())
	}
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("cannot write the backup: %w; hint: name a file that does not exist yet", err)
	}
	if err != nil {
		return fmt.Errorf("cannot write the backup: %w", err)
	}
	return nil
}
