//go:build unix

package main

import (
	"os"
	"strings"
	"testing"

	"onboard/pkg/sandbox"
)

// TestOddFileName: a name that would draw on the terminal, or turn its letters
// around, does neither, wherever it is shown.
func TestOddFileName(t *testing.T) {
	const name = "a\x1b[2Jb\u202ec\n.csv"
	s := newSession(t, sandbox.Config{})
	for _, text := range []string{sheetHeader + sheetRow("A") + sheetRow("A"), "no sheet\n", ""} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, screen := s.submit(name)
		_, again := s.track(name)
		if screen += again; !strings.Contains(screen, "[2Jb") || strings.ContainsAny(screen, "\x1b\u202e") {
			t.Errorf("%q", screen)
		}
	}
}
