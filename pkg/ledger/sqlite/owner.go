package sqlite

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gofrs/flock"

	"onboard/pkg/crash"
	"onboard/pkg/ledger"
)

// ownersSuffix ends the name of the folder of the runs' locks.
const ownersSuffix = ".owners"

func (l *Ledger) lockPath(id string) string { return filepath.Join(l.path+ownersSuffix, id) }

// hold takes the run's lock. The kernel lets go of it when the process ends,
// however it ends; a process number could be another process's by then.
func (r *Run) hold() error {
	path := r.l.lockPath(r.id)
	if err := ledger.MakeFolder(filepath.Dir(path)); err != nil {
		return err
	}
	r.lock = flock.New(path, flock.SetFlag(os.O_CREATE|os.O_EXCL|os.O_RDWR), flock.SetPermissions(0o600))
	held, err := r.lock.TryLock()
	if err == nil && !held {
		err = errors.New("another process holds it")
	}
	if err == nil {
		err = ledger.SyncFolder(filepath.Dir(path))
	}
	return err
}

// alive says whether the lock of a run is held. The probe is a shared lock, so
// that two probes do not take each other for the owner. What cannot be probed
// counts as alive: only a proven death changes anything.
func (l *Ledger) alive(id string) bool {
	if !ledger.ValidRunID(id) {
		return false
	}
	probe := flock.New(l.lockPath(id), flock.SetFlag(os.O_RDWR))
	free, err := probe.TryRLock()
	if free {
		_ = probe.Unlock()
	}
	return !free && !errors.Is(err, fs.ErrNotExist)
}

// OwnerAlive implements [ledger.Run].
func (r *Run) OwnerAlive(owner string) bool { return r.l.alive(owner) }

// Sweep implements [ledger.Run]. What dead runs saved is read back before they are
// swept, and after it is known which are dead: a run that dies in between is left to
// the next sweep.
func (r *Run) Sweep(ctx context.Context) error {
	owners, err := listOwners(ctx, r.l.reader, `SELECT number, id FROM runs
		WHERE ended_at = 0 OR number IN (SELECT owner FROM partners WHERE state = 'sending')`)
	if err != nil {
		return r.l.unreadable(err)
	}
	dead := slices.DeleteFunc(owners, func(o owner) bool { return r.l.alive(o.id) })
	if err := r.spill.ReadBack(r.l.alive, r.l.restore); err != nil {
		return err
	}
	for _, o := range dead {
		if err := r.l.sweep(o); err != nil {
			return err
		}
	}
	return nil
}

func (l *Ledger) sweep(dead owner) error {
	now := time.Now().UnixMilli()
	err := l.write(func() error {
		_, err := l.conn.ExecContext(context.Background(),
			"UPDATE partners SET state = 'in_doubt', reason = ?, settled_at = ? WHERE state = 'sending' AND owner = ?",
			ledger.SweptReason, now, dead.number)
		if err == nil { // so that the next sweep need not look at it again
			_, err = l.conn.ExecContext(context.Background(),
				"UPDATE runs SET ended_at = ?, exit_code = ? WHERE number = ? AND ended_at = 0", now, ledger.Died, dead.number)
		}
		crash.Point("sweeping")
		return err
	})
	if err != nil {
		return err
	}
	crash.Point("swept")
	return ledger.RemoveFile(l.lockPath(dead.id))
}

// owner is a run as rows refer to it, and as its lock file is called.
type owner struct {
	number int64
	id     string
}

func listOwners(ctx context.Context, c querier, query string, args ...any) ([]owner, error) {
	rows, err := c.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var owners []owner
	for rows.Next() {
		var o owner
		if err := rows.Scan(&o.number, &o.id); err != nil {
			return nil, err
		}
		owners = append(owners, o)
	}
	return owners, rows.Err()
}
