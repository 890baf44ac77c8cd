package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"onboard/pkg/ledger"
)

const (
	trackSQL = `INSERT INTO tracking AS t SELECT id, $1, $2, $3, $4, $5 FROM partners WHERE scope_id = $6 AND key = $7 AND state = 'created'
	ON CONFLICT(partner_id) DO UPDATE SET state = excluded.state, final = excluded.final,
		platform_id = excluded.platform_id, user_id = excluded.user_id, checked_at = excluded.checked_at
	WHERE NOT t.final`
	heard = `SELECT p.id, p.key, p.token, p.trace_id,
		coalesce(t.state, ''), coalesce(t.final, false), coalesce(t.platform_id, ''), coalesce(t.user_id, ''), t.checked_at`
	trackedSQL = heard + ` FROM unnest($1::uuid[]) AS wanted(key)
	JOIN partners p ON p.scope_id = $2 AND p.key = wanted.key JOIN tracking t ON t.partner_id = p.id`
	onboardingsSQL = heard + ` FROM partners p LEFT JOIN tracking t ON t.partner_id = p.id
	WHERE p.id > $1 AND p.scope_id = $2 AND p.state = 'created' ORDER BY p.id LIMIT $3`
)

// Track implements [ledger.Run].
func (r *Run) Track(key ledger.Key, t ledger.Tracking) error {
	return r.l.make(&change{run: r, alone: func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, trackSQL, text(t.State), t.Final, text(t.PartnerID), text(t.UserID), t.CheckedAt, r.scope, [16]byte(key))
		return err
	}})
}

// Tracked implements [ledger.Run].
func (r *Run) Tracked(ctx context.Context, keys []ledger.Key) (map[ledger.Key]ledger.Tracking, error) {
	all, err := list(ctx, r.l, "look up onboardings", scanOnboarding, trackedSQL, uuids(keys), r.scope)
	found := make(map[ledger.Key]ledger.Tracking, len(all))
	for _, o := range all {
		found[o.Key] = o.Tracking
	}
	return found, err
}

// Onboardings implements [ledger.Run].
func (r *Run) Onboardings(ctx context.Context, after int64, limit int) ([]ledger.Onboarding, error) {
	return list(ctx, r.l, "list the onboardings", scanOnboarding, onboardingsSQL, after, r.scope, limit)
}

func scanOnboarding(row pgx.CollectableRow) (o ledger.Onboarding, err error) {
	var at *time.Time
	err = row.Scan(&o.ID, (*[16]byte)(&o.Key), &o.Token, &o.TraceID, &o.State, &o.Final, &o.PartnerID, &o.UserID, &at)
	if at != nil {
		o.CheckedAt = at.UTC()
	}
	return o, err
}
