package main

import (
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"onboard/pkg/sandbox"
)

// answering has one answer for every POST, and counts them.
func answering(t *testing.T, status int, header http.Header, body string) (s *session, posts *atomic.Int64) {
	t.Helper()
	posts = new(atomic.Int64)
	_, address := behind(t, func(_ *sandbox.Server, w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		posts.Add(1)
		for name, values := range header {
			w.Header()[name] = values
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}, sandbox.Config{})
	s = newSession(t, sandbox.Config{})
	s.address = address
	return s, posts
}

// kept is the answer and the token that the ledger has of a row in doubt.
func kept(t *testing.T) (answer, token string) {
	t.Helper()
	ledgers, err := filepath.Glob("state/onboard/*.db")
	if err != nil || len(ledgers) != 1 {
		t.Fatal(ledgers, err)
	}
	db, err := sql.Open("sqlite", ledgers[0])
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var text, given sql.NullString
	if err := db.QueryRow("SELECT answer, token FROM partners WHERE state = 'in_doubt'").Scan(&text, &given); err != nil {
		t.Fatal(err)
	}
	return text.String, given.String
}

// TestTokenWithAnyStatus: an answer that is no success and has a token is kept, and its
// row is not sent again, whatever the status says. A run ends where it would have ended.
func TestTokenWithAnyStatus(t *testing.T) {
	const body = `{"error_subject":"Conflict","error_message":"exists already as synthetic-token-9","token":"synthetic-token-9","onboarding_link":"https://activation.example/partner?t=9"}`
	for status, code := range map[int]int{400: 4, 401: 3, 403: 3, 404: 3, 409: 4, 422: 4, 425: 4, 429: 4, 500: 4, 503: 4, 302: 3} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			s, posts := answering(t, status, http.Header{"Retry-After": {"1"}}, body)
			s.write("list.csv", sheetHeader+sheetRow("A"))
			for range 2 {
				if got, screen := s.submit("list.csv"); got != code && got != 4 {
					t.Errorf("exit %d, want %d\n%s", got, code, screen)
				}
			}
			if n := posts.Load(); n != 1 {
				t.Errorf("%d requests, want 1", n)
			}
			answer, token := kept(t)
			if answer != body || token != "synthetic-token-9" {
				t.Errorf("kept %q, %q", answer, token)
			}
			row := outputs(t, "list", 1)["A"]
			if row["onboard_status"] != "in_doubt" || !strings.Contains(row["onboard_problems"], "a token or a link came") ||
				!strings.Contains(row["onboard_problems"], "exists already as [hidden]") {
				t.Errorf("the row says %v", row)
			}
		})
	}
}

// TestUnusableSuccess: a success whose token or link can't be one creates nothing here,
// and what came is kept.
func TestUnusableSuccess(t *testing.T) {
	for body, reason := range map[string]string{
		`{"token":"   ","onboarding_link":"https://a.example/"}`:           "a blank token",
		`{"token":"t\u0007","onboarding_link":"https://a.example/"}`:       "a token with a control character",
		`{"token":"t","onboarding_link":"javascript:alert(1)"}`:            "a link that is no web address",
		`{"token":"t","onboarding_link":"https:///partner"}`:               "a link that is no web address",
		`{"token":"t","onboarding_link":"https://a.example/\u0085x"}`:      "a link with a control character",
		`{"token":"t","onboarding_link":" "}`:                              "a blank link",
		"The company was created.":                                         "not JSON (HTTP 200): The company was created.",
		`{"token":"t","token":"u","onboarding_link":"https://a.example/"}`: "more than one token or link",
	} {
		t.Run(reason, func(t *testing.T) {
			s, _ := answering(t, 200, nil, body)
			s.write("list.csv", sheetHeader+sheetRow("A"))
			code, screen := s.submit("list.csv")
			row := outputs(t, "list", 1)["A"]
			if answer, _ := kept(t); code != 4 || answer != body || !strings.Contains(row["onboard_problems"], reason) {
				t.Errorf("exit %d, kept %q, %v\n%s", code, answer, row, screen)
			}
		})
	}
}

// TestNoHTTP: what is no answer of HTTP is called that, and not a failure that there was not.
func TestNoHTTP(t *testing.T) {
	for answer, reason := range map[string]string{
		"HTTP/1.1 000 Nothing\r\n\r\n": "what the server sent is no answer of HTTP; the request may have arrived",
		"HTTP/1.1 -12 Less\r\n\r\n":    "what the server sent is no answer of HTTP; the request may have arrived",
		"HTTP/1.1 2000 OK\r\n\r\n":     "what the server sent is no answer of HTTP; the request may have arrived",
		"SSH-2.0-Example\r\n":          "what the server sent is no answer of HTTP; the request may have arrived",
		"HTTP/1.1 666 Odd\r\n\r\n":     "the server answered with a status that HTTP does not have (HTTP 666)",
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
				_, _ = conn.Read(make([]byte, 4096))
				_, _ = io.WriteString(conn, answer)
				conn.Close()
			}
		}()
		s := newSession(t, sandbox.Config{})
		s.address = "http://" + l.Addr().String()
		s.write("list.csv", sheetHeader+sheetRow("A"))
		code, screen := s.submit("list.csv")
		l.Close()
		if row := outputs(t, "list", 1)["A"]; code != 4 || row["onboard_problems"] != reason {
			t.Errorf("%q: exit %d, %q\n%s", answer, code, row["onboard_problems"], screen)
		}
	}
}

// TestTextOfARefusal: what a gateway says in plain text is what the row says.
func TestTextOfARefusal(t *testing.T) {
	s, _ := answering(t, 400, http.Header{"Content-Type": {"text/plain"}}, "the request was refused by a rule\nof the gateway; see https://gw.example/r?id=7\n")
	s.write("list.csv", sheetHeader+sheetRow("A"))
	code, screen := s.submit("list.csv")
	const want = "the API rejected this row (HTTP 400): the request was refused by a rule of the gateway; see https://gw.example/r?[hidden]"
	if row := outputs(t, "list", 1)["A"]; code != 1 || row["onboard_problems"] != want {
		t.Errorf("exit %d, %q\n%s", code, row["onboard_problems"], screen)
	}
}

// TestCheckExistingWaits: a list that can't be had now is asked for again when the
// server says so, and not before.
func TestCheckExistingWaits(t *testing.T) {
	var lists atomic.Int64
	var first, second time.Time
	server, address := behind(t, func(server *sandbox.Server, w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			server.ServeHTTP(w, r)
			return
		}
		if lists.Add(1) == 1 {
			first = time.Now()
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		second = time.Now()
		_, _ = io.WriteString(w, `{"downstream":[{"id":"1","name":"Acme Ltd","role":"MSP"}]}`)
	}, sandbox.Config{})
	s := newSession(t, sandbox.Config{})
	s.address = address
	s.write("list.csv", sheetHeader+sheetRow("ACME Ltd.")+sheetRow("Beta"))
	code, screen := s.submit("list.csv", "--check-existing")
	if code != 1 || !strings.Contains(screen, "asked again in 1s") || second.Sub(first) < time.Second || server.Snapshot().Posts != 1 {
		t.Errorf("exit %d, asked again after %v, %d requests\n%s", code, second.Sub(first), server.Snapshot().Posts, screen)
	}
}
