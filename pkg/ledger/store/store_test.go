package store

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"onboard/pkg/ledger"
)

func TestCheck(t *testing.T) {
	dir := t.TempDir()
	for place, want := range map[string]error{
		filepath.Join(dir, "ledger.db"):            nil,
		filepath.Join(dir, "missing", "ledger.db"): ErrNoFolder,
		"postgres://ann@db.example.com/ledger":     nil,
		"postgresql://ann@db.example.com/ledger":   nil,
		"postgres:/ann@db.example.com/ledger":      ErrAddress,
		"host=db.example.com dbname=ledger":        ErrAddress,
	} {
		if got := Check(place); !errors.Is(got, want) {
			t.Errorf("%s: %v, want %v", place, got, want)
		}
	}
}

func TestDefault(t *testing.T) {
	state := t.TempDir()
	got, err := Default(func(name string) string { return map[string]string{"XDG_STATE_HOME": state}[name] })
	if want := filepath.Join(state, "onboard", "ledger.db"); err != nil || got != want {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
	got, err = Default(func(name string) string { return map[string]string{"XDG_STATE_HOME": "relative"}[name] })
	if err != nil || !filepath.IsAbs(got) || filepath.Base(got) != "ledger.db" {
		t.Errorf("%s, %v", got, err)
	}
	if runtime.GOOS == "linux" && filepath.Base(filepath.Dir(filepath.Dir(got))) != "state" {
		t.Errorf("%s is not in the state folder of the XDG base directory specification", got)
	}
}

// TestOpenTemporary: nothing of it is left after Close.
func TestOpenTemporary(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir) // of Windows
	l, err := OpenTemporary()
	if err != nil {
		t.Fatal(err)
	}
	run, err := l.Begin(ledger.Scope{Endpoint: "sandbox", Account: "a"}, ledger.RunInfo{Command: "submit", File: "list.csv"})
	if err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
	if err := errors.Join(run.End(0, nil), l.Close()); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("%v, %v", entries, err)
	}
}

// TestMissing: a database is never missing before it is opened.
func TestMissing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ledger.db")
	if !Missing(file) || Missing("postgres://ann@db.example.com/ledger") {
		t.Error("only a file can be missing")
	}
	l, err := Open(file, os.Getenv, func() { t.Error("a new ledger is not upgraded") })
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if Missing(file) {
		t.Error("the file is there")
	}
}
