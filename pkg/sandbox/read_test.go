package sandbox

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// progressOf reads a token and returns its answer.
func progressOf(t *testing.T, s *Server, c *clock, token string) (answer progressAnswer) {
	t.Helper()
	w := serve(s, signed("GET", tokenPath+token, "", c.now()))
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != 200 || answer.Token != token {
		t.Fatalf("status %d, body %s, error %v", w.Code, w.Body, err)
	}
	return answer
}

func TestProgress(t *testing.T) {
	const later = time.Hour
	tests := []struct {
		name   string
		change func(*Config)
		want   []string // in a row, one hour apart
	}{
		{"at once", func(*Config) {}, []string{"success"}},
		{"after two reads", func(c *Config) { c.SettleReads = 2 }, []string{"progressing", "progressing", "success"}},
		{"after ninety minutes", func(c *Config) { c.SettleAfter = 90 * time.Minute }, []string{"progressing", "progressing", "success"}},
		{"after both", func(c *Config) { c.SettleReads, c.SettleAfter = 1, 2*later }, []string{"progressing", "progressing", "success"}},
		{"failed", func(c *Config) { c.SettleReads, c.FailRate = 1, 1 }, []string{"progressing", "fail", "fail"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newClock()
			config := testConfig(c)
			tt.change(&config)
			s := New(config)
			post(s, c, "Acme")
			var got []string
			for range tt.want {
				answer := progressOf(t, s, c, s.Creations()[0].Token)
				got = append(got, answer.Status)
				if (answer.Result != nil) != (answer.Status == "success") {
					t.Errorf("%s with result %v", answer.Status, answer.Result)
				}
				if r := answer.Result; r != nil && (!guid.MatchString(r.PartnerID) || !guid.MatchString(r.User.ID) || r.User.Email != "tm@trendmicro.com") {
					t.Errorf("result %+v", r)
				}
				c.move(later)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestProgressOfUnknownTokens(t *testing.T) {
	c := newClock()
	s := New(testConfig(c))
	for _, token := range []string{"", "unknown", "a/b"} {
		if diff := cmp.Diff(seen{404, "NotFound"}, look(t, serve(s, signed("GET", tokenPath+token, "", c.now())))); diff != "" {
			t.Errorf("%q (-want +got)\n%s", token, diff)
		}
	}
}

// What is sent, escapes and all, is what is signed; what is meant is what is looked up.
func TestProgressOfAnEscapedToken(t *testing.T) {
	c := newClock()
	s := New(testConfig(c))
	post(s, c, "Acme")
	token := s.Creations()[0].Token
	uri := tokenPath + fmt.Sprintf("%%%02X", token[0]) + token[1:]
	if got := serve(s, signed("GET", uri, "", c.now())).Code; got != 200 {
		t.Errorf("status %d", got)
	}
	r := signed("GET", tokenPath+token, "", c.now())
	r.RequestURI = uri
	if got := serve(s, r).Code; got != 401 {
		t.Errorf("a signature of another spelling is answered %d, want 401", got)
	}
}

func TestPartnersAreThoseThatSucceeded(t *testing.T) {
	c := newClock()
	config := testConfig(c)
	config.SettleReads = 1
	s := New(config)
	post(s, c, "Acme")
	post(s, c, "Beta")
	progressOf(t, s, c, s.Creations()[1].Token)
	settled := progressOf(t, s, c, s.Creations()[1].Token)
	w := serve(s, signed("GET", listPath, "", c.now()))
	var got partnersAnswer
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]partner{{ID: settled.Result.PartnerID, Name: "Beta", Role: "MSP"}}, got.Downstream); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got.Root.Role != "Distributor" || !guid.MatchString(got.Root.ID) || !strings.Contains(w.Body.String(), `"is_v1xsp":false`) {
		t.Errorf("root in %s", w.Body)
	}
	if empty := serve(New(config), signed("GET", listPath, "", c.now())); !strings.Contains(empty.Body.String(), `"downstream":[]`) {
		t.Errorf("nobody is listed as %s", empty.Body)
	}
}

func TestFaultsOfReadingCalls(t *testing.T) {
	tests := []struct {
		rule   string
		status int
		part   string
	}{
		{"500#1", 500, `"InternalError"`},
		{"500:100%", 500, `"InternalError"`},
		{"cut-json#1", 200, `{"root":`},
		{"huge", 200, `"padding":"x`},
		{"500@Acme", 200, `"downstream":[]`}, // a rule for a company's creations
	}
	for _, tt := range tests {
		c := newClock()
		config := testConfig(c)
		rule, err := ParseRule(tt.rule)
		if err != nil {
			t.Fatal(err)
		}
		config.Faults = []Rule{rule}
		s := New(config)
		status, body, err := exchange(t, start(t, s), signed("GET", listPath, "", c.now()), 10*time.Second)
		if status != tt.status || !strings.Contains(body, tt.part) || err != nil || len(s.Creations()) != 0 {
			t.Errorf("%s: status %d, body %.200q, error %v", tt.rule, status, body, err)
		}
	}
}
