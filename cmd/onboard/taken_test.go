package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/sandbox"
)

// caching is a gateway that keeps the first answer of the sandbox behind it and gives
// it to all who ask later, though each request goes through.
func caching(t *testing.T, s *session) {
	var mu sync.Mutex
	var first *httptest.ResponseRecorder
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		s.server.ServeHTTP(answer, r)
		mu.Lock()
		defer mu.Unlock()
		if first == nil && answer.Code == http.StatusOK {
			first = answer
		}
		if first != nil {
			answer = first
		}
		w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	}))
	t.Cleanup(gateway.Close)
	s.address = gateway.URL
}

// TestOneTokenForAll: of the rows that get the same token the first keeps it, all others
// are in doubt, the run stops, and both sides are named: by it, by the next run, by status.
func TestOneTokenForAll(t *testing.T) {
	for _, concurrency := range []int{1, 8} {
		t.Run(fmt.Sprint(concurrency), func(t *testing.T) {
			s := newSession(t, sandbox.Config{})
			caching(t, s)
			s.write("list.csv", sheetHeader+sheetRow("A")+sheetRow("B")+sheetRow("C")+sheetRow("D")+sheetRow("E")+sheetRow("F"))
			code, screen := s.submit("list.csv", "--concurrency", fmt.Sprint(concurrency))
			for _, want := range []string{" 1 created, ", `Stopped: the answer for line \d \(., trace id .*\) carried the token or link of A \(line 2, sent on .*, trace id .*\); so that line is in doubt, and the link of A is under suspicion`, "hint: pass on neither link"} {
				if !regexp.MustCompile(want).MatchString(screen) {
					t.Errorf("%q is not in\n%s", want, screen)
				}
			}
			found := outputs(t, "list", 6)
			token := found["A"]["onboard_token"]
			if code != 3 || found["A"]["onboard_status"] != "created" || token == "" || found["B"]["onboard_status"] == "created" || concurrency == 1 &&
				!strings.Contains(found["B"]["onboard_problems"], "another partner: A (line 2, sent on ") {
				t.Errorf("exit %d, %v", code, found)
			}
			// The permit of a row passes on with its outcome, so one more may be on its way.
			if n := s.server.Snapshot().Posts; concurrency == 1 && n > 3 {
				t.Errorf("%d requests", n)
			}
			for name, row := range found {
				if name != "A" && row["onboard_token"] != "" {
					t.Errorf("%s has a token", name)
				}
			}
			if concurrency == 1 { // with more, the order of the others is open
				checkSuspicion(t, token)
				s.decideTaken(found["A"])
			}
		})
	}
}

// checkSuspicion looks at what status tells of A and B.
func checkSuspicion(t *testing.T, token string) {
	t.Helper()
	var b bytes.Buffer
	warning := "Warning  the token or link of 1 partner came for another partner, too"
	if code := run([]string{"results", "list.csv", "--quiet"}, strings.NewReader(""), &b, &b); code != 0 || !strings.Contains(b.String(), warning) {
		t.Errorf("exit %d, and %q is not in\n%s", code, warning, b.String())
	}
	b.Reset()
	if code := run([]string{"status"}, strings.NewReader(""), &b, &b); code != 0 {
		t.Fatal(code, b.String())
	}
	for _, want := range []string{`UNDER SUSPICION: \d pairs?; `, `  A \(line 2\), sent .*, trace id .*\n  B \(line 3\), sent .*, trace id `} {
		if !regexp.MustCompile(want).MatchString(b.String()) || strings.Contains(b.String(), token) {
			t.Errorf("%q is not in, or a token is in\n%s", want, &b)
		}
	}
	b.Reset()
	if code := run([]string{"status", "--json"}, strings.NewReader(""), &b, &b); code != 0 {
		t.Fatal(code, b.String())
	}
	var h holdings
	if err := json.Unmarshal(b.Bytes(), &h); err != nil || len(h.Conflicts) == 0 {
		t.Fatal(err, b.String())
	}
	c := h.Conflicts[0]
	if diff := cmp.Diff([]any{"A", 2, "B", 3}, []any{c.Holder.Company, c.Holder.Line, c.Partner.Company, c.Partner.Line}); diff != "" || c.Partner.TraceID == "" || c.Holder.TraceID == "" {
		t.Errorf("(-want +got)\n%s%+v", diff, c)
	}
}

