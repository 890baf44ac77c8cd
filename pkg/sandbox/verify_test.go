package sandbox

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// seen is an answer as a client tells it apart.
type seen struct {
	Status  int
	Subject string
}

func look(t *testing.T, w *httptest.ResponseRecorder) seen {
	t.Helper()
	var answer struct {
		Subject string `json:"error_subject"`
		Message string `json:"error_message"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatalf("answer %q: %v", w.Body, err)
	}
	if w.Code >= 400 && (answer.Message == "" || w.Header().Get("Content-Type") != "text/html") {
		t.Errorf("error answer %q has no message, or the type %q", w.Body, w.Header().Get("Content-Type"))
	}
	return seen{w.Code, answer.Subject}
}

// The vectors were computed with other tools; nothing of this package signs them.
func TestVectorsAreAccepted(t *testing.T) {
	tests := []struct {
		name, method, uri, body, signature string
		want                               seen
	}{
		{"creation", "POST", createPath, example, "pHgdh9Y7QqZnZr4GHsd4x7uC+GGplDEkMNlUkfFe1fc=", seen{200, ""}},
		{"no body", "GET", listPath, "", "eSkcIaqur95OAEj9teuzSyixE2/uJZvIoj76f3dOJOc=", seen{200, ""}},
		{"bytes beyond ASCII", "POST", createPath, `{"company":{"name":"Café Zürich"}}`,
			"ty7b+bTvUcKkXrMdU1pC944vICTC3R6k+Z2ozeBj4Jc=", seen{400, "InvalidParametersCompanyType"}}, // signed right, then refused
		{"another signature", "GET", listPath, "", "pHgdh9Y7QqZnZr4GHsd4x7uC+GGplDEkMNlUkfFe1fc=", seen{401, "AuthenticationFailureSignature"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newClock()
			r := signed(tt.method, tt.uri, tt.body, c.now())
			r.Header.Set("X-Signature", tt.signature)
			if diff := cmp.Diff(tt.want, look(t, serve(New(testConfig(c)), r))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestHeaders(t *testing.T) {
	c := newClock()
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	at := func(d time.Duration) func(*http.Request) {
		return func(r *http.Request) { r.Header = signed("POST", createPath, example, c.now().Add(d)).Header }
	}
	tests := []struct {
		name   string
		change func(*http.Request)
		want   seen
	}{
		{"as documented", func(*http.Request) {}, seen{200, ""}},
		{"no access token", set("X-Access-Token", ""), seen{400, "MissingHeaderAccessToken"}},
		{"no time", set("X-Posix-Time", ""), seen{400, "MissingHeaderPosixTime"}},
		{"no signature", set("X-Signature", ""), seen{400, "MissingHeaderSignature"}},
		{"no trace id", set("X-Traceid", ""), seen{400, "MissingHeaderTraceID"}},
		{"access token is no GUID", set("X-Access-Token", "abc"), seen{401, "InvalidHeaderAccessToken"}},
		{"another access token", set("X-Access-Token", strings.Replace(accessToken, "1", "2", 1)), seen{401, "AuthenticationFailureAccessToken"}},
		{"time is no number", set("X-Posix-Time", "+1363797148"), seen{401, "AuthenticationFailurePosixTime"}},
		{"time in milliseconds", set("X-Posix-Time", "1363797148000"), seen{401, "AuthenticationFailurePosixTime"}},
		{"15 minutes early", at(-15 * time.Minute), seen{200, ""}},
		{"15 minutes late", at(15 * time.Minute), seen{200, ""}},
		{"over 15 minutes early", at(-15*time.Minute - time.Second), seen{401, "AuthenticationFailurePosixTime"}},
		{"over 15 minutes late", at(15*time.Minute + time.Second), seen{401, "AuthenticationFailurePosixTime"}},
		{"time that was not signed", set("X-Posix-Time", "1363797149"), seen{401, "AuthenticationFailureSignature"}},
		{"signature over 90 characters", set("X-Signature", strings.Repeat("A", 91)), seen{401, "AuthenticationFailureSignature"}},
		{"no content type", func(r *http.Request) { r.Header.Del("Content-Type") }, seen{415, "InvalidHeaderContentType"}},
		{"content type without charset", set("Content-Type", "application/json"), seen{415, "InvalidHeaderContentType"}},
		{"query that was not signed", func(r *http.Request) { r.RequestURI += "?a=b" }, seen{401, "AuthenticationFailureSignature"}},
		{"method that is not known", func(r *http.Request) { r.Method = "PUT" }, seen{405, "MethodNotAllowed"}},
		{"path that is not known", func(r *http.Request) { r.URL.Path += "/" }, seen{404, "NotFound"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := New(testConfig(c))
			r := signed("POST", createPath, example, c.now())
			tt.change(r)
			got := look(t, serve(s, r))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if created := len(s.Creations()); (created == 1) != (got.Status == 200) {
				t.Errorf("status %d, %d created", got.Status, created)
			}
		})
	}
}

func TestQueryIsPartOfTheSignature(t *testing.T) {
	c := newClock()
	if got := serve(New(testConfig(c)), signed("GET", listPath+"?a=%2Fb", "", c.now())).Code; got != 200 {
		t.Errorf("a signed query is answered %d", got)
	}
}

func TestBodyIsPartOfTheSignature(t *testing.T) {
	c := newClock()
	r := signed("POST", createPath, example, c.now())
	r.Body = signed("POST", createPath, named("Stay Green Greenerz"), c.now()).Body
	want := seen{401, "AuthenticationFailureSignature"}
	if diff := cmp.Diff(want, look(t, serve(New(testConfig(c)), r))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
