//go:build unix

package sqlite

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/google/go-cmp/cmp"
)

func TestFileModes(t *testing.T) {
	for _, umask := range []int{0, 0o022, 0o077} {
		path := filepath.Join(t.TempDir(), "a", "b", "ledger.db")
		old := unix.Umask(umask)
		l := mustOpen(t, path)
		r := mustBegin(t, l)
		mustClaim(t, r, testIntent(1))
		breakLedger(t, r, "PRAGMA query_only = 1")
		mustSpill(t, r, created(1, 1))
		unix.Umask(old)

		got := map[string]fs.FileMode{}
		top := filepath.Dir(filepath.Dir(path))
		err := filepath.WalkDir(top, func(p string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := os.Lstat(p)
			rel, _ := filepath.Rel(top, p)
			got[rel] = info.Mode()
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]fs.FileMode{
			".": fs.ModeDir | 0o700, "b": fs.ModeDir | 0o700,
			"b/ledger.db": 0o600, "b/ledger.db-wal": 0o600, "b/ledger.db-shm": 0o600,
			"b/ledger.db.owners": fs.ModeDir | 0o700, "b/ledger.db.owners/" + r.ID(): 0o600,
			"b/ledger.db.spill-" + r.ID() + ".jsonl": 0o600,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("umask %03o (-want +got):\n%s", umask, diff)
		}
	}
}
