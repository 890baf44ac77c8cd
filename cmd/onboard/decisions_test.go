package main

import (
	"encoding/csv"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/batch"
	"onboard/pkg/ledger"
	"onboard/pkg/sandbox"
)

// unread submits A to D; of B and C no answer comes, and D's has only one of
// token and link.
func unread(t *testing.T) *session {
	t.Helper()
	s := newSession(t, sandbox.Config{Script: func(company string, attempt int) sandbox.Fault {
		return map[string]sandbox.Fault{"B": "500", "C": "502", "D": "no-link"}[company]
	}})
	s.write("list.csv", sheetHeader+sheetRow("A")+sheetRow("B")+sheetRow("C"))
	if code, screen := s.submit("list.csv", "--concurrency", "1"); code != 4 {
		t.Fatal(code, screen)
	}
	return s
}

// decide fills in the in-doubt file of list.csv, by company.
func (s *session) decide(decisions map[string]string) {
	s.Helper()
	b, err := os.ReadFile("list.in-doubt.csv")
	if err != nil {
		s.Fatal(err)
	}
	text := string(b)
	for company, d := range decisions {
		text = strings.Replace(text, ","+company+",GB", d+","+company+",GB", 1)
	}
	s.write("list.in-doubt.csv", text)
}

// decisionsHeader is that of a file with decisions, for sheets with sheetHeader.
const decisionsHeader = "onboard_decision,onboard_trace_id,onboard_token,onboard_link," + sheetHeader

// traceIDs are those of the in-doubt file of list.csv, by company.
func (s *session) traceIDs() map[string]string {
	s.Helper()
	of := map[string]string{}
	for _, r := range readRecords(s.T, "list.in-doubt.csv")[1:] {
		of[r[6]] = r[2]
	}
	return of
}

// decided is what the in-doubt file of list.csv says now.
func (s *session) decided() map[string]string {
	s.Helper()
	f, err := os.Open("list.in-doubt.csv")
	if err != nil {
		s.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		s.Fatal(err)
	}
	said := map[string]string{}
	for _, r := range records[1:] {
		said[r[6]] = r[5]
	}
	return said
}

func TestAllHeedsTheFile(t *testing.T) {
	s := unread(t)
	s.decide(map[string]string{"B": "skip"})
	code, screen := s.reconcile("--all", "resend", "--why", "support", "--yes")
	if code != 4 || !strings.Contains(screen, "1 decision filled in, 1 by --all resend.") || s.server.Snapshot().Posts != 4 {
		t.Fatal(code, s.server.Snapshot().Posts, screen)
	}
	_, next, _ := strings.Cut(screen, "\nNext")
	if !strings.Contains(next, "onboard reconcile list.csv") || strings.Contains(next, "--all") || strings.Contains(next, "--why") || strings.Contains(next, "--yes") {
		t.Errorf("next: %s", next)
	}
	if diff := cmp.Diff(map[string]string{"B": "skip", "C": ""}, s.decided()); diff != "" {
		t.Errorf("in the file (-want +got)\n%s", diff)
	}
	// A submission doesn't forget either.
	if code, screen := s.submit("list.csv"); code != 4 || s.decided()["B"] != "skip" {
		t.Error(code, screen, s.decided())
	}
}

func TestOtherDecisionsLoseNone(t *testing.T) {
	s := unread(t)
	head := "onboard_decision,onboard_trace_id," + sheetHeader
	of := s.traceIDs()
	s.decide(map[string]string{"B": "created"})
	s.write("other.csv", head+"created,"+of["C"]+","+sheetRow("C"))
	if code, screen := s.reconcile("--decisions", "other.csv"); code != 2 || !strings.Contains(screen, "decisions that were not carried out yet") || s.decided()["B"] != "created" {
		t.Fatal(code, screen)
	}
	// A decision that no row would carry further is not wiped.
	s.write("list.csv", sheetHeader+sheetRow("A")+sheetRow("C"))
	if code, screen := s.reconcile(); code != 2 || !strings.Contains(screen, "line 2 of list.in-doubt.csv is about a partner that is not in list.csv") || s.decided()["B"] != "created" {
		t.Fatal(code, screen)
	}
	// --decisions may name the file that would be read anyway.
	s.write("list.csv", sheetHeader+sheetRow("A")+sheetRow("B")+sheetRow("C"))
	if code, screen := s.reconcile("--decisions", "./list.in-doubt.csv"); code != 4 || s.statuses(3)["B"] != "duplicate" {
		t.Fatal(code, screen)
	}
	s.decide(map[string]string{"C": "skip"})
	s.write("other.csv", head+"resend,"+of["B"]+","+sheetRow("B")+"resend,,"+sheetRow("Z"))
	code, screen := s.reconcile("--decisions", "other.csv", "--yes")
	if code != 4 || !strings.Contains(screen, "line 2 of other.csv is not in doubt any more") || !strings.Contains(screen, "line 3 of other.csv is not in list.csv") {
		t.Fatal(code, screen)
	}
	if s.decided()["C"] != "skip" || s.server.Snapshot().Posts != 3 {
		t.Error(s.decided(), s.server.Snapshot().Posts)
	}
}

