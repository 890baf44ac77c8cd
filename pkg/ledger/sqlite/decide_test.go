package sqlite

import (
	"os"
	"path/filepath"
	"testing"

	"onboard/pkg/ledger"
)

func TestBackup(t *testing.T) {
	l := mustOpen(t, newPath(t))
	r := mustBegin(t, l)
	k := doubtful(t, r, 1)
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := l.Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if err := l.Backup(t.Context(), path); err == nil {
		t.Error("a file was written over")
	}
	copied := mustOpen(t, path)
	found, err := mustBegin(t, copied).Lookup(t.Context(), []ledger.Key{k})
	if err != nil || found[k].State != ledger.InDoubt {
		t.Errorf("%+v %v", found, err)
	}
}
