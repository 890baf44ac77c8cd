package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestCreation(t *testing.T) {
	c := newClock()
	s := New(testConfig(c))
	r := signed("POST", createPath, example, c.now())
	w := serve(s, r)
	var answer struct {
		Token string `json:"token"`
		Link  string `json:"onboarding_link"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	want := []Creation{{Company: "Stay Green Greenery", Country: "US", Email: "tm@trendmicro.com", Token: answer.Token, Link: answer.Link,
		TraceID: r.Header.Get("X-Traceid"), Time: c.now(), Body: example}}
	if diff := cmp.Diff(want, s.Creations()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	link, err := url.Parse(answer.Link)
	if err != nil || link.Scheme != "https" || !strings.HasSuffix(link.Host, ".example") || link.Query().Get("t") != answer.Token || answer.Token == "" {
		t.Errorf("link %q, token %q, error %v", answer.Link, answer.Token, err)
	}
}

func TestStateAcrossRestarts(t *testing.T) {
	c := newClock()
	config := testConfig(c)
	config.State = filepath.Join(t.TempDir(), "state.jsonl")
	if err := os.WriteFile(config.State, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	one := New(config)
	start(t, one)
	serve(one, signed("POST", createPath, named(`<Acme> & \"Söhne\"`), c.now()))
	two := New(config) // a second process, on the same file
	post(two, c, "Beta")
	three := New(config)
	both := append(one.Creations(), two.Creations()[1:]...)
	if diff := cmp.Diff(both, three.Creations(), cmpopts.EquateApproxTime(0)); diff != "" || len(both) != 2 {
		t.Errorf("%d creations (-want +got)\n%s", len(both), diff)
	}
	if got := serve(three, signed("GET", tokenPath+both[0].Token, "", c.now())).Code; got != 200 {
		t.Errorf("a token of an earlier run is answered %d", got)
	}
	info, err := os.Stat(config.State)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, error %v", info.Mode(), err)
	}
}

func TestStateThatCannotBeUsed(t *testing.T) {
	c := newClock()
	config := testConfig(c)
	config.State = filepath.Join(t.TempDir(), "state.jsonl")
	if err := os.WriteFile(config.State, []byte("not ours\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"foreign": config.State, "missing folder": config.State + "/state"} {
		config.State = path
		s := New(config)
		if _, _, err := s.Start(); err == nil || !strings.Contains(err.Error(), "sandbox state") {
			t.Errorf("%s: Start returned %v", name, err)
		}
		if got := len(s.Snapshot().Violations); got != 1 {
			t.Errorf("%s: %d violations, want 1", name, got)
		}
	}
}

// A creation that is not in the state file would be missing from the truth: the answer and the judge say so.
func TestStateThatCannotBeWritten(t *testing.T) {
	c := newClock()
	config := testConfig(c)
	config.State = filepath.Join(t.TempDir(), "state.jsonl")
	s := New(config)
	s.store.close()
	if got := post(s, c, "Acme").Code; got != 500 {
		t.Errorf("status %d, want 500", got)
	}
	if v := s.Snapshot().Violations; len(v) != 1 || !strings.Contains(v[0], "sandbox state") {
		t.Errorf("violations %q", v)
	}
}

func TestJournal(t *testing.T) {
	c := newClock()
	config := testConfig(c)
	var journal bytes.Buffer
	config.Journal = &journal
	config.Script = func(company string, _ int) Fault { return map[string]Fault{"Beta": "500-after"}[company] }
	s := New(config)
	post(s, c, "Acme")
	post(s, c, "Beta")
	wrong := signed("POST", createPath, example, c.now())
	wrong.Header.Del("X-Signature")
	serve(s, wrong)
	serve(s, signed("GET", listPath, "", c.now()))
	var got []line
	for d := json.NewDecoder(bytes.NewReader(journal.Bytes())); d.More(); {
		var l line
		if err := d.Decode(&l); err != nil {
			t.Fatal(err)
		}
		got = append(got, l)
	}
	made := s.Creations()
	want := []line{
		{N: 1, Method: "POST", URI: createPath, Company: "Acme", Attempt: 1, Status: 200, Token: made[0].Token, TraceID: made[0].TraceID},
		{N: 2, Method: "POST", URI: createPath, Company: "Beta", Attempt: 1, Status: 500, Token: made[1].Token, TraceID: made[1].TraceID,
			Fault: "500-after", Subject: "InternalError"},
		{N: 3, Method: "POST", URI: createPath, Status: 400, Subject: "MissingHeaderSignature", TraceID: wrong.Header.Get("X-Traceid")},
		{N: 4, Method: "GET", URI: listPath, Status: 200, TraceID: got[3].TraceID},
	}
	for i := range want {
		want[i].Remote, want[i].PosixTime, want[i].At = "192.0.2.1:1234", "1363797148", c.now()
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateApproxTime(0)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, hidden := range []string{secret, accessToken} {
		if strings.Contains(journal.String(), hidden) {
			t.Errorf("the journal holds %q", hidden)
		}
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestJournalThatCannotBeWritten(t *testing.T) {
	c := newClock()
	config := testConfig(c)
	config.Journal = brokenWriter{}
	s := New(config)
	post(s, c, "Acme")
	if diff := cmp.Diff([]string{"request 1: sandbox journal: disk full"}, s.Snapshot().Violations); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestStartListensOnLoopbackOnly(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:80", "nonsense"} {
		if _, _, err := New(Config{Addr: addr}).Start(); err == nil || !strings.HasPrefix(err.Error(), "sandbox: ") {
			t.Errorf("%s: %v", addr, err)
		}
	}
	url, stop, err := New(Config{Addr: "[::1]:0"}).Start()
	if err == nil { // a machine without IPv6 has no such address
		stop()
	}
	if err == nil && !strings.HasPrefix(url, "http://[::1]:") {
		t.Errorf("url %q", url)
	}
}

func TestStopRefusesAndKeepsTheCounters(t *testing.T) {
	c := newClock()
	s := New(testConfig(c))
	url, stop, err := s.Start()
	if err != nil {
		t.Fatal(err)
	}
	addr := strings.TrimPrefix(url, "http://")
	if status, _, err := exchange(t, addr, signed("GET", listPath, "", c.now()), 10*time.Second); status != 200 || err != nil {
		t.Errorf("status %d, error %v", status, err)
	}
	stop()
	if conn, err := net.Dial("tcp", addr); err == nil {
		conn.Close()
		t.Error("the port is still open")
	}
	if got := s.Snapshot().Requests; got != 1 {
		t.Errorf("%d requests, want 1", got)
	}
}
