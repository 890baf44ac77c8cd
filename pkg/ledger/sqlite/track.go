package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"onboard/pkg/ledger"
)

const (
	trackSQL = `INSERT INTO tracking SELECT id, ?, ?, ?, ?, ? FROM partners WHERE scope_id = ? AND key = ? AND state = 'created'
	ON CONFLICT(partner_id) DO UPDATE SET state = excluded.state, final = excluded.final,
		platform_id = excluded.platform_id, user_id = excluded.user_id, checked_at = excluded.checked_at
	WHERE NOT tracking.final`
	trackedSQL = `WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 16 FROM n WHERE i + 16 < length(?1))
	SELECT p.key, t.state, t.final, t.platform_id, t.user_id, t.checked_at FROM n
	CROSS JOIN partners p ON p.scope_id = ?2 AND p.key = substr(?1, n.i, 16)
	CROSS JOIN tracking t ON t.partner_id = p.id`
	onboardingsSQL = `SELECT p.key, coalesce(t.state, ''), coalesce(t.final, 0), coalesce(t.platform_id, ''), coalesce(t.user_id, ''),
		coalesce(t.checked_at, 0), p.id, p.token, p.trace_id
	FROM partners p LEFT JOIN tracking t ON t.partner_id = p.id
	WHERE p.id > ? AND +p.scope_id = ? AND p.state = 'created' ORDER BY p.id LIMIT ?` // +: in the order of rows, and not by the index of keys
)

// Track implements [ledger.Run].
func (r *Run) Track(key ledger.Key, t ledger.Tracking) error {
	return r.l.write(func() error {
		_, err := r.l.conn.ExecContext(context.Background(), trackSQL, t.State, t.Final, t.PartnerID, t.UserID, t.CheckedAt.UnixMilli(), r.scope, key[:])
		return err
	})
}

// Tracked implements [ledger.Run].
func (r *Run) Tracked(ctx context.Context, keys []ledger.Key) (map[ledger.Key]ledger.Tracking, error) {
	found := map[ledger.Key]ledger.Tracking{}
	for part := range slices.Chunk(keys, lookupPart) {
		rows, err := r.l.reader.QueryContext(ctx, trackedSQL, joined(part), r.scope)
		if err != nil {
			return nil, r.l.failed("look up onboardings", err)
		}
		for rows.Next() {
			var o ledger.Onboarding
			if err = scanOnboarding(rows, &o); err != nil {
				break
			}
			found[o.Key] = o.Tracking
		}
		if err := errors.Join(err, rows.Err(), rows.Close()); err != nil {
			return nil, r.l.failed("look up onboardings", err)
		}
	}
	return found, nil
}

// Onboardings implements [ledger.Run].
func (r *Run) Onboardings(ctx context.Context, after int64, limit int) ([]ledger.Onboarding, error) {
	rows, err := r.l.reader.QueryContext(ctx, onboardingsSQL, after, r.scope, limit)
	if err != nil {
		return nil, r.l.failed("list the onboardings", err)
	}
	defer rows.Close()
	var list []ledger.Onboarding
	for rows.Next() {
		var o ledger.Onboarding
		if err := scanOnboarding(rows, &o, &o.ID, &o.Token, &o.TraceID); err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	return list, r.l.failed("list the onboardings", rows.Err())
}

// scanOnboarding reads a key and what was heard, and into more what follows.
func scanOnboarding(rows *sql.Rows, o *ledger.Onboarding, more ...any) error {
	var key sql.RawBytes
	var at int64
	err := rows.Scan(append([]any{&key, &o.State, &o.Final, &o.PartnerID, &o.UserID, &at}, more...)...)
	if err == nil {
		copy(o.Key[:], key)
		o.CheckedAt = fromMillis(at)
	}
	return err
}
