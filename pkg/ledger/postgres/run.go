package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"onboard/pkg/ledger"
)

// Run is a [ledger.Run].
type Run struct {
	l      *Ledger
	id     string
	lock   int64
	number int64 // its row in runs
	scope  int64
	spill  *ledger.Spill
	pace   pace
}

// ID implements [ledger.Run].
func (r *Run) ID() string { return r.id }

// Begin implements [ledger.Ledger].
func (l *Ledger) Begin(scope ledger.Scope, info ledger.RunInfo) (ledger.Run, error) {
	id := ledger.NewRunID()
	r := &Run{l: l, id: id, lock: lockKey("run " + id), spill: ledger.NewSpill(l.spillPrefix(), id)}
	r.pace.session = session{l: l, prepare: hurried}
	l.mu.Lock()
	l.runs[r] = struct{}{}
	l.mu.Unlock()
	l.rouse()
	err := r.record(scope, info)
	if err == nil {
		err = r.Sweep(context.Background())
	}
	if err != nil {
		_ = r.End(2, nil) // what went wrong has been found already
		return nil, err
	}
	return r, nil
}

// record takes the lock, on the connection that writes, and enters the run and,
// for a first one, its scope.
func (r *Run) record(scope ledger.Scope, info ledger.RunInfo) error {
	host, who := ledger.Here()
	var refusal error
	err := r.l.make(&change{run: r, alone: func(ctx context.Context, tx pgx.Tx) (err error) {
		if _, err = tx.Exec(ctx, "SELECT pg_advisory_lock_shared($1)", r.lock); err != nil {
			return err
		}
		if r.scope, refusal, err = r.l.scopeID(ctx, tx, scope, text(info.KeyFields)); err != nil || refusal != nil {
			return err
		}
		return tx.QueryRow(ctx, `INSERT INTO runs(id, lock, scope_id, host, "user", file, sha256, target, command)
			VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT(id) DO UPDATE SET ended_at = NULL RETURNING number`,
			r.id, r.lock, r.scope, text(host), text(who), text(info.File), text(info.SHA256), text(info.Target), text(info.Command)).Scan(&r.number)
	}})
	return errors.Join(err, refusal)
}

// scopeID finds or enters a scope. Key fields may change as long as no partner
// and no living run relies on them.
func (l *Ledger) scopeID(ctx context.Context, tx pgx.Tx, scope ledger.Scope, fields string) (id int64, refused, err error) {
	endpoint, account := text(scope.Endpoint), text(scope.Account)
	if _, err = tx.Exec(ctx, `INSERT INTO scopes(endpoint, account, key_fields) VALUES($1, $2, $3) ON CONFLICT DO NOTHING`,
		endpoint, account, fields); err != nil {
		return 0, nil, err
	}
	var had string
	var used bool
	err = tx.QueryRow(ctx, `SELECT id, key_fields FROM scopes WHERE endpoint = $1 AND account = $2 FOR UPDATE`, endpoint, account).Scan(&id, &had)
	if err != nil || had == fields || fields == "" {
		return id, nil, err
	}
	err = tx.QueryRow(ctx, `SELECT EXISTS(SELECT FROM partners WHERE scope_id = $1) OR $2 <> '' AND EXISTS(SELECT FROM runs r WHERE scope_id = $1 AND `+aliveSQL+`)`, id, had).Scan(&used)
	if err != nil {
		return 0, nil, err
	}
	if used {
		return 0, ledger.OtherKeys(l.place, scope, had, fields), nil
	}
	_, err = tx.Exec(ctx, "UPDATE scopes SET key_fields = $1 WHERE id = $2", fields, id)
	return id, nil, err
}

