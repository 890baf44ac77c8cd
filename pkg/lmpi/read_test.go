package lmpi

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// reading serves one answer to every request and notes what was asked.
func reading(t *testing.T, status int, body string) (*Client, *[]string) {
	t.Helper()
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.RequestURI+" "+r.Header.Get("x-signature"))
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return newClient(t, mustParse(t, server.URL), nil), &asked
}

func TestPartners(t *testing.T) {
	c, asked := reading(t, 200, `{"root":{"id":"r","name":"Us"},"downstream":[{"id":"1","name":"Acme","role":"MSP"},{"id":"2","name":"Beta","role":"MSP"}],"more":1}`)
	got, told := partners(t, c)
	if diff := cmp.Diff([]Partner{{"1", "Acme", "MSP"}, {"2", "Beta", "MSP"}}, got); diff != "" || told.Outcome != Told {
		t.Errorf("%v (-want +got)\n%s", told.Reason, diff)
	}
	if !strings.HasPrefix((*asked)[0], "GET /LMPI/v3/partners/id ") {
		t.Error(*asked)
	}
}

// TestOnboarding: which answers count, and what the others mean.
func TestOnboarding(t *testing.T) {
	const token = "a/b c"
	for _, tt := range []struct {
		name   string
		status int
		body   string
		want   Onboarding
		final  bool
		is     Outcome
		reason string
	}{
		{"success", 200, `{"token":"a/b c","status":"success","result":{"partner_id":"p","user":{"id":"u","email":"e"}}}`, Onboarding{"success", "p", "u"}, true, Told, ""},
		{"progressing", 200, `{"token":"a/b c","status":"progressing"}`, Onboarding{State: "progressing"}, false, Told, ""},
		{"fail", 200, `{"token":"a/b c","status":"fail","result":null,"more":[1]}`, Onboarding{State: "fail"}, true, Told, ""},
		{"a word that nobody knows", 200, `{"status":"on\nhold "}`, Onboarding{State: "on hold"}, false, Told, ""},
		{"a long word", 200, `{"status":"` + strings.Repeat("é", 65) + `"}`, Onboarding{State: strings.Repeat("é", 64)}, false, Told, ""},
		{"success without an id", 200, `{"status":"success"}`, Onboarding{State: "success"}, false, Told, ""},
		{"the token as a word", 200, `{"status":"a/b c","result":{"partner_id":"a/b c"}}`, Onboarding{"[hidden]", "[hidden]", ""}, false, Told, ""},
		{"another token", 200, `{"token":"other","status":"success","result":{"partner_id":"p"}}`, Onboarding{}, false, Unsent, "about another token"},
		{"no status", 200, `{"token":"a/b c"}`, Onboarding{}, false, Unsent, "without a status"},
		{"a number for an id", 200, `{"status":"success","result":{"partner_id":7}}`, Onboarding{}, false, Unsent, "not the documented JSON"},
		{"half an answer", 200, `{"token":"a/b c","sta`, Onboarding{}, false, Unsent, "not the documented JSON"},
		{"a page", 200, `<html>`, Onboarding{}, false, Unsent, "not the documented JSON"},
		{"too much", 200, `{"status":"success","padding":"` + strings.Repeat("x", bodyLimit) + `"}`, Onboarding{}, false, Unsent, "over 1 MiB"},
		{"nothing", 204, ``, Onboarding{}, false, Unsent, "(HTTP 204)"},
		{"400", 400, `{"error_subject":"InvalidParametersToken"}`, Onboarding{}, false, Rejected, "InvalidParametersToken"},
		{"400 for a header", 400, `{"error_subject":"MissingHeaderTraceID"}`, Onboarding{}, false, Refused, "MissingHeaderTraceID"},
		{"400 that repeats the token", 400, `{"error_subject":"a/b c","error_message":"no a/b c"}`, Onboarding{}, false, Rejected, "(HTTP 400)"},
		{"401", 401, `{"error_subject":"AuthenticationFailureSignature"}`, Onboarding{}, false, Refused, "does not accept the credentials"},
		{"403", 403, ``, Onboarding{}, false, Refused, "does not let this account ask"},
		{"404", 404, ``, Onboarding{}, false, Rejected, "does not know what was asked for"},
		{"405", 405, ``, Onboarding{}, false, Refused, "calls of this form"},
		{"429", 429, ``, Onboarding{}, false, Unprocessed, "try again later"},
		{"500", 500, `{"error_subject":"InternalError"}`, Onboarding{}, false, Unsent, "InternalError"},
		{"503", 503, ``, Onboarding{}, false, Unprocessed, "try again later"},
		{"301", 301, ``, Onboarding{}, false, Refused, "another address"},
		{"302", 302, ``, Onboarding{}, false, Refused, "another address"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, asked := reading(t, tt.status, tt.body)
			got := c.Onboarding(t.Context(), token, NewTraceID(), nil)
			if diff := cmp.Diff(tt.want, got.Onboarding); diff != "" || got.Final() != tt.final {
				t.Errorf("final %v (-want +got)\n%s", got.Final(), diff)
			}
			if got.Outcome != tt.is || got.Stop != (tt.is == Refused) || !strings.Contains(got.Reason, tt.reason) {
				t.Errorf("%s, stop %v: %s, want %s: %s", got.Outcome, got.Stop, got.Reason, tt.is, tt.reason)
			}
			if text := fmt.Sprintf("%+v", got); strings.Contains(text, token) {
				t.Errorf("the token stands in %s", text)
			}
			if path := "/LMPI/v3/partners/onboarding/token/a%2Fb%20c"; !strings.HasPrefix((*asked)[0], "GET "+path+" ") {
				t.Error(*asked)
			}
		})
	}
}

