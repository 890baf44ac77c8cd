package sqlite

import (
	"errors"
	"fmt"
	"path/filepath"

	sqlite3 "modernc.org/sqlite/lib"
)

// damageError is a file that SQLite can't make sense of.
type damageError struct {
	path string
	err  error // in SQLite's words, which tell nobody what to do
}

func (e *damageError) Error() string {
	base := filepath.Base(e.path)
	return fmt.Sprintf("it is damaged, or was copied or written over while in use; hint: keep what is there, put the latest copy that was made with 'onboard status --backup' in its place, without %s-wal and %[1]s-shm beside it, "+
		"and find out which partners exist beyond it (results files, the platform) before you run again; a new ledger would not know what was sent", base)
}

func (e *damageError) Unwrap() error { return e.err }

// damaged puts an error that tells of damage into words of ours.
func damaged(path string, err error) error {
	if !isCode(err, sqlite3.SQLITE_CORRUPT) || errors.As(err, new(*damageError)) {
		return err
	}
	return &damageError{path, err}
}

// failed is an error of reading, with what was to be done; nil when there is none.
func (l *Ledger) failed(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case isCode(err, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
		return fmt.Errorf("cannot %s: the ledger %s cannot be read: %w", what, l.path, &damageError{l.path, err})
	}
	return fmt.Errorf("cannot %s: %w", what, err)
}
