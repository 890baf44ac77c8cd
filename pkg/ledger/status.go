package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// RunSummary is one run, for people.
type RunSummary struct {
	ID, Host, User string
	Scope          Scope
	RunInfo
	StartedAt time.Time
	EndedAt   time.Time // zero: it has not ended, or not by itself
	ExitCode  int       // of a run that has ended
	Alive     bool
	Counts    map[string]int // as End was told
}

// Runs lists the latest runs, at most limit, the latest first.
func (l *Ledger) Runs(ctx context.Context, limit int) ([]RunSummary, error) {
	rows, err := l.reader.QueryContext(ctx, `SELECT r.id, r.host, r.user, s.endpoint, s.account, r.file, r.sha256, r.target,
		s.key_fields, r.started_at, r.ended_at, r.exit_code, r.counts
		FROM runs r JOIN scopes s ON s.id = r.scope_id ORDER BY r.number DESC LIMIT ?`, limit)
	if err != nil {
		return nil, fmt.Errorf("cannot list the runs: %w", err)
	}
	defer rows.Close()
	var runs []RunSummary
	for rows.Next() {
		var r RunSummary
		var started, ended int64
		var counts []byte
		if err := rows.Scan(&r.ID, &r.Host, &r.User, &r.Scope.Endpoint, &r.Scope.Account, &r.File, &r.SHA256, &r.Target,
			&r.KeyFields, &started, &ended, &r.ExitCode, &counts); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(counts, &r.Counts); err != nil {
			return nil, fmt.Errorf("run %s: %w", r.ID, err)
		}
		r.StartedAt, r.EndedAt, r.Alive = fromMillis(started), fromMillis(ended), l.alive(r.ID)
		runs = append(runs, r)
	}
	return runs, rows.Err()
}

// Counts says how many partners are in which state. It reads the whole ledger.
func (l *Ledger) Counts(ctx context.Context) (map[Scope]map[State]int, error) {
	rows, err := l.reader.QueryContext(ctx, `SELECT s.endpoint, s.account, p.state, count(*)
		FROM partners p JOIN scopes s ON s.id = p.scope_id GROUP BY p.scope_id, p.state`)
	if err != nil {
		return nil, fmt.Errorf("cannot count the partners: %w", err)
	}
	defer rows.Close()
	counts := map[Scope]map[State]int{}
	for rows.Next() {
		var scope Scope
		var state State
		var n int
		if err := rows.Scan(&scope.Endpoint, &scope.Account, &state, &n); err != nil {
			return nil, err
		}
		if counts[scope] == nil {
			counts[scope] = map[State]int{}
		}
		counts[scope][state] = n
	}
	return counts, rows.Err()
}

// Doubt is a partner that may have been created, and where.
type Doubt struct {
	Scope Scope
	Entry
}

// InDoubt lists the partners in doubt, at most limit, the earliest claim first.
func (l *Ledger) InDoubt(ctx context.Context, limit int) ([]Doubt, error) {
	rows, err := l.reader.QueryContext(ctx, `SELECT `+entryColumns+`, s.endpoint, s.account FROM partners p
		JOIN runs r ON r.number = p.owner JOIN scopes s ON s.id = p.scope_id
		WHERE p.state = 'in_doubt' ORDER BY p.id LIMIT ?`, limit)
	if err != nil {
		return nil, fmt.Errorf("cannot list what is in doubt: %w", err)
	}
	defer rows.Close()
	var doubts []Doubt
	for rows.Next() {
		var d Doubt
		if d.Entry, err = scanEntry(rows, &d.Scope.Endpoint, &d.Scope.Account); err != nil {
			return nil, err
		}
		doubts = append(doubts, d)
	}
	return doubts, rows.Err()
}
