package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"onboard/pkg/ledger"
)

// savedMark stands in the name of a copy that was made because the file itself
// was taken away while it was in use.
const savedMark = ".saved-"

// checkPlace says whether the file that is open still stands at its path. One
// that was moved, removed or replaced takes writes as before, but the next run
// would not find them, and would send everything again.
func (l *Ledger) checkPlace() error {
	if stands(l.path, l.file) && stands(l.path+"-wal", l.logs["-wal"]) {
		return nil
	}
	saved := l.path + savedMark + time.Now().UTC().Format("20060102T150405.000000000")
	if err := copyInto(context.Background(), l.conn, saved); err != nil {
		return fmt.Errorf("it was moved, removed or replaced while in use, and what it held could not be saved: %w", err)
	}
	for suffix, log := range l.logs { // beside another database its log would be taken for that one's, and spoil it
		if stands(l.path+suffix, log) {
			_ = os.Remove(l.path + suffix)
		}
	}
	return fmt.Errorf("it was moved, removed or replaced while in use; all that it held is in %s; move that file to %s before anything is run again", saved, l.path)
}

// stands says whether the very file is at path.
func stands(path string, file os.FileInfo) bool {
	there, err := os.Lstat(path)
	return err == nil && os.SameFile(file, there)
}

// refuseSaved looks for a copy that checkPlace made: without what it holds,
// partners would be created twice.
func refuseSaved(path string) error {
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return err
	}
	for _, f := range files {
		if strings.HasPrefix(f.Name(), filepath.Base(path)+overwrittenMark) {
			return fmt.Errorf("it was written over during an earlier run, and may not know all that was created: what was recorded last is in %s; hint: find out which partners exist beyond it (results files, the platform), and only then move that file to another folder",
				filepath.Join(filepath.Dir(path), f.Name()))
		}
		if strings.HasPrefix(f.Name(), filepath.Base(path)+savedMark) {
			saved := filepath.Join(filepath.Dir(path), f.Name())
			return fmt.Errorf("it was taken away during an earlier run, and what it held was saved in %s; hint: move that file to %s, or, if it is not needed, to another folder", saved, path)
		}
	}
	return nil
}

// copyInto writes a whole copy of a database to path (mode 0600), which must not
// exist, and leaves nothing there when that fails.
func copyInto(ctx context.Context, from querier, path string) (err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) // SQLite keeps the mode of an empty file
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(path)
		}
	}()
	if err = f.Close(); err != nil {
		return err
	}
	if _, err = from.ExecContext(ctx, "VACUUM INTO ?", path); err != nil {
		return err
	}
	if f, err = os.OpenFile(path, os.O_RDWR, 0); err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close(), ledger.SyncFolder(filepath.Dir(path)))
}
