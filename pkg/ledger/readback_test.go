package ledger

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestUnread: what is said about a spill file that was not read back fits what is
// wrong. Only one that can never be read may be moved away.
func TestUnread(t *testing.T) {
	const foreignHint, own = "move it to another folder", `{"Format":"onboard-spill-1","Run":"aaaaaaaaaaaaaaaa","Outcome":{"Attempt":1,"State":"created","Token":"t"}}`
	for _, tt := range []struct {
		name, text string
		entry      Entry
		err        error
		want, not  string
	}{
		{"not ours", "{}", Entry{}, nil, foreignHint, "waiting"},
		{"half a line", own[:20], Entry{}, nil, foreignHint, "waiting"},
		{"of another ledger", own, Entry{}, nil, foreignHint, "waiting"},
		{"the ledger says nothing of what to do", own, Entry{}, errors.New("disk is full"), "disk is full; hint: see that", foreignHint},
		{"the ledger says what to do", own, Entry{}, errors.New("no right; hint: GRANT"), "waiting in", "see that"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			prefix := filepath.Join(t.TempDir(), "l.spill-")
			path := prefix + "aaaaaaaaaaaaaaaa.jsonl"
			if err := os.WriteFile(path, []byte(tt.text+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			dead := func(string) bool { return false }
			err := NewSpill(prefix, NewRunID()).ReadBack(dead, func(Spilled) (Entry, error) { return tt.entry, tt.err })
			if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), tt.not) || strings.Count(err.Error(), "hint: ") != 1 {
				t.Errorf("%v", err)
			}
			if _, err := os.Lstat(path); err != nil {
				t.Errorf("the file was not left: %v", err)
			}
		})
	}
}
