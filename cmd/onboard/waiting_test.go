package main

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAnswersWait: answers that the ledger can't take for now stay where they are, and
// nobody is told to move them. What is said to do works.
func TestAnswersWait(t *testing.T) {
	t.Setenv("ONBOARD_LEDGER", "")
	s := doubtful(t)
	file := s.spilled()
	if err := os.Rename("later.jsonl", file); err != nil {
		t.Fatal(err)
	}
	execute := func(statement string) {
		t.Helper()
		db, err := sql.Open("sqlite", filepath.Join(s.dir, "state", "onboard", "ledger.db"))
		if err == nil {
			_, err = db.Exec(statement)
		}
		if err = errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
	}
	execute("CREATE TRIGGER full BEFORE UPDATE ON partners BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
	code, screen := s.submit("list.csv")
	for _, want := range []string{"still waiting in " + file + " (leave it there)", "disk is full", "hint: ", "then run the same command again"} {
		if code != 2 || !strings.Contains(screen, want) {
			t.Errorf("exit %d, %q is not in\n%s", code, want, screen)
		}
	}
	if strings.Contains(screen, "move it") || strings.Count(screen, "hint: ") != 1 {
		t.Errorf("a wrong hint, or two:\n%s", screen)
	}
	execute("DROP TRIGGER full")
	if code, screen = s.submit("list.csv"); code != 0 {
		t.Errorf("exit %d\n%s", code, screen)
	}
	if found := outputs(t, "list", 4); found["B"]["onboard_token"] != "late-B" {
		t.Error(found["B"])
	}
	if _, err := os.Lstat(file); !os.IsNotExist(err) {
		t.Errorf("it is still there: %v", err)
	}
}