// TestOneDecisionOneRequest: a wish to send again holds for the attempt that was in
// doubt when it was written down, however often it is read.
func TestOneDecisionOneRequest(t *testing.T) {
	s := unread(t)
	s.decide(map[string]string{"B": "resend"})
	b, err := os.ReadFile("list.in-doubt.csv")
	if err != nil {
		t.Fatal(err)
	}
	s.write("decided.csv", string(b))
	if code, screen := s.reconcile("--decisions", "decided.csv", "--yes"); code != 2 || !strings.Contains(screen, "not carried out yet") {
		t.Fatal(code, screen)
	}
	for i, want := range []int{4, 2, 2} { // B is in doubt again, and the decision is spent
		s.write("list.in-doubt.csv", string(b))
		code, screen := s.reconcile("--yes")
		if code != want || s.server.Snapshot().Posts != 4 || i > 0 && !strings.Contains(screen, "sent since this decision") {
			t.Fatal(code, s.server.Snapshot().Posts, screen)
		}
	}
}

func TestContradictingDecisions(t *testing.T) {
	s := unread(t)
	s.write("other.csv", "onboard_decision,"+sheetHeader+"created,"+sheetRow("B")+"resend,"+sheetRow("B"))
	code, screen := s.reconcile("--decisions", "other.csv", "--yes")
	if code != 2 || !strings.Contains(screen, "other.csv:3: line 2 decides about the same partner") || s.server.Snapshot().Posts != 3 {
		t.Error(code, s.server.Snapshot().Posts, screen)
	}
}

// TestTokenLater: a partner that was settled without its token gets it later, once.
func TestTokenLater(t *testing.T) {
	s := unread(t)
	of := s.traceIDs()
	s.decide(map[string]string{"B": "created", "C": "created"})
	if code, screen := s.reconcile(); code != 1 {
		t.Fatal(code, screen)
	}
	if why := outputs(t, "list", 3)["B"]["onboard_problems"]; !strings.Contains(why, "its token and link are not known") {
		t.Error(why)
	}
	told := func(token string) string {
		return decisionsHeader + "created," + of["B"] + "," + token + ",https://a.example/?t=" + token + "," + sheetRow("B")
	}
	s.write("list.in-doubt.csv", told("tok-B"))
	if code, screen := s.submit("list.csv"); code != 2 || !strings.Contains(screen, "not carried out yet") {
		t.Fatal(code, screen)
	}
	if code, screen := s.reconcile("--why", "from support", "--yes"); code != 1 {
		t.Fatal(code, screen)
	}
	if b := outputs(t, "list", 3)["B"]; b["onboard_status"] != "already_created" || b["onboard_token"] != "tok-B" {
		t.Error(b)
	}
	s.write("list.in-doubt.csv", told("tok-B"))
	if code, screen := s.reconcile(); code != 0 || !strings.Contains(screen, "line 2 of list.in-doubt.csv is not in doubt any more") {
		t.Error(code, screen)
	}
}

// TestHalfAnAnswer: what came of token and link is told, and kept.
func TestHalfAnAnswer(t *testing.T) {
	s := unread(t)
	s.write("list.csv", sheetHeader+sheetRow("A")+sheetRow("B")+sheetRow("C")+sheetRow("D"))
	if code, screen := s.submit("list.csv"); code != 4 {
		t.Fatal(code, screen)
	}
	of := s.traceIDs()
	if why := outputs(t, "list", 4)["D"]["onboard_problems"]; !strings.Contains(why, "a token came, but no link") {
		t.Error(why)
	}
	s.decide(map[string]string{"D": "created"})
	if code, screen := s.reconcile(); code != 4 {
		t.Fatal(code, screen)
	}
	if why := outputs(t, "list", 4)["D"]["onboard_problems"]; !strings.Contains(why, "its link is not known") {
		t.Error(why)
	}
	s.write("told.csv", decisionsHeader+"created,"+of["D"]+",,https://a.example/?t=D,"+sheetRow("D"))
	if code, screen := s.reconcile("--decisions", "told.csv", "--yes"); code != 4 {
		t.Fatal(code, screen)
	}
	d := outputs(t, "list", 4)["D"]
	if tokens := s.server.Snapshot().Created["D"]; len(tokens) != 1 || d["onboard_token"] != tokens[0] || d["onboard_link"] != "https://a.example/?t=D" {
		t.Error(d, tokens)
	}
}

// TestSentAt: a row in doubt says when the attempt with its trace id was sent, in
// every run the same.
func TestSentAt(t *testing.T) {
	s := newSession(t, sandbox.Config{RetryAfter: 2 * time.Second, Script: func(_ string, attempt int) sandbox.Fault {
		return []sandbox.Fault{"429-retry", "500"}[attempt-1]
	}})
	s.write("list.csv", sheetHeader+sheetRow("B"))
	began := time.Now()
	if code, screen := s.submit("list.csv"); code != 4 {
		t.Fatal(code, screen)
	}
	first := outputs(t, "list", 1)["B"]["onboard_at"]
	at, err := time.Parse(time.RFC3339, first)
	if err != nil || at.Before(began.Add(time.Second)) { // cut to the second
		t.Errorf("begun at %s, sent at %s, %v", began.UTC(), first, err)
	}
	if code, screen := s.submit("list.csv"); code != 4 || outputs(t, "list", 1)["B"]["onboard_at"] != first {
		t.Error(code, screen)
	}
	if _, screen := s.reconcile(); !strings.Contains(screen, "sent "+strings.Replace(first, "T", " ", 1)+" to ") {
		t.Errorf("%s\nwant %s", screen, first)
	}
}

// TestToSend: reconcile sends what was decided, and not what its plan counted.
func TestToSend(t *testing.T) {
	s := submission{submitFlags: &submitFlags{}, plan: &batch.Plan{}}
	if n := s.toSend(map[ledger.Key]bool{{1}: true}); n != 1 {
		t.Errorf("%d to send", n)
	}
}