// decideTaken: an operator who gives B the token of A is told so, and nothing changes;
// with its own it is settled, and the suspicion is over.
func (s *session) decideTaken(a map[string]string) {
	s.Helper()
	write := func(token, link string) {
		s.write("list.decided.csv", "onboard_line,onboard_status,onboard_trace_id,onboard_decision,onboard_token,onboard_link,"+sheetHeader+
			"3,in_doubt,"+outputs(s.T, "list", 6)["B"]["onboard_trace_id"]+",created,"+token+","+link+","+sheetRow("B"))
	}
	write(a["onboard_token"], a["onboard_link"])
	code, screen := s.reconcile("--yes", "--decisions", "list.decided.csv")
	if want := "the token or link that line 2 of list.decided.csv has for B is that of A (line 2); hint: "; code != 4 || !strings.Contains(screen, want) {
		s.Errorf("exit %d, %q is not in\n%s", code, want, screen)
	}
	write("tok-B", "https://activation.example/partner?t=tok-B")
	if code, screen = s.reconcile("--yes", "--decisions", "list.decided.csv"); code != 1 && code != 4 {
		s.Fatal(code, screen)
	}
	var b bytes.Buffer
	if run([]string{"status"}, strings.NewReader(""), &b, &b); strings.Contains(b.String(), "  B (line 3), sent") {
		s.Errorf("still\n%s", &b)
	}
}

// TestTrackedRun: a run of track counts no links, and is told by its command; the day on
// which a partner was created is that of its request, whenever an operator decided.
func TestTrackedRun(t *testing.T) {
	s := newSession(t, sandbox.Config{Script: func(company string, _ int) sandbox.Fault {
		return map[string]sandbox.Fault{"B": "500-after"}[company]
	}})
	s.write("list.csv", sheetHeader+sheetRow("A")+sheetRow("B"))
	if code, screen := s.submit("list.csv"); code != 4 {
		t.Fatal(code, screen)
	}
	s.backdate(3)
	s.decide(map[string]string{"B": "created"})
	if code, screen := s.reconcile("--yes"); code != 1 {
		t.Fatal(code, screen)
	}
	day := time.Now().UTC().AddDate(0, 0, -3).Format("2006-01-02")
	if hint := outputs(t, "list", 2)["B"]["onboard_hint"]; !strings.HasPrefix(hint, "created on "+day) {
		t.Errorf("%q, want %s", hint, day)
	}
	var b bytes.Buffer
	if code := run([]string{"track", "list.csv", "--target", s.address}, strings.NewReader(""), &b, &b); code > 1 {
		t.Fatal(code, b.String())
	}
	b.Reset()
	run([]string{"status"}, strings.NewReader(""), &b, &b)
	for _, want := range []string{` list.csv .*exit code \d  track  `, ` list.csv .*exit code 1  1 of 2 `, ` list.csv .*exit code 4  1 of 2 `} {
		if !regexp.MustCompile(want).MatchString(b.String()) {
			t.Errorf("%q is not in\n%s", want, &b)
		}
	}
}

// backdate has the ledger believe that all was sent some days before.
func (s *session) backdate(days int) {
	s.Helper()
	db, err := sql.Open("sqlite", filepath.Join(s.dir, "state", "onboard", "ledger.db"))
	if err == nil {
		_, err = db.Exec("UPDATE partners SET claimed_at = claimed_at - ?", days*24*3600*1000)
	}
	if err = errors.Join(err, db.Close()); err != nil {
		s.Fatal(err)
	}
}
