package sqlite

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"onboard/pkg/ledger"
)

// copyOver writes one file over another, as cp does: the other stays the same file.
func copyOver(t *testing.T, from, to string) {
	t.Helper()
	source, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(target, source); err != nil {
		t.Fatal(err)
	}
	// It is left open: in this process closing it would drop SQLite's locks.
	t.Cleanup(func() { target.Close() })
}

// TestWrittenOver copies something over the ledger under a run. It is noticed before
// anything else is sent, and what stands there then is the copy, whole.
func TestWrittenOver(t *testing.T) {
	const before, after = 300, 900 // partners; the second is enough for checkpoints
	settle := func(r *Run, first, n int) (err error) {
		for i := first; i < n && err == nil; i++ {
			if _, _, err = r.Claim(testIntent(i)); err == nil {
				err = r.Settle(created(i, 1))
			}
		}
		return err
	}
	for name, tt := range map[string]struct {
		rows int // that the run has recorded before it is written over
		copy func(t *testing.T, l *Ledger, to string) error
	}{
		"a backup of the time before": {0, func(t *testing.T, l *Ledger, to string) error { return l.Backup(t.Context(), to) }},
		"a backup, long after":        {after, func(t *testing.T, l *Ledger, to string) error { return l.Backup(t.Context(), to) }},
		"another ledger": {0, func(t *testing.T, _ *Ledger, to string) error {
			return mustOpen(t, to).Close()
		}},
		"something else": {0, func(_ *testing.T, _ *Ledger, to string) error { return os.WriteFile(to, make([]byte, 100_000), 0o600) }},
		"nothing":        {0, func(_ *testing.T, _ *Ledger, to string) error { return os.WriteFile(to, nil, 0o600) }},
	} {
		t.Run(name, func(t *testing.T) {
			path := newPath(t)
			first := mustOpen(t, path)
			if err := settle(mustBegin(t, first), 0, before); err != nil {
				t.Fatal(err)
			}
			copied := filepath.Join(t.TempDir(), "copy.db")
			if err := tt.copy(t, first, copied); err != nil {
				t.Fatal(err)
			}
			if err := first.Close(); err != nil {
				t.Fatal(err)
			}
			l := mustOpen(t, path)
			r := mustBegin(t, l)
			mustClaim(t, r, testIntent(before))
			if err := settle(r, before+1, before+1+tt.rows); err != nil {
				t.Fatal(err)
			}
			copyOver(t, copied, path)
			if _, won, err := r.Claim(testIntent(5000)); won || !errors.Is(err, ledger.ErrGone) || !strings.Contains(err.Error(), "written over") {
				t.Errorf("claim: won %v, %v", won, err)
			}
			mustSpill(t, r, created(before, 1))
			_ = r.End(3, nil)
			l.Close()
			want, err := os.ReadFile(copied)
			if got, e := os.ReadFile(path); err != nil || e != nil || string(got) != string(want) {
				t.Errorf("the copy was changed: %v %v", err, e)
			}
			logs, err := filepath.Glob(path + overwrittenMark + "*")
			if err != nil || len(logs) != 1 {
				t.Fatal(logs, err)
			}
			if l, err := Open(path); err == nil || !strings.Contains(err.Error(), logs[0]) {
				t.Errorf("open: %v, %v", l, err)
			}
		})
	}
}
