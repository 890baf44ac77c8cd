package sqlite

import (
	"errors"
	"io/fs"
	"os"
	"testing"

	"onboard/pkg/ledger"
)

// TestCloseLeavesOneFile: people copy, move and mail "the ledger file"; after a
// run, all must be in it.
func TestCloseLeavesOneFile(t *testing.T) {
	path := newPath(t)
	l := mustOpen(t, path)
	r := mustBegin(t, l)
	doubtful(t, r, 1)
	if _, err := r.Lookup(t.Context(), []ledger.Key{{1}}); err != nil {
		t.Fatal(err)
	}
	if err := r.End(0, nil); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path + "-wal", path + "-shm"} {
		if info, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is left: %v %v", name, info, err)
		}
	}
}
