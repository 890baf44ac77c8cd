package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"onboard/pkg/ledger"
)

// After a kill the newest records stand only in -wal. When that file is lost, or
// the ledger is moved without it, SQLite sees an older ledger and nothing wrong
// with it; all that the dead run created would be created again. So a run leaves
// three traces, each durable before the next one and before the first claim:
//
//  1. its row, which is copied into the database itself;
//  2. underway in that row, which stands in -wal;
//  3. underwayMark in the run's lock file.
//
// A dead run that lacks 1 or 2 and has 3 has lost its -wal. One that lacks 3 as
// well was killed in between, and claimed nothing. From the next checkpoint on,
// after some 4 MB, a loss of what came later can't be told.
const (
	underway     = -2 // in runs.exit_code, of a run that has not ended
	underwayMark = "recorded\n"
)

var errLostLog = errors.New("its -wal file was lost, or left behind when it was moved")

// mark leaves the traces of a run whose row is recorded.
func (r *Run) mark() error {
	var busy, frames, copied int
	if err := r.l.reader.QueryRow("PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &frames, &copied); err != nil {
		return r.l.unwritable(err)
	}
	err := r.l.write(func() error {
		_, err := r.l.conn.ExecContext(context.Background(), "UPDATE runs SET exit_code = ? WHERE number = ?", underway, r.number)
		return err
	})
	if err != nil {
		return err
	}
	if err := markFile(r.lock.Path()); err != nil {
		return r.l.unwritable(err)
	}
	return nil
}

func markFile(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt([]byte(underwayMark), 1) // Windows lets nobody write to the byte that is locked
	return errors.Join(err, f.Sync(), f.Close())
}

// refuseLost looks for dead runs whose records are missing. The lock files are
// listed first: what they say was in the ledger before.
func (l *Ledger) refuseLost() error {
	files, err := os.ReadDir(filepath.Dir(l.lockPath("x")))
	if err != nil {
		return err
	}
	begun, err := listOwners(context.Background(), l.reader, "SELECT number, id FROM runs WHERE ended_at = 0 AND exit_code <> ?", underway)
	if err != nil {
		return l.unreadable(err)
	}
	for _, o := range begun {
		if lock, err := os.Stat(l.lockPath(o.id)); !l.alive(o.id) && (errors.Is(err, fs.ErrNotExist) || err == nil && lock.Size() > 0) {
			return l.lost(o.id, "then put an empty file there under the name")
		}
	}
	for _, f := range files {
		lock, err := f.Info()
		if err != nil || lock.Size() == 0 || !ledger.ValidRunID(f.Name()) || l.alive(f.Name()) {
			continue
		}
		err = l.reader.QueryRow("SELECT 1 FROM runs WHERE id = ?", f.Name()).Scan(new(int))
		if errors.Is(err, sql.ErrNoRows) {
			return l.lost(f.Name(), "then remove the file")
		}
		if err != nil {
			return l.unreadable(err)
		}
	}
	return nil
}

// lost says what is missing, and how to go on without it: to Begin, an empty lock
// file is that of a run which claimed nothing.
func (l *Ledger) lost(id, accept string) error {
	base := filepath.Base(l.path)
	return fmt.Errorf("what run %s recorded is missing from the ledger %s: %w; hint: put %s-wal and the folder %s.owners back beside it; if they are gone for good, find out which partners exist (results files, the platform), %s %s, and run again",
		id, l.path, errLostLog, base, base, accept, l.lockPath(id))
}
