//go:build unix

package sqlite

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestLostLog takes files away from a ledger as a kill leaves it: a copy that is
// made while a run is sending.
func TestLostLog(t *testing.T) {
	folder := filepath.Dir(newPath(t))
	r := mustBegin(t, mustOpen(t, filepath.Join(folder, "ledger.db")))
	mustClaim(t, r, testIntent(1))
	lock := "ledger.db.owners/" + r.ID()
	empty := func(t *testing.T, path string) {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name, gone, want string
		then             func(t *testing.T, to string)
	}{
		{name: "all there"},
		{name: "no locks", gone: "ledger.db.owners"},
		{name: "no log", gone: "ledger.db-wal", want: "put ledger.db-wal and the folder"},
		{name: "moved alone", gone: "ledger.db-wal ledger.db.owners", want: "put ledger.db-wal and the folder"},
		{name: "only the log", gone: "ledger.db", want: "put the ledger back"},
		{name: "only the locks", gone: "ledger.db ledger.db-wal", want: "then remove the file"},
		{name: "opened and closed since", then: func(t *testing.T, to string) {
			if err := mustOpen(t, filepath.Join(to, "ledger.db")).Close(); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "the loss of the log is accepted", gone: "ledger.db-wal", then: func(t *testing.T, to string) {
			empty(t, filepath.Join(to, lock))
		}},
		{name: "the loss of all is accepted", gone: "ledger.db ledger.db-wal " + lock},
	} {
		t.Run(tt.name, func(t *testing.T) {
			to := filepath.Join(t.TempDir(), "copy")
			if out, err := exec.Command("cp", "-R", folder, to).CombinedOutput(); err != nil { // to read it here would drop SQLite's locks
				t.Fatalf("%v: %s", err, out)
			}
			for _, name := range append(strings.Fields(tt.gone), "ledger.db-shm") {
				if err := os.RemoveAll(filepath.Join(to, name)); err != nil {
					t.Fatal(err)
				}
			}
			if tt.then != nil {
				tt.then(t, to)
			}
			for range 2 { // being refused changes nothing
				checkBegin(t, filepath.Join(to, "ledger.db"), tt.want)
			}
		})
	}
}

// TestTwoNames: under a second name the file would have a log of its own.
func TestTwoNames(t *testing.T) {
	path := newPath(t)
	if err := mustOpen(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(path, path+".2"); err != nil {
		t.Fatal(err)
	}
	checkBegin(t, path, "remove the other name")
	checkBegin(t, path+".2", "remove the other name")
	if err := os.Remove(path + ".2"); err != nil {
		t.Fatal(err)
	}
	checkBegin(t, path, "")
}
