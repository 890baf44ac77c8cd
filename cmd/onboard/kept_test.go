package main

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onboard/pkg/batch"
	"onboard/pkg/ledger"
	"onboard/pkg/ledger/ledgertest"
	"onboard/pkg/ledger/sqlite"
	"onboard/pkg/sandbox"
)

// spilled writes the answers about all rows in doubt as their run would have, had
// the ledger been away, into later.jsonl, and returns where it would lie.
func (s *session) spilled() string {
	s.Helper()
	place := filepath.Join(s.dir, "state", "onboard", "ledger.db")
	l, err := sqlite.Open(place)
	if err != nil {
		s.Fatal(err)
	}
	defer l.Close()
	doubts, err := l.InDoubt(s.Context(), 10)
	if err != nil || len(doubts) == 0 {
		s.Fatal(doubts, err)
	}
	var text []byte
	for _, d := range doubts {
		token := "late-" + companyOf(d.Body)
		line, err := json.Marshal(ledger.Spilled{Format: "onboard-spill-1", Run: d.Owner, At: time.Now(), Outcome: ledger.Outcome{Key: d.Key, Attempt: d.Attempt,
			State: ledger.Created, HTTPStatus: 200, Token: token, Link: "https://activation.example/partner?t=" + token}})
		if err != nil {
			s.Fatal(err)
		}
		text = append(append(text, line...), '\n')
	}
	file := place + ".spill-" + doubts[0].Owner + ".jsonl"
	s.write("later.jsonl", string(text))
	return file
}

// TestAnswerAfterDecision: answers come to light after an operator has decided. One
// tells what he did not know; the other differs, and is told and kept.
func TestAnswerAfterDecision(t *testing.T) {
	t.Setenv("ONBOARD_LEDGER", "")
	s := doubtful(t)
	file := s.spilled()
	of := s.traceIDs()
	s.write("list.in-doubt.csv", decisionsHeader+
		"created,"+of["B"]+",tok-B,https://activation.example/partner?t=B,"+sheetRow("B")+"created,"+of["C"]+",,,"+sheetRow("C"))
	if code, screen := s.reconcile("--yes"); code != 1 {
		t.Fatal(code, screen)
	}
	if err := os.Rename("later.jsonl", file); err != nil {
		t.Fatal(err)
	}
	code, screen := s.submit("list.csv")
	for _, want := range []string{"Warning  the answer of an earlier run about B (line 3, trace id ", "in line 1 of ", filepath.Base(file) + ".kept", "hint: compare"} {
		if code != 0 || !strings.Contains(screen, want) {
			t.Errorf("exit %d, %q is not in\n%s", code, want, screen)
		}
	}
	if strings.Contains(screen, "late-") || strings.Count(screen, "Warning") != 1 {
		t.Errorf("a token, or more, is shown:\n%s", screen)
	}
	found := outputs(t, "list", 4)
	if found["B"]["onboard_token"] != "tok-B" || found["C"]["onboard_token"] != "late-C" {
		t.Error(found["B"], found["C"])
	}
	if kept, err := os.ReadFile(file + ".kept"); err != nil || !strings.Contains(string(kept), "late-B") {
		t.Errorf("%q, %v", kept, err)
	}
	if code, screen = s.submit("list.csv"); code != 0 || strings.Contains(screen, "Warning") {
		t.Errorf("told again: exit %d\n%s", code, screen)
	}
}

// TestDecidedElsewhere: two decide about one row; the second one is told.
func TestDecidedElsewhere(t *testing.T) {
	l, err := sqlite.Open(filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	mine, other := ledgertest.MustBegin(t, l), ledgertest.MustBegin(t, l)
	var all []due
	for i := range 2 {
		e := ledgertest.MustClaim(t, mine, ledgertest.Intent(i))
		if err := mine.Settle(ledger.Outcome{Key: e.Key, Attempt: 1, State: ledger.InDoubt}); err != nil {
			t.Fatal(err)
		}
		all = append(all, due{batch.Decision{Verdict: batch.DecidedResend}, e.Line, e})
	}
	if err := other.Decide(ledger.Decision{Key: ledgertest.Key(1), Attempt: 1, State: ledger.Created}); err != nil {
		t.Fatal(err)
	}
	r := reconciliation{reconcileFlags: &reconcileFlags{}, submission: submission{ledgerRun: mine, path: "list.csv"}}
	_, err = r.record(all)
	if err == nil {
		t.Fatal("both decided")
	}
	for _, want := range []string{"somebody else decided about line 3 (Stay Green Greenery 1) meanwhile", "(1 before it are recorded)", "hint: ", "onboard submit list.csv"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
}

// TestDecidedWhileSending: somebody decides while the request is on its way, as for
// a computer that sleeps. What the answer tells is in the ledger, or in a file, and
// the next run gets through.
func TestDecidedWhileSending(t *testing.T) {
	for _, tt := range []struct {
		decided string // what B's row becomes
		code    int
		screen  []string
		then    string // B's token in the end; "": that of its answer
		warning bool   // of the next run
	}{
		{decided: "state = 'created', reason = 'settled by ann'"},
		{decided: "state = 'released'"},
		{decided: "state = 'created', token = 'tok-B', link = 'https://activation.example/partner?t=B'", code: 3, then: "tok-B", warning: true, screen: []string{
			"Stopped: nothing more is sent, as somebody decided about a row that this run was sending, or sent it again: line 3: ", ".spill-", "hint: run the same command again: it reads the answer back first"}},
	} {
		t.Run(tt.decided, func(t *testing.T) {
			t.Setenv("ONBOARD_LEDGER", "")
			var s *session
			s = newSession(t, sandbox.Config{Script: func(company string, _ int) sandbox.Fault {
				if company != "B" {
					return ""
				}
				db, err := sql.Open("sqlite", filepath.Join(s.dir, "state", "onboard", "ledger.db"))
				if err == nil {
					_, err = db.Exec("UPDATE partners SET " + tt.decided + " WHERE state = 'sending'")
				}
				if err = errors.Join(err, db.Close()); err != nil {
					t.Error(err)
				}
				return ""
			}})
			s.write("list.csv", sheetHeader+sheetRow("A")+sheetRow("B")+sheetRow("C"))
			code, screen := s.submit("list.csv", "--concurrency", "1")
			for _, want := range tt.screen {
				if !strings.Contains(screen, want) {
					t.Errorf("%q is not in\n%s", want, screen)
				}
			}
			if code != tt.code {
				t.Errorf("exit %d\n%s", code, screen)
			}
			code, screen = s.submit("list.csv")
			if code != 0 || strings.Contains(screen, "Warning  the answer of an earlier run about B (line 3") != tt.warning {
				t.Errorf("then exit %d\n%s", code, screen)
			}
			created := s.server.Snapshot().Created["B"]
			if len(created) != 1 {
				t.Fatalf("B was created %d times", len(created))
			}
			if got, want := outputs(t, "list", 3)["B"]["onboard_token"], cmp.Or(tt.then, created[0]); got != want {
				t.Errorf("B has %q, want %q", got, want)
			}
		})
	}
}