// TestOnboardingSilence: what breaks below HTTP may be asked again, and does not
// show the token that stands in the address.
func TestOnboardingSilence(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	hangs := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(hangs.Close)
	breaks := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	t.Cleanup(breaks.Close)
	for _, tt := range []struct {
		name string
		ctx  context.Context
		base string
		want Failure
	}{
		{"no server", t.Context(), "http://127.0.0.1:1", FailureDial},
		{"no answer", t.Context(), hangs.URL, FailureTimeout},
		{"broken", t.Context(), breaks.URL, FailureBroken},
		{"cancelled", ended, hangs.URL, FailureCancelled},
	} {
		c := newClient(t, mustParse(t, tt.base), nil)
		c.config.Timeout = 200 * time.Millisecond
		got := c.Onboarding(tt.ctx, "synthetic-token", NewTraceID(), nil)
		if got.Outcome != Unsent || got.Stop || got.Failure != tt.want {
			t.Errorf("%s: %s, stop %v, %s", tt.name, got.Outcome, got.Stop, got.Failure)
		}
		if text := fmt.Sprintf("%+v", got); strings.Contains(text, "synthetic-token") {
			t.Errorf("%s: the token stands in %s", tt.name, text)
		}
	}
}

func partners(t *testing.T, c *Client) (list []Partner, told Reading) {
	t.Helper()
	told = c.Partners(t.Context(), NewTraceID(), nil, func(p Partner) { list = append(list, p) })
	return list, told
}

