package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"onboard/pkg/ledger"
)

// Runs implements [ledger.Ledger].
func (l *Ledger) Runs(ctx context.Context, limit int) ([]ledger.RunSummary, error) {
	rows, err := l.reader.QueryContext(ctx, `SELECT r.id, r.host, r.user, s.endpoint, s.account, r.command, r.file, r.sha256, r.target,
		s.key_fields, r.started_at, r.ended_at, iif(r.ended_at = 0, 0, r.exit_code), r.counts
		FROM runs r JOIN scopes s ON s.id = r.scope_id ORDER BY r.number DESC LIMIT ?`, limit)
	if err != nil {
		return nil, l.failed("list the runs", err)
	}
	defer rows.Close()
	var runs []ledger.RunSummary
	for rows.Next() {
		var r ledger.RunSummary
		var started, ended int64
		var counts []byte
		if err := rows.Scan(&r.ID, &r.Host, &r.User, &r.Scope.Endpoint, &r.Scope.Account, &r.Command, &r.File, &r.SHA256, &r.Target,
			&r.KeyFields, &started, &ended, &r.ExitCode, &counts); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(counts, &r.Counts); err != nil {
			return nil, fmt.Errorf("run %s: %w", r.ID, err)
		}
		r.StartedAt, r.EndedAt, r.Alive = fromMillis(started), fromMillis(ended), l.alive(r.ID)
		runs = append(runs, r)
	}
	return runs, l.failed("list the runs", rows.Err())
}

// Counts implements [ledger.Ledger].
func (l *Ledger) Counts(ctx context.Context) (map[ledger.Scope]map[ledger.State]int, error) {
	rows, err := l.reader.QueryContext(ctx, `SELECT s.endpoint, s.account, p.state, count(*)
		FROM partners p JOIN scopes s ON s.id = p.scope_id GROUP BY p.scope_id, p.state`)
	if err != nil {
		return nil, l.failed("count the partners", err)
	}
	defer rows.Close()
	counts := map[ledger.Scope]map[ledger.State]int{}
	for rows.Next() {
		var scope ledger.Scope
		var state ledger.State
		var n int
		if err := rows.Scan(&scope.Endpoint, &scope.Account, &state, &n); err != nil {
			return nil, err
		}
		if counts[scope] == nil {
			counts[scope] = map[ledger.State]int{}
		}
		counts[scope][state] = n
	}
	return counts, l.failed("count the partners", rows.Err())
}

// InDoubt implements [ledger.Ledger].
func (l *Ledger) InDoubt(ctx context.Context, limit int) ([]ledger.Doubt, error) {
	return l.doubts(ctx, "list what is in doubt", `SELECT `+entryColumns+`, s.endpoint, s.account FROM partners p
		JOIN runs r ON r.number = p.owner JOIN scopes s ON s.id = p.scope_id
		WHERE p.state = 'in_doubt' ORDER BY p.id LIMIT ?`, limit)
}

func (l *Ledger) doubts(ctx context.Context, what, query string, limit int) ([]ledger.Doubt, error) {
	rows, err := l.reader.QueryContext(ctx, query, limit)
	if err != nil {
		return nil, l.failed(what, err)
	}
	defer rows.Close()
	var doubts []ledger.Doubt
	for rows.Next() {
		var d ledger.Doubt
		if d.Entry, err = scanEntry(rows, &d.Scope.Endpoint, &d.Scope.Account); err != nil {
			return nil, err
		}
		doubts = append(doubts, d)
	}
	return doubts, l.failed(what, rows.Err())
}
