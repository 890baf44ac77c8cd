package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"onboard/pkg/ledger"
)

// localDisk is what to do where locks can't be relied upon.
const localDisk = "hint: name a file on a local disk with --ledger, or share a PostgreSQL database: --ledger postgres://USER@HOST/DATABASE"

// prepareFile makes the folder and the empty file, both private: SQLite gives
// its -wal and -shm files the mode of the database, whatever the umask. An
// existing file is only looked at, never opened: closing any descriptor of a
// database drops the locks that SQLite holds on it in this process.
func prepareFile(path string) error {
	folder := filepath.Dir(path)
	if err := ledger.MakeFolder(folder); err != nil {
		return err
	}
	if err := refuseNetwork(folder); err != nil {
		return err
	}
	if err := checkTrust(path); err != nil {
		return err
	}
	switch info, err := os.Lstat(path); {
	case errors.Is(err, fs.ErrNotExist):
		if err := refuseLog(path); err != nil {
			return err
		}
		return createFile(path)
	case err != nil:
		return err
	case info.Mode()&fs.ModeSymlink != 0:
		return errors.New("it is a symbolic link, which is not followed; hint: name the file it points to")
	case info.IsDir():
		return errors.New("it is a folder; hint: name a file in it")
	case !info.Mode().IsRegular():
		return errors.New("it is not a regular file; hint: name another file with --ledger")
	case links(info) > 1: // SQLite's log and locks go by name: each name would be a ledger of its own
		return errors.New("the file has a second name (a hard link), and under each it would be another ledger; hint: remove the other name, or keep a copy made with 'onboard status --backup' instead")
	}
	return nil
}

// makePrivate keeps others from reading a file that is known to be a ledger: tokens are
// in it.
func makePrivate(path string) error {
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Perm()&0o077 == 0 || runtime.GOOS == "windows" {
		return err
	}
	return os.Chmod(path, 0o600)
}

// checkTrust refuses files of the ledger that others may have written, or put there: a
// link in them would be taken for a partner's.
func checkTrust(path string) error {
	if err := ledger.CheckFolder(filepath.Dir(path)); err != nil {
		return err
	}
	for _, suffix := range []string{"", "-wal", "-shm", ownersSuffix} {
		if err := ledger.CheckFile(path + suffix); err != nil {
			return err
		}
	}
	return nil
}

// refuseLog finds the log of a database that was taken away: SQLite would delete
// it as soon as a new one stands at its name, and with it the newest records.
func refuseLog(path string) error {
	log, err := os.Lstat(path + "-wal")
	if err != nil || log.Size() == 0 {
		return nil
	}
	return fmt.Errorf("it is gone, and %s-wal, which holds the newest records, is still there; hint: put the ledger back beside it, or, if it is not needed, move that file away", path)
}

func createFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return ledger.CheckFile(path) // another process was faster
	}
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), ledger.SyncFolder(filepath.Dir(path)))
}
