package ledger

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/user"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// RunInfo says what a run is about.
type RunInfo struct {
	File, SHA256 string // the sheet
	Target       string // the operator's word for the endpoint
	KeyFields    string // "name,country": what the keys were made of
}

// Run is one run of the program on one scope. Its methods may be called by many
// goroutines. It counts as alive until End, Close or the end of the process.
type Run struct {
	l      *Ledger
	id     string
	number int64 // its row in runs
	scope  int64
	lock   *flock.Flock

	mu      sync.Mutex
	spilled map[string]bool // the spill files that this run created
}

// ID names the run: in the ledger, in its lock file and to people.
func (r *Run) ID() string { return r.id }

// Begin starts a run: it takes the run's lock, records it, reads back what
// earlier runs could only save beside the ledger, and declares in doubt what
// dead runs left open. It refuses a scope whose keys were made of other fields:
// the same partner would have two keys, and could be created twice.
func (l *Ledger) Begin(scope Scope, info RunInfo) (*Run, error) {
	r := &Run{l: l, id: strings.ToLower(rand.Text()[:runIDLength]), spilled: map[string]bool{}}
	if err := r.hold(); err != nil {
		return nil, fmt.Errorf("cannot lock run %s: %w", r.id, err)
	}
	l.mu.Lock()
	l.runs[r] = struct{}{}
	l.mu.Unlock()
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

// record enters the run and, for a first one, its scope.
func (r *Run) record(scope Scope, info RunInfo) error {
	host, _ := os.Hostname() // both are for people to read: better nothing than no run
	who, err := user.Current()
	if err != nil {
		who = &user.User{}
	}
	var refusal error
	err = r.l.write(func() (err error) {
		r.scope, refusal, err = r.l.scopeID(scope, info.KeyFields)
		if err != nil || refusal != nil {
			return err
		}
		return r.l.conn.QueryRowContext(context.Background(), `INSERT INTO runs(id, scope_id, host, user, file, sha256, target, started_at)
			VALUES(?, ?, ?, ?, ?, ?, ?, ?) RETURNING number`, r.id, r.scope, host, who.Username,
			info.File, info.SHA256, info.Target, time.Now().UnixMilli()).Scan(&r.number)
	})
	return errors.Join(err, refusal)
}

// scopeID finds or enters a scope. Key fields may change as long as no partner
// and no living run relies on them.
func (l *Ledger) scopeID(scope Scope, fields string) (id int64, refusal, err error) {
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
	if err != nil || had == fields {
		return id, nil, err
	}
	running, err := l.anyAlive(id)
	if err != nil {
		return 0, nil, err
	}
	if used || running {
		return 0, fmt.Errorf("the ledger %s tells the partners of %s apart by %q, not by %q; hint: use --key %s, or another ledger",
			l.path, scope.Endpoint, had, fields, had), nil
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

// End marks the run as finished and lets go of its lock. Claims that it left
// open are in doubt from the next Begin or Sweep on.
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
	return errors.Join(err, r.lock.Unlock(), removeFile(r.lock.Path()))
}
