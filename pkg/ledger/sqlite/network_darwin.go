package sqlite

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// refuseNetwork refuses what macOS does not call local, by statfs(2): neither
// SQLite's locks nor ours can be relied upon there.
func refuseNetwork(folder string) error {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return fmt.Errorf("cannot tell the file system of %s: %w", folder, err)
	}
	if s.Flags&unix.MNT_LOCAL == 0 {
		return fmt.Errorf("its file system is %s on another machine, where locks cannot be relied upon; "+localDisk, unix.ByteSliceToString(s.Fstypename[:]))
	}
	return nil
}