func TestPartnersRefused(t *testing.T) {
	entry := `{"name":"` + strings.Repeat("x", 2*entryLimit) + `"}`
	for _, tc := range []struct {
		status int
		body   string
		want   string
	}{
		{401, `{"error_subject":"AuthenticationFailureSignature"}`, "the API does not accept the credentials (HTTP 401, AuthenticationFailureSignature)"},
		{429, "", "the server asks to try again later"},
		{500, "", "the server did not answer the question (HTTP 500)"},
		{200, "<html>", "the answer of the server is not the documented JSON"},
		{200, "", "the answer of the server is not the documented JSON"},
		{200, "7", "the answer of the server is not the documented JSON"},
		{200, "null", "the answer of the server is without a list of partners"},
		{200, "{}", "the answer of the server is without a list of partners"},
		{200, `{"root":{}}`, "the answer of the server is without a list of partners"},
		{200, `{"root":{},"downstream":null}`, "the answer of the server is without a list of partners"},
		{200, `{"downstream":{}}`, "the answer of the server is not the documented JSON"},
		{200, `{"downstream":[{},`, "the answer of the server is not the documented JSON"},
		{200, `{"downstream":[7]}`, "the answer of the server is not the documented JSON"},
		{200, `{"downstream":[]}{}`, "the answer of the server is not the documented JSON"},
		{200, `{"downstream":[` + entry + `]}`, "the answer of the server is not the documented JSON"},
		{200, `{"root":` + entry + `,"downstream":[]}`, "the answer of the server is not the documented JSON"},
		{200, `{"root":` + strings.Repeat("[", 20_000), "the answer of the server is not the documented JSON"},
		{200, `{"error_subject":"CSPIError","error_message":"x"}`, "the answer of the server is without a list of partners (HTTP 200)"},
	} {
		c, _ := reading(t, tc.status, tc.body)
		if _, told := partners(t, c); told.Outcome == Told || !strings.HasPrefix(told.Reason, tc.want) {
			t.Errorf("%d: %v, want %s", tc.status, told.Reason, tc.want)
		}
	}
}

// endless is a text that begins a list and goes on with the same entry.
type endless struct {
	begin, entry string
	taken        int
}

func (e *endless) Read(p []byte) (n int, _ error) {
	for n < len(p) {
		from, at := e.begin, e.taken
		if at >= len(e.begin) {
			from, at = e.entry, (at-len(e.begin))%len(e.entry)
		}
		copied := copy(p[n:], from[at:])
		n += copied
		e.taken += copied
	}
	return n, nil
}

// TestPartnersAreBounded: neither a long list of nothing nor one of many is read to its
// end, and what it takes meanwhile is small.
func TestPartnersAreBounded(t *testing.T) {
	for entry, want := range map[string]string{
		`,{}`: "a list of over 1048576 partners",
		`,{"id":"00000000-0000-4000-8000-000000000000","name":"Example Company","role":"MSP","more":[]}`: "over 64 MiB",
		" ": "not the documented JSON",
	} {
		list, before, after := &endless{begin: `{"downstream":[{}`, entry: strings.Repeat(entry, 1000)}, runtime.MemStats{}, runtime.MemStats{}
		runtime.ReadMemStats(&before)
		in := &portions{in: list, left: 4 << 20, partners: 100_000}
		problem, err := in.read(func(Partner) {})
		runtime.ReadMemStats(&after)
		if problem != want || err != nil || list.taken > 5<<20 {
			t.Errorf("%q: %s, %v after %d bytes, want %s", entry, problem, err, list.taken, want)
		}
		if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 12<<20 {
			t.Errorf("%q: %d MiB of memory", entry, grown>>20)
		}
	}
}

// TestQuestionIsNotRepeated: a connection that is reset before the answer has one
// question on it, and no other is made of it, as net/http would.
func TestQuestionIsNotRepeated(t *testing.T) {
	var asked atomic.Int64
	s := newWireServer(t, false, func(n int64, x *exchange) bool {
		_, more := x.read()
		if asked.Add(1) == 2 {
			x.reset()
			return false
		}
		x.write(sized("200 OK", `{"status":"progressing"}`))
		return more
	})
	c := s.client(t)
	for i, want := range []Outcome{Told, Unsent, Told} {
		if got := c.Onboarding(t.Context(), "synthetic-token", NewTraceID(), nil); got.Outcome != want {
			t.Errorf("question %d: %v, %s", i, got.Outcome, got.Reason)
		}
	}
	if n := asked.Load(); n != 3 {
		t.Errorf("%d questions arrived, 3 were asked", n)
	}
}
