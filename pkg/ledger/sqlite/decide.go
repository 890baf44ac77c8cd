package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"onboard/pkg/ledger"
)

const decideSQL = `UPDATE partners SET state = ?1, settled_at = ?2, reason = ?3,
	token = CASE WHEN ?4 = '' OR state = 'created' AND token <> '' THEN token ELSE ?4 END,
	link = CASE WHEN ?5 = '' OR state = 'created' AND link <> '' THEN link ELSE ?5 END
	WHERE scope_id = ?6 AND key = ?7 AND attempt = ?8 AND (state = 'in_doubt' OR
		state = 'created' AND ?1 = 'created' AND (token = '' AND ?4 <> '' OR link = '' AND ?5 <> '')) RETURNING id`

// replaceSQL changes what an earlier decision told, and nothing that stands in an
// answer of the API.
const replaceSQL = `UPDATE partners SET state = ?1, settled_at = ?2, reason = ?3, token = ?4, link = ?5
	WHERE scope_id = ?6 AND key = ?7 AND attempt = ?8 AND state = 'created' AND token = ?9 AND link = ?10
		AND reason LIKE 'settled by %' AND (token = '' OR token = ?4 OR instr(answer, token) = 0) AND (link = '' OR link = ?5 OR instr(answer, link) = 0)
		AND EXISTS(SELECT 1 FROM decisions d WHERE d.partner_id = partners.id AND d.attempt = partners.attempt AND d.state = 'created') RETURNING id`

// Decide implements [ledger.Run].
func (r *Run) Decide(d ledger.Decision) error {
	if err := d.Check(); err != nil {
		return err
	}
	now, lost := time.Now().UnixMilli(), false
	query, args := decideSQL, []any{d.State, now, d.Reason(), d.Token, d.Link, r.scope, d.Key[:], d.Attempt}
	if d.Was != nil {
		query, args = replaceSQL, append(args, d.Was.Token, d.Was.Link)
	}
	var other *holder
	err := r.l.write(func() (err error) {
		var id int64
		if other, err = r.l.holder(r.scope, d.Key, d.Token, d.Link); err != nil || other != nil {
			return err
		}
		err = r.l.conn.QueryRowContext(context.Background(), query, args...).Scan(&id)
		if lost = errors.Is(err, sql.ErrNoRows); lost {
			return nil
		}
		if err == nil {
			_, err = r.l.conn.ExecContext(context.Background(), "INSERT INTO decisions VALUES(?, ?, ?, ?, ?, ?, ?)",
				id, d.Attempt, r.number, d.State, d.Who, d.Note(), now)
		}
		if err == nil {
			err = r.l.keepTokens(r.scope, d.Key, id, d.Token, d.Link)
		}
		return err
	})
	if err == nil && other != nil {
		return &ledger.TakenError{Holder: other.Entry}
	}
	if err == nil && lost {
		err = fmt.Errorf("cannot decide on partner %x: %w", d.Key, ledger.ErrLost)
	}
	return err
}

// Backup implements [ledger.Ledger]. A plain copy of an open SQLite file may hold
// nothing at all.
func (l *Ledger) Backup(ctx context.Context, path string) error {
	db, err := connect(l.path, []pragma{busy}, 1) // the readers cannot write, and the writer is not to wait
	if err == nil {
		err = errors.Join(copyInto(ctx, db, path), db.Close())
	}
	if err == nil {
		err = renumber(ctx, path)
	}
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("cannot write the backup: %w; hint: name a file that does not exist yet", err)
	}
	if err != nil {
		return l.failed("write the backup", err)
	}
	return nil
}
