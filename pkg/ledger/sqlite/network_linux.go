package sqlite

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// networkTypes are the file systems on which neither SQLite's locks nor ours
// can be relied upon, by the magic numbers of statfs(2).
var networkTypes = map[uint32]string{
	unix.NFS_SUPER_MAGIC:  "NFS",
	unix.SMB_SUPER_MAGIC:  "SMB",
	unix.SMB2_SUPER_MAGIC: "SMB",
	unix.CIFS_SUPER_MAGIC: "CIFS",
	unix.FUSE_SUPER_MAGIC: "FUSE",
	unix.V9FS_MAGIC:       "9p",
}

func refuseNetwork(folder string) error {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return fmt.Errorf("cannot tell the file system of %s: %w", folder, err)
	}
	return refuseType(uint32(s.Type))
}

func refuseType(magic uint32) error {
	if name, network := networkTypes[magic]; network {
		return fmt.Errorf("its file system is %s, where locks cannot be relied upon; "+localDisk, name)
	}
	return nil
}
