package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"onboard/pkg/ledger"
)

// Runs implements [ledger.Ledger].
func (l *Ledger) Runs(ctx context.Context, limit int) ([]ledger.RunSummary, error) {
	return list(ctx, l, "list the runs", func(row pgx.CollectableRow) (r ledger.RunSummary, err error) {
		var ended *time.Time
		var counts []byte
		if err := row.Scan(&r.ID, &r.Host, &r.User, &r.Scope.Endpoint, &r.Scope.Account, &r.Command, &r.File, &r.SHA256, &r.Target,
			&r.KeyFields, &r.StartedAt, &ended, &r.ExitCode, &counts, &r.Alive); err != nil {
			return r, err
		}
		r.StartedAt = r.StartedAt.UTC()
		if ended != nil {
			r.EndedAt = ended.UTC()
		}
		return r, json.Unmarshal(counts, &r.Counts)
	}, `SELECT r.id, r.host, r."user", s.endpoint, s.account, r.command, r.file, r.sha256, r.target,
		s.key_fields, r.started_at, r.ended_at, r.exit_code, r.counts, `+aliveSQL+`
		FROM runs r JOIN scopes s ON s.id = r.scope_id ORDER BY r.number DESC LIMIT $1`, limit)
}

// countAtOnce is how many rows one question counts: however large the ledger is, an
// answer that does not come tells that the database is away.
const countAtOnce = 1_000_000

// Counts implements [ledger.Ledger].
func (l *Ledger) Counts(ctx context.Context) (map[ledger.Scope]map[ledger.State]int, error) {
	type count struct {
		scope ledger.Scope
		state ledger.State
		n     int
	}
	counts := map[ledger.Scope]map[ledger.State]int{}
	last, err := list(ctx, l, "count the partners", pgx.RowTo[int64], "SELECT coalesce(max(id), 0) FROM partners")
	for first := int64(0); err == nil && first <= last[0]; first += countAtOnce {
		var some []count
		some, err = list(ctx, l, "count the partners", func(row pgx.CollectableRow) (c count, err error) {
			return c, row.Scan(&c.scope.Endpoint, &c.scope.Account, (*string)(&c.state), &c.n)
		}, `SELECT s.endpoint, s.account, p.state, count(*) FROM partners p JOIN scopes s ON s.id = p.scope_id
			WHERE p.id >= $1 AND p.id < $2 GROUP BY s.id, p.state`, first, first+countAtOnce)
		for _, c := range some {
			if counts[c.scope] == nil {
				counts[c.scope] = map[ledger.State]int{}
			}
			counts[c.scope][c.state] += c.n
		}
	}
	return counts, err
}

// InDoubt implements [ledger.Ledger].
func (l *Ledger) InDoubt(ctx context.Context, limit int) ([]ledger.Doubt, error) {
	return list(ctx, l, "list what is in doubt", scanDoubt, `SELECT `+entryColumns+`, s.endpoint, s.account FROM partners p
		JOIN runs r ON r.number = p.owner JOIN scopes s ON s.id = p.scope_id
		WHERE p.state = 'in_doubt' ORDER BY p.id LIMIT $1`, limit)
}

func scanDoubt(row pgx.CollectableRow) (d ledger.Doubt, err error) {
	d.Entry, err = scanMore(row, &d.Scope.Endpoint, &d.Scope.Account)
	return d, err
}

// list collects the rows of a query.
func list[T any](ctx context.Context, l *Ledger, what string, scan pgx.RowToFunc[T], query string, args ...any) (all []T, err error) {
	err = l.read(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, query, args...)
		if err == nil {
			all, err = pgx.CollectRows(rows, scan)
		}
		return err
	})
	if err != nil {
		return nil, l.hinted(fmt.Errorf("cannot %s: %w", what, err))
	}
	return all, nil
}
