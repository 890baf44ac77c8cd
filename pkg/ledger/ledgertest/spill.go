package ledgertest

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"onboard/pkg/ledger"
)

// MustSpill settles what the ledger cannot take, and returns the file.
func MustSpill(t testing.TB, r ledger.Run, o ledger.Outcome) string {
	t.Helper()
	var spill *ledger.SpillError
	err := r.Settle(o)
	if !errors.As(err, &spill) {
		t.Fatalf("settle: %v, want a *SpillError", err)
	}
	if o.Token != "" && strings.Contains(err.Error(), o.Token) || !strings.Contains(err.Error(), spill.Path) {
		t.Errorf("the error names a token, or no file: %v", err)
	}
	return spill.Path
}

// tokenWithoutARow: an answer for a row that moved on is kept, not dropped.
func tokenWithoutARow(t *testing.T, s Store) {
	place := s.Place(t)
	l := s.open(t, place)
	r := MustBegin(t, l)
	MustClaim(t, r, Intent(0))
	file := MustSpill(t, r, Created(0, 2))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = s.open(t, place)
	if _, err := l.Begin(Sandbox, Sheet); !errors.Is(err, ledger.ErrLost) || !strings.Contains(err.Error(), file) {
		t.Errorf("begin: %v", err)
	}
	if _, err := os.Lstat(file); err != nil {
		t.Errorf("the token is gone: %v", err)
	}
}

func foreignSpill(t *testing.T, s Store) {
	unknown := strings.Repeat("a", 16)
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	text := func(change func(*ledger.Spilled)) func(path string, good ledger.Spilled) error {
		return func(path string, good ledger.Spilled) error {
			change(&good)
			data, err := json.Marshal(good)
			if err != nil {
				return err
			}
			return os.WriteFile(path, append(data, '\n'), 0o600)
		}
	}
	tests := []struct {
		name string
		make func(path string, good ledger.Spilled) error
	}{
		{"another format", text(func(l *ledger.Spilled) { l.Format = "onboard-spill-2" })},
		{"under another run's name", func(path string, good ledger.Spilled) error {
			return text(func(*ledger.Spilled) {})(strings.Replace(path, good.Run, unknown, 1), good)
		}},
		{"no outcome", text(func(l *ledger.Spilled) { l.Outcome.State = ledger.Sending })},
		{"another partner", text(func(l *ledger.Spilled) { l.Outcome.Key[0] ^= 1 })},
		{"half a line", func(path string, _ ledger.Spilled) error {
			return os.WriteFile(path, []byte(`{"Format":"onboa`), 0o600)
		}},
		{"a symbolic link", func(path string, _ ledger.Spilled) error { return os.Symlink(empty, path) }},
		{"a folder", func(path string, _ ledger.Spilled) error { return os.Mkdir(path, 0o700) }},
		{"a run of another ledger", func(path string, good ledger.Spilled) error {
			return text(func(l *ledger.Spilled) { l.Run = unknown })(strings.Replace(path, good.Run, unknown, 1), good)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := s.open(t, s.Place(t))
			r := MustBegin(t, l)
			MustClaim(t, r, Intent(1))
			if err := r.End(3, nil); err != nil {
				t.Fatal(err)
			}
			path := s.Spills(l) + r.ID() + ".jsonl"
			if err := tt.make(path, ledger.Spilled{Format: "onboard-spill-1", Run: r.ID(), Outcome: Created(1, 1)}); err != nil {
				t.Fatal(err)
			}
			made, err := filepath.Glob(s.Spills(l) + "*")
			if err != nil || len(made) != 1 {
				t.Fatal(made, err)
			}
			if _, err := l.Begin(Sandbox, Sheet); err == nil || !strings.Contains(err.Error(), made[0]) {
				t.Errorf("begin: %v", err)
			}
			if err := os.Remove(made[0]); err != nil {
				t.Fatalf("it was not left: %v", err)
			}
			if got := MustLookup(t, MustBegin(t, l), Key(1)); got.State != ledger.InDoubt {
				t.Errorf("a refused file changed the row to %s", got.State)
			}
		})
	}
}
