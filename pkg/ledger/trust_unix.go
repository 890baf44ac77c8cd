//go:build unix

package ledger

import (
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// root may do everything anyway, and owns folders such as /tmp.
const root = "root"

// otherOwner names the owner of a file when it is not the user of this process.
func otherOwner(info fs.FileInfo) (name string, other bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(stat.Uid) == os.Geteuid() {
		return "", false
	}
	if stat.Uid == 0 {
		return root, true
	}
	id := strconv.FormatUint(uint64(stat.Uid), 10)
	if u, err := user.LookupId(id); err == nil {
		return u.Username, true
	}
	return id, true
}

// writableByOthers leaves links aside, whose mode says nothing: none is followed.
func writableByOthers(info fs.FileInfo) bool {
	return info.Mode().Perm()&0o022 != 0 && info.Mode()&fs.ModeSymlink == 0
}

// ownGroup says that those who can write are a group which is the user's alone, as many
// systems make one for each user and let it write to all that the user makes.
func ownGroup(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || info.Mode().Perm()&0o002 != 0 {
		return false
	}
	g, err := user.LookupGroupId(strconv.FormatUint(uint64(stat.Gid), 10))
	if err != nil {
		return false
	}
	u, err := user.Current()
	return err == nil && u.Username == g.Name
}
