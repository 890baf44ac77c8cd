package sqlite

import (
	"errors"
	"fmt"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// refuseNetwork refuses shares (\\server\share) and drives that stand for one:
// neither SQLite's locks nor ours can be relied upon there.
func refuseNetwork(folder string) error {
	root, err := windows.UTF16PtrFromString(filepath.VolumeName(folder) + `\`)
	if err != nil {
		return fmt.Errorf("cannot tell the drive of %s: %w", folder, err)
	}
	if windows.GetDriveType(root) == windows.DRIVE_REMOTE {
		return errors.New("its drive is a network share, where locks cannot be relied upon; " + localDisk)
	}
	return nil
}
