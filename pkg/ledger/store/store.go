// Package store turns a place into an open ledger: the name of a file into one in
// SQLite, the address of a database into one in PostgreSQL. It owns the choice and the
// default place. It knows no flag, asks nothing and prints nothing.
package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"onboard/pkg/ledger"
	"onboard/pkg/ledger/postgres"
	"onboard/pkg/ledger/sqlite"
)

// What Check finds wrong with a place.
var (
	// ErrAddress: it looks like the address of a database, but is none in the form
	// that Open takes. It may hold a password, so no message repeats it.
	ErrAddress = errors.New("not the address of a PostgreSQL database in the form postgres://USER@HOST:5432/DATABASE")
	// ErrNoFolder: the folder of the file does not exist.
	ErrNoFolder = errors.New("there is no such folder")
)

// Check refuses a place that is neither the name of a file nor the address of a
// database. A folder that does not exist is refused, too: a misspelled ledger is an
// empty one, and a run with it would create every partner again.
func Check(place string) error {
	if postgres.IsPlace(place) {
		return nil
	}
	if postgres.LooksLike(place) {
		return ErrAddress
	}
	if _, err := os.Stat(filepath.Dir(place)); errors.Is(err, fs.ErrNotExist) {
		return ErrNoFolder
	}
	return nil
}

// Default is the place of the ledger in the user's state folder, by the XDG base
// directory specification or the custom of the system.
func Default(getenv func(string) string) (string, error) {
	if dir := getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "onboard", "ledger.db"), nil
	}
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		dir, err := os.UserConfigDir()
		return filepath.Join(dir, "onboard", "ledger.db"), err
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("there is no home folder for the ledger: %w", err)
	}
	return filepath.Join(home, ".local", "state", "onboard", "ledger.db"), nil
}

// Missing reports whether place names a file that does not exist. A database is
// never missing before it is opened.
func Missing(place string) bool {
	if postgres.IsPlace(place) {
		return false
	}
	_, err := os.Stat(place)
	return errors.Is(err, fs.ErrNotExist)
}

// Shown is a place as messages may show it: without a password.
func Shown(place string) string { return postgres.Redacted(place) }

// Open opens the ledger at a place. Answers that a database can't take are saved
// beside the default ledger of this user. upgrading is called when the ledger is
// brought to the format of this version, which takes time.
func Open(place string, getenv func(string) string, upgrading func()) (ledger.Ledger, error) {
	if !postgres.IsPlace(place) {
		return opened(sqlite.Open(place, upgrading))
	}
	state, err := Default(getenv)
	if err != nil {
		return nil, err
	}
	return opened(postgres.Open(place, filepath.Dir(state), upgrading))
}

// opened keeps a nil pointer from becoming a ledger that is not nil.
func opened[L ledger.Ledger](l L, err error) (ledger.Ledger, error) {
	if err != nil {
		return nil, err
	}
	return l, nil
}

// OpenTemporary opens an empty ledger that is removed when it is closed, for a
// rehearsal.
func OpenTemporary() (ledger.Ledger, error) {
	dir, err := os.MkdirTemp("", "onboard-sandbox-*")
	if err != nil {
		return nil, err
	}
	l, err := sqlite.Open(filepath.Join(dir, "ledger.db"), func() {})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &temporary{l, dir}, nil
}

type temporary struct {
	*sqlite.Ledger
	dir string
}

func (t *temporary) Close() error { return errors.Join(t.Ledger.Close(), os.RemoveAll(t.dir)) }
