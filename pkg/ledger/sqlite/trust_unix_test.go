//go:build unix

package sqlite

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"onboard/pkg/ledger"
)

// stranger is a user that the tests don't run as. Only root can give files away.
const stranger = 54321

// TestUntrusted: what another user owns or can write is refused, by name and reason,
// and what the hint says makes the ledger open again.
func TestUntrusted(t *testing.T) {
	give := func(name string) func(string) error {
		return func(folder string) error { return os.Lchown(filepath.Join(folder, name), stranger, stranger) }
	}
	mode := func(name string, m fs.FileMode) func(string) error {
		return func(folder string) error { return os.Chmod(filepath.Join(folder, name), m) }
	}
	spill := "l.db.spill-" + strings.Repeat("a", 16) + ".jsonl"
	plant := func(owner int, m fs.FileMode) func(string) error {
		return func(folder string) error {
			path := filepath.Join(folder, spill)
			return errors.Join(os.WriteFile(path, nil, 0o600), os.Chmod(path, m), os.Lchown(path, owner, -1))
		}
	}
	us := os.Geteuid()
	for _, tt := range []struct {
		name   string
		root   bool // only root can make it so
		folder fs.FileMode
		do     func(folder string) error
		want   string // in the error; "": none
	}{
		{name: "a folder of one's own", folder: 0o700},
		{name: "a folder that others read", folder: 0o755},
		{name: "a folder like /tmp", folder: 0o777 | fs.ModeSticky},
		{name: "a folder that all can write", folder: 0o777, want: "can be written by other users (mode 0777); hint: chmod go-w "},
		{name: "a folder of another's", folder: 0o755, root: true, do: give("."), want: "belongs to another user (54321); hint: run onboard as that user"},
		{name: "a folder that another group can write", folder: 0o775, root: true, do: func(f string) error { return os.Chown(f, us, stranger) }, want: "(mode 0775); hint: chmod go-w "},
		{name: "a ledger that others read", folder: 0o700, do: mode("l.db", 0o644)},
		{name: "a ledger that others can write", folder: 0o700, do: mode("l.db", 0o660), want: "l.db can be written by other users (mode 0660); hint: if you know that nobody did, chmod go-w "},
		{name: "a ledger of another's", folder: 0o777 | fs.ModeSticky, root: true, do: give("l.db"), want: "l.db belongs to another user (54321)"},
		{name: "a log", folder: 0o777 | fs.ModeSticky, root: true, do: give("l.db-wal"), want: "l.db-wal belongs to another user"},
		{name: "an index of the log", folder: 0o700, do: mode("l.db-shm", 0o602), want: "l.db-shm can be written"},
		{name: "the folder of locks", folder: 0o777 | fs.ModeSticky, root: true, do: give("l.db.owners"), want: "l.db.owners belongs to another user"},
		{name: "a folder of locks that others can write", folder: 0o700, do: mode("l.db.owners", 0o777), want: "l.db.owners can be written"},
		{name: "saved answers, planted", folder: 0o777 | fs.ModeSticky, root: true, do: plant(stranger, 0o600), want: spill + " belongs to another user"},
		{name: "saved answers that others can write", folder: 0o700, do: plant(us, 0o666), want: spill + " can be written"},
	} {
		if tt.root && us != 0 {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "folder")
			if err := os.Mkdir(folder, 0o700); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(folder, "l.db")
			l := mustOpen(t, path)
			mustClaim(t, mustBegin(t, l), testIntent(0)) // it lives on, so -wal and -shm stay
			if tt.do != nil {
				if err := tt.do(folder); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Chmod(folder, tt.folder); err != nil {
				t.Fatal(err)
			}
			checkBegin(t, path, tt.want)
			if _, hint, found := strings.Cut(tt.want, "chmod"); !found || !strings.HasPrefix(hint, " go-w") {
				return
			}
			for _, name := range []string{"", "l.db"} { // as the hint says
				info, err := os.Stat(filepath.Join(folder, name))
				if err == nil {
					err = os.Chmod(filepath.Join(folder, name), info.Mode().Perm()&^0o022)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			checkBegin(t, path, "")
		})
	}
}

// TestPlantedLink: an answer that somebody else puts beside the ledger gives no partner a link.
func TestPlantedLink(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Log("only root can give a file away; what is refused by its mode is in TestUntrusted")
	}
	folder := t.TempDir()
	if err := os.Chmod(folder, 0o777|fs.ModeSticky); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "l.db")
	l := mustOpen(t, path)
	r := mustBegin(t, l)
	mustClaim(t, r, testIntent(0))
	if err := r.End(3, nil); err != nil {
		t.Fatal(err)
	}
	spill := ledger.NewSpill(spillPrefix(path), r.ID())
	if err := spill.Save(created(0, 1), ledger.ErrClosed); !errors.As(err, new(*ledger.SpillError)) {
		t.Fatal(err)
	}
	planted := spillPrefix(path) + r.ID() + ".jsonl"
	if os.Geteuid() == 0 {
		if err := os.Chown(planted, stranger, stranger); err != nil {
			t.Fatal(err)
		}
	} else if err := os.Chmod(planted, 0o622); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Begin(sandbox, sheet); err == nil || !strings.Contains(err.Error(), planted) || strings.Contains(err.Error(), "move it to another folder") {
		t.Errorf("begin: %v", err)
	}
	if err := os.Remove(planted); err != nil {
		t.Fatal(err)
	}
	if e := mustLookup(t, mustBegin(t, l), testKey(0)); e.State != ledger.InDoubt || e.Token != "" {
		t.Errorf("%s with %q", e.State, e.Token)
	}
}
