package sheet

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestOrphans: what a killed process left goes, what a living one writes stays.
func TestOrphans(t *testing.T) {
	if !lockable {
		return
	}
	path := filepath.Join(t.TempDir(), "out.csv")
	orphan := filepath.Join(filepath.Dir(path), tempPrefix(path)+"123"+tempSuffix)
	if err := os.WriteFile(orphan, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	living, err := CreateFile(path)
	if err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	for _, name := range []string{orphan, living.f.Name()} {
		if err := os.Chtimes(name, old, old); err != nil {
			t.Fatal(err)
		}
	}
	other, err := CreateFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other.Discard()
	if _, err := os.Stat(orphan); err == nil {
		t.Error("the orphan stays")
	}
	if err := living.Commit(); err != nil {
		t.Errorf("the living file was taken away: %v", err)
	}
}

func TestCreateFileRefuses(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{dir, os.DevNull, filepath.Join(dir, "no", "out.csv")} {
		f, err := CreateFile(path)
		var refused *FileError
		if !errors.As(err, &refused) || refused.Hint == "" {
			t.Errorf("%s: %v %v", path, f, err)
		}
	}
}

// TestOddDelimiter: an output with a delimiter that nobody would look for
// names it, so that it can be handed in as it is.
func TestOddDelimiter(t *testing.T) {
	s, err := open(t, "sep=:\n"+strings.ReplaceAll(header, ",", ":")+"A:B:C:D:E:F\n", Options{})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "out.csv")
	if text := write(t, s, path); !strings.HasPrefix(text, "sep=:\nonboard_line:") {
		t.Errorf("%q", text)
	}
	again, err := open(t, write(t, s, path), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if rows, _, err := readAll(t, again); err != nil || len(rows) != 1 {
		t.Error(rows, err)
	}
}
