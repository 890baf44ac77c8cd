package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/gofrs/flock"

	"onboard/pkg/ledger"
)

// Run is a [ledger.Run].
type Run struct {
	l      *Ledger
	id     string
	number int64 // its row in runs
	scope  int64
	lock   *flock.Flock
	spill  *ledger.Spill
	open   map[ledger.Key]int64 // where new claims lie until they are settled; for the writing goroutine alone
}

// ID implements [ledger.Run]; it is the name of the lock file, too.
func (r *Run) ID() string { return r.id }

// Begin implements [ledger.Ledger].
func (l *Ledger) Begin(scope ledger.Scope, info ledger.RunInfo) (ledger.Run, error) {
	id := ledger.NewRunID()
	r := &Run{l: l, id: id, spill: ledger.NewSpill(spillPrefix(l.path), id), open: map[ledger.Key]int64{}}
	if err := r.hold(); err != nil {
		return nil, fmt.Errorf("cannot lock run %s: %w", r.id, err)
	}
	l.mu.Lock()
	l.runs[r] = struct{}{}
	l.mu.Unlock()
	err := r.begin(scope, info)
	if err == nil {
		err = r.Sweep(context.Background())
	}
	if err != nil {
		_ = r.End(2, nil) // what went wrong has been found already
		return nil, err
	}
	return r, nil
}

// begin records the run in steps that tell a run that was killed here from one
// whose log was lost with all that it claimed (see lost.go).
func (r *Run) begin(scope ledger.Scope, info ledger.RunInfo) error {
	if err := r.l.refuseLost(); err != nil {
		return err
	}
	if err := r.record(scope, info); err != nil {
		return err
	}
	return r.mark()
}

// record enters the run and, for a first one, its scope.
func (r *Run) record(scope ledger.Scope, info ledger.RunInfo) error {
	host, who := ledger.Here()
	var refusal error
	err := r.l.write(func() (err error) {
		r.scope, refusal, err = r.l.scopeID(scope, info.KeyFields)
		if err != nil || refusal != nil {
			return err
		}
		return r.l.conn.QueryRowContext(context.Background(), `INSERT INTO runs(id, scope_id, host, user, command, file, sha256, target, started_at)
			VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING number`, r.id, r.scope, host, who,
			info.Command, info.File, info.SHA256, info.Target, time.Now().UnixMilli()).Scan(&r.number)
	})
	return errors.Join(err, refusal)
}

// scopeID finds or enters a scope. Key fields may change as long as no partner
// and no living run relies on them.
func (l *Ledger) scopeID(scope ledger.Scope, fields string) (id int64, refusal, err error) {
	ctx := context.Background()
	_, err = l.conn.ExecContext(ctx, `INSERT INTO scopes(endpoint, account, key_fields) VALUES(?, ?, ?)
		ON CONFLICT DO NOTHING`, scope.Endpoint, scope.Account, fields)
	if err != nil {
		return 0, nil, err
	}
	var had string
	var used bool
	err = l.conn.QueryRowContext(ctx, `SELECT id, key_fields, EXISTS(SELECT 1 FROM partners WHERE scope_id = s.id)
		FROM scopes s WHERE endpoint = ? AND account = ?`, scope.Endpoint, scope.Account).Scan(&id, &had, &used)
	if err != nil || had == fields || fields == "" {
		return id, nil, err
	}
	running, err := l.anyAlive(id)
	if err != nil {
		return 0, nil, err
	}
	if used || running && had != "" {
		return 0, ledger.OtherKeys(l.path, scope, had, fields), nil
	}
	_, err = l.conn.ExecContext(ctx, "UPDATE scopes SET key_fields = ? WHERE id = ?", fields, id)
	return id, nil, err
}

// anyAlive says whether a run works on the scope. It runs inside a transaction.
func (l *Ledger) anyAlive(scope int64) (bool, error) {
	owners, err := listOwners(context.Background(), l.conn, "SELECT number, id FROM runs WHERE ended_at = 0 AND scope_id = ?", scope)
	for _, o := range owners {
		if l.alive(o.id) {
			return true, err
		}
	}
	return false, err
}

// End implements [ledger.Run].
func (r *Run) End(exitCode int, counts map[string]int) error {
	text, err := json.Marshal(counts)
	if err == nil {
		err = r.l.write(func() error {
			_, err := r.l.conn.ExecContext(context.Background(), "UPDATE runs SET ended_at = ?, exit_code = ?, counts = ? WHERE number = ?",
				time.Now().UnixMilli(), exitCode, string(text), r.number)
			return err
		})
	}
	r.l.mu.Lock()
	delete(r.l.runs, r)
	r.l.mu.Unlock()
	if err != nil { // the next run has to find that this one did not end
		return errors.Join(err, r.lock.Unlock())
	}
	return errors.Join(r.lock.Unlock(), ledger.RemoveFile(r.lock.Path()))
}
