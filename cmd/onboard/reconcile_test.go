package main

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/sandbox"
)

// doubtful submits A to D; B was created without our knowing, C was not.
func doubtful(t *testing.T) *session {
	t.Helper()
	s := newSession(t, sandbox.Config{Script: func(company string, attempt int) sandbox.Fault {
		switch {
		case company == "B" && attempt == 1:
			return "reset-after"
		case company == "C" && attempt == 1:
			return "502"
		}
		return ""
	}})
	s.write("list.csv", sheetHeader+sheetRow("A")+sheetRow("B")+sheetRow("C")+sheetRow("D"))
	if code, screen := s.submit("list.csv", "--concurrency", "1"); code != 4 || !strings.Contains(screen, "onboard reconcile list.csv") {
		t.Fatal(code, screen)
	}
	return s
}

// reconcile runs the command without a terminal.
func (s *session) reconcile(flags ...string) (int, string) {
	s.Helper()
	var b strings.Builder
	args := append([]string{"reconcile", "list.csv", "--target", s.address, "--rate-limit", "10000/s"}, flags...)
	return run(args, strings.NewReader(""), &b, &b), b.String()
}

func (s *session) statuses(rows int) map[string]string {
	s.Helper()
	got := map[string]string{}
	for name, row := range outputs(s.T, "list", rows) {
		got[name] = row["onboard_status"]
	}
	return got
}

func TestReconcile(t *testing.T) {
	s := doubtful(t)
	if code, screen := s.reconcile(); code != 2 || !strings.Contains(screen, "no decision is filled in") {
		t.Fatal(code, screen)
	}
	filled, err := os.ReadFile("list.in-doubt.csv")
	if err != nil {
		t.Fatal(err)
	}
	fill := func(b, c string) {
		text := strings.Replace(string(filled), ",B,GB", b+",B,GB", 1)
		s.write("list.in-doubt.csv", strings.Replace(text, ",C,GB", c+",C,GB", 1))
	}
	fill("created", "maybe")
	if code, screen := s.reconcile("--yes"); code != 2 || !strings.Contains(screen, `list.in-doubt.csv:3: the decision "maybe" is not known`) {
		t.Fatal(code, screen)
	}
	fill("created", "resend")
	if code, screen := s.reconcile(); code != 2 || !strings.Contains(screen, "nobody can be asked here") {
		t.Fatal(code, screen)
	}
	code, screen := s.reconcile("--yes", "--why", "seen in the portal")
	if code != 1 || !strings.Contains(screen, ": 2 rows") {
		t.Fatal(code, screen)
	}
	want := map[string]string{"A": "already_created", "B": "duplicate", "C": "created", "D": "already_created"}
	if diff := cmp.Diff(want, s.statuses(4)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for name, tokens := range s.server.Snapshot().Created {
		if len(tokens) != 1 {
			t.Errorf("%s was created %d times", name, len(tokens))
		}
	}
	if why := outputs(t, "list", 4)["B"]["onboard_problems"]; !strings.Contains(why, "seen in the portal") {
		t.Errorf("the reason is lost: %s", why)
	}
	if _, err := os.Stat("list.in-doubt.csv"); err == nil {
		t.Error("the in-doubt file is still there")
	}
	if code, screen := s.reconcile(); code != 0 || !strings.Contains(screen, "No row of list.csv is in doubt on ") {
		t.Error(code, screen)
	}
}

func TestReconcileWithTokenAndSkip(t *testing.T) {
	s := doubtful(t)
	of := s.traceIDs()
	s.write("list.in-doubt.csv", decisionsHeader+"Created,"+of["B"]+",tok-B,https://activation.example/partner?t=B,"+sheetRow("B")+"skip,"+of["C"]+",,,"+sheetRow("C"))
	if code, screen := s.reconcile("--yes"); code != 4 {
		t.Fatal(code, screen)
	}
	found := outputs(t, "list", 4)
	if b := found["B"]; b["onboard_status"] != "already_created" || b["onboard_token"] != "tok-B" || found["C"]["onboard_status"] != "in_doubt" {
		t.Error(found["B"], found["C"])
	}
	s.write("list.in-doubt.csv", decisionsHeader+"created,"+of["C"]+",tok,,"+sheetRow("C"))
	if code, screen := s.reconcile(); code != 2 || !strings.Contains(screen, "only one of token and link") {
		t.Error(code, screen)
	}
}

func TestReconcileAll(t *testing.T) {
	s := doubtful(t)
	if code, screen := s.reconcile("--all", "created"); code != 2 || !strings.Contains(screen, "hint: --all resend") {
		t.Fatal(code, screen)
	}
	if code, screen := s.reconcile("--all", "resend", "--yes", "--dry-run"); code != 4 || s.server.Snapshot().Posts != 4 {
		t.Fatal(code, screen)
	}
	// B is a partner already, by the platform's own list: only C is sent.
	if code, screen := s.reconcile("--all", "resend", "--yes"); code != 4 || !strings.Contains(screen, "Line 3 is not sent again") {
		t.Fatal(code, screen)
	}
	if diff := cmp.Diff(map[string]string{"A": "already_created", "B": "in_doubt", "C": "created", "D": "already_created"}, s.statuses(4)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestDecisionsAreNotWrittenOver(t *testing.T) {
	s := doubtful(t)
	filled, _ := os.ReadFile("list.in-doubt.csv")
	s.write("list.in-doubt.csv", strings.Replace(string(filled), ",B,GB", "created,B,GB", 1))
	if code, screen := s.submit("list.csv"); code != 2 || !strings.Contains(screen, "onboard reconcile list.csv") {
		t.Error(code, screen)
	}
}

func TestCheckExisting(t *testing.T) {
	s := newSession(t, sandbox.Config{})
	s.write("list.csv", sheetHeader+sheetRow("Acme Ltd."))
	if code, screen := s.submit("list.csv"); code != 0 {
		t.Fatal(code, screen)
	}
	_, _ = s.submit("list.csv", "--check-existing")
	if got := s.statuses(1); got["Acme Ltd."] != "already_created" {
		t.Errorf("our own partner is %v", got)
	}
	s.write("list.csv", sheetHeader+sheetRow("ACME Ltd")+sheetRow("Beta"))
	if code, screen := s.submit("list.csv", "--check-existing", "--ledger", "other.db"); code != 1 {
		t.Fatal(code, screen)
	}
	if diff := cmp.Diff(map[string]string{"ACME Ltd": "duplicate", "Beta": "created"}, s.statuses(2)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestListThatIsNone: a success without the list of partners says nothing about
// who exists.
func TestListThatIsNone(t *testing.T) {
	none := func(server *sandbox.Server, w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			_, _ = w.Write([]byte(`{"root":{}}`))
			return
		}
		server.ServeHTTP(w, r)
	}
	server, address := behind(t, none, sandbox.Config{Faults: []sandbox.Rule{mustRule(t, "502#1")}})
	s := newSession(t, sandbox.Config{})
	s.server, s.address = server, address
	s.write("list.csv", sheetHeader+sheetRow("A"))
	if code, screen := s.submit("list.csv", "--check-existing"); code != 2 || !strings.Contains(screen, "without a list of partners") {
		t.Error(code, screen)
	}
	if code, screen := s.submit("list.csv"); code != 4 {
		t.Fatal(code, screen)
	}
	if code, screen := s.reconcile("--all", "resend", "--yes"); code != 2 || !strings.Contains(screen, "could not be asked, so --all") {
		t.Error(code, screen)
	}
	if n := server.Snapshot().Posts; n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}