// runNamed finds a run of this ledger, to settle what it spilled.
func (l *Ledger) runNamed(id string) (r *Run, known bool, err error) {
	r = &Run{l: l, id: id}
	err = l.read(context.Background(), func(ctx context.Context, conn *pgx.Conn) error {
		err := conn.QueryRow(ctx, "SELECT number, scope_id FROM runs WHERE id = $1", id).Scan(&r.number, &r.scope)
		known = err == nil
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	return r, known, err
}

// End implements [ledger.Run]. A run that has ended is not alive, whatever locks
// its connections still hold.
func (r *Run) End(exitCode int, counts map[string]int) error {
	text, err := json.Marshal(counts)
	if err == nil {
		err = r.l.make(&change{run: r, alone: func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE runs SET ended_at = clock_timestamp(), exit_code = $1, counts = $2 WHERE number = $3", exitCode, string(text), r.number)
			return err
		}})
	}
	r.l.mu.Lock()
	delete(r.l.runs, r)
	r.l.mu.Unlock()
	r.pace.close()
	return err
}

const decideSQL = `UPDATE partners SET state = $1, settled_at = clock_timestamp(), reason = $2,
	token = CASE WHEN $3 = '' OR state = 'created' AND token <> '' THEN token ELSE $3 END,
	link = CASE WHEN $4 = '' OR state = 'created' AND link <> '' THEN link ELSE $4 END
	WHERE scope_id = $5 AND key = $6 AND attempt = $7 AND (state = 'in_doubt' OR
		state = 'created' AND $1 = 'created' AND (token = '' AND $3 <> '' OR link = '' AND $4 <> '')) RETURNING id`

// replaceSQL changes what an earlier decision told, and nothing that stands in an
// answer of the API.
const replaceSQL = `UPDATE partners p SET state = $1, settled_at = clock_timestamp(), reason = $2, token = $3, link = $4
	WHERE scope_id = $5 AND key = $6 AND attempt = $7 AND state = 'created' AND token = $8 AND link = $9
		AND starts_with(encode(reason, 'escape'), 'settled by ')
		AND (token = '' OR token = $3 OR position(convert_to(token, 'UTF8') IN answer) = 0)
		AND (link = '' OR link = $4 OR position(convert_to(link, 'UTF8') IN answer) = 0)
		AND EXISTS(SELECT FROM decisions d WHERE d.partner_id = p.id AND d.attempt = p.attempt AND d.state = 'created') RETURNING id`

// Decide implements [ledger.Run].
func (r *Run) Decide(d ledger.Decision) error {
	if err := d.Check(); err != nil {
		return err
	}
	who, why, token, link := text(d.Who), text(d.Note()), text(d.Token), text(d.Link)
	query, args := decideSQL, []any{string(d.State), []byte(d.Reason()), token, link, r.scope, [16]byte(d.Key), d.Attempt}
	if d.Was != nil {
		query, args = replaceSQL, append(args, text(d.Was.Token), text(d.Was.Link))
	}
	lost, tries := false, 0
	var taken []holder
	err := r.l.make(&change{run: r, alone: func(ctx context.Context, tx pgx.Tx) (err error) {
		var id int64
		tries++
		if taken, err = r.takenBy(ctx, tx, d.Key, token, link); err != nil || len(taken) > 0 {
			return err
		}
		err = tx.QueryRow(ctx, query, args...).Scan(&id)
		if errors.Is(err, pgx.ErrNoRows) { // decided before the connection broke, or lost
			var mine bool
			err = tx.QueryRow(ctx, `SELECT EXISTS(SELECT FROM decisions d JOIN partners p ON p.id = d.partner_id
				WHERE p.scope_id = $1 AND p.key = $2 AND d.attempt = $3 AND d.run = $4 AND d.state = $5)`,
				r.scope, [16]byte(d.Key), d.Attempt, r.number, string(d.State)).Scan(&mine)
			lost = !mine || tries == 1
			return err
		}
		if err == nil {
			_, err = tx.Exec(ctx, "INSERT INTO decisions VALUES($1, $2, $3, $4, $5, $6)", id, d.Attempt, r.number, string(d.State), who, why)
		}
		return err
	}})
	if err == nil && len(taken) > 0 {
		return &ledger.TakenError{Holder: taken[0].Entry}
	}
	if err == nil && lost {
		err = fmt.Errorf("cannot decide on partner %x: %w", d.Key, ledger.ErrLost)
	}
	return err
}
