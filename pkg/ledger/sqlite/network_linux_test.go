package sqlite

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestRefuseNetwork(t *testing.T) {
	if err := refuseNetwork(t.TempDir()); err != nil {
		t.Error(err)
	}
	for magic, refused := range map[uint32]bool{
		unix.NFS_SUPER_MAGIC: true, unix.CIFS_SUPER_MAGIC: true, unix.FUSE_SUPER_MAGIC: true,
		unix.EXT4_SUPER_MAGIC: false, unix.TMPFS_MAGIC: false, unix.OVERLAYFS_SUPER_MAGIC: false,
	} {
		if err := refuseType(magic); (err != nil) != refused {
			t.Errorf("%#x: %v", magic, err)
		}
	}
}
