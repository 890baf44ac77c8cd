package sandbox

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestCredentialsAnew: each server has its own credentials, and a state file keeps them.
func TestCredentialsAnew(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state.jsonl")
	seen := map[string]bool{}
	for range 3 {
		token, secret := New(Config{}).Credentials()
		if !guid.MatchString(token) || len(secret) < 20 || seen[token] || seen[secret] {
			t.Errorf("token %q, secret %q", token, secret)
		}
		seen[token], seen[secret] = true, true
		token, secret = New(Config{State: state}).Credentials()
		if !seen[token+secret] && len(seen) > 2 {
			t.Errorf("with a state file they were made anew")
		}
		seen[token+secret] = true
	}
	if token, _ := New(Config{AccessToken: accessToken, SecretKey: secret, State: state}).Credentials(); token != accessToken {
		t.Errorf("those of the caller became %q", token)
	}
}

// TestAnotherUser: whoever knows only what this repository says gets 401, and makes nothing.
func TestAnotherUser(t *testing.T) {
	c := newClock()
	s := New(Config{Now: c.now})
	addr := start(t, s)
	status, body, err := exchange(t, addr, signed(http.MethodPost, createPath, example, c.now()), 10*time.Second)
	if status != http.StatusUnauthorized || err != nil || len(s.Creations()) > 0 {
		t.Errorf("status %d, %s, %v, %d created", status, body, err, len(s.Creations()))
	}
}

// TestHost: a page whose name is made to lead here is refused before it is read.
func TestHost(t *testing.T) {
	c := newClock()
	s := New(testConfig(c))
	addr := start(t, s)
	for host, want := range map[string]int{"evil.example": 403, "evil.example:80": 403, "127.0.0.1.evil.example": 403, "192.0.2.1": 403, "0.0.0.0": 403,
		"localhost": 200, "LOCALHOST:8700": 200, "127.0.0.1": 200, "127.9.9.9:1": 200, "[::1]:8700": 200} {
		r := signed(http.MethodPost, createPath, named("For "+host), c.now())
		r.Host = host
		status, body, err := exchange(t, addr, r, 10*time.Second)
		if status != want || err != nil {
			t.Errorf("Host %q: status %d, want %d: %s %v", host, status, want, body, err)
		}
	}
	if n := len(s.Creations()); n != 5 {
		t.Errorf("%d created, want 5", n)
	}
}

// TestStateLooksFirst: a file that is no state file is as it was.
func TestStateLooksFirst(t *testing.T) {
	for name, text := range map[string]string{
		"a sheet":     "company_name,country\nAcme,GB\n",
		"a summary":   "{\n  \"input\": {\"path\": \"x.csv\"}\n}\n",
		"a list":      "[]",
		"no creation": "{}\n",
		"half a line": `{"company":"A","token":"t"`,
	} {
		path := filepath.Join(t.TempDir(), "v.csv")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		old, _ := os.Stat(path)
		_, _, err := New(Config{State: path}).Start()
		if err == nil || !strings.Contains(err.Error(), "hint: ") {
			t.Errorf("%s: %v", name, err)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode() != old.Mode() || !info.ModTime().Equal(old.ModTime()) {
			t.Errorf("%s: %v became %v, %v", name, old.Mode(), info.Mode(), err)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != text {
			t.Errorf("%s: it holds %q, %v", name, b, err)
		}
	}
}
