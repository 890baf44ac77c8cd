//go:build unix

package sqlite

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/ledger"
)

// TestSpillWithoutRoom: where there is no room for an answer, nothing is left of the
// attempt to save it: the file that is to be moved there goes by that very name.
//
// The limit that stands for the full disk holds for a whole process, and this one has
// files of package testing to write, so another one runs the test.
func TestSpillWithoutRoom(t *testing.T) {
	if os.Getenv("ONBOARD_TEST_FULL") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestSpillWithoutRoom$", "-test.v")
		cmd.Env = append(os.Environ(), "ONBOARD_TEST_FULL=1")
		if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("--- PASS: TestSpillWithoutRoom")) {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	t.Setenv("TMPDIR", t.TempDir())
	r := mustBegin(t, mustOpen(t, newPath(t)))
	mustClaim(t, r, testIntent(0))
	breakLedger(t, r, "PRAGMA query_only = 1")
	full := func() (undo func()) { // no file may grow beyond nothing, as on a full disk
		var old unix.Rlimit
		if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &old); err != nil {
			t.Fatal(err)
		}
		signal.Ignore(unix.SIGXFSZ)
		limit := old
		limit.Cur = 0
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
			t.Fatal(err)
		}
		return func() {
			signal.Reset(unix.SIGXFSZ)
			if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &old); err != nil {
				t.Error(err)
			}
		}
	}
	undo := full()
	err := r.Settle(created(0, 1))
	undo()
	if err == nil || errors.As(err, new(*ledger.SpillError)) {
		t.Fatalf("settle: %v", err)
	}
	for _, folder := range []string{filepath.Dir(r.l.path), os.TempDir()} {
		if left, err := filepath.Glob(filepath.Join(folder, "*.spill-*")); err != nil || len(left) > 0 {
			t.Errorf("left: %v, %v", left, err)
		}
	}
	mustSpill(t, r, created(0, 1)) // there is room again
}

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
