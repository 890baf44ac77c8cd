package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// UntrustedError is a file or folder that another user may have written: what is in it
// may tell a partner somebody else's link.
type UntrustedError struct{ Path, Why, Hint string }

func (e *UntrustedError) Error() string {
	return fmt.Sprintf("%s %s; hint: %s", e.Path, e.Why, e.Hint)
}

const ownFolder = "keep the ledger, with all files whose names begin like its own, in a folder that only you can write to, and name it with --ledger"

// CheckFile refuses a file, or a folder of ours, that is not ours alone to write. One
// that is not there is none.
func CheckFile(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if owner, other := otherOwner(info); other {
		return &UntrustedError{path, "belongs to another user (" + owner + ")",
			"if it is yours, run onboard as that user; if not, let that user or an administrator remove it, or " + ownFolder}
	}
	if others := writableByOthers(info); others {
		return &UntrustedError{path, fmt.Sprintf("can be written by other users (mode %04o)", info.Mode().Perm()),
			fmt.Sprintf("if you know that nobody did, chmod go-w %s", path)}
	}
	return nil
}

// CheckFolder refuses a folder in which others can put something in the place of our
// files. In one like /tmp, where everybody can only add files (the sticky bit), what
// somebody added is refused by its owner.
func CheckFolder(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if owner, other := otherOwner(info); other && owner != root {
		return &UntrustedError{path, "belongs to another user (" + owner + ")", "run onboard as that user, or " + ownFolder}
	}
	if writableByOthers(info) && info.Mode()&fs.ModeSticky == 0 && !ownGroup(info) {
		return &UntrustedError{path, fmt.Sprintf("can be written by other users (mode %04o)", info.Mode().Perm()),
			fmt.Sprintf("chmod go-w %s, or %s", filepath.Clean(path), ownFolder)}
	}
	return nil
}
