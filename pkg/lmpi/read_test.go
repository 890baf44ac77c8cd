package lmpi

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

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
	got, err := c.Partners(t.Context())
	if diff := cmp.Diff([]Partner{{"1", "Acme", "MSP"}, {"2", "Beta", "MSP"}}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	if !strings.HasPrefix((*asked)[0], "GET /LMPI/v3/partners/id ") {
		t.Error(*asked)
	}
}

func TestOnboarding(t *testing.T) {
	c, asked := reading(t, 200, `{"token":"a/b c","status":"success","result":{"partner_id":"p","user":{"id":"u","email":"e"}}}`)
	got, err := c.Onboarding(t.Context(), "a/b c")
	if err != nil || got.Status != "success" || got.Result.PartnerID != "p" || got.Result.User.ID != "u" {
		t.Error(got, err)
	}
	path := "/LMPI/v3/partners/onboarding/token/a%2Fb%20c"
	if !strings.HasPrefix((*asked)[0], "GET "+path+" ") {
		t.Error(*asked)
	}
}

func TestReadErrors(t *testing.T) {
	for _, tc := range []struct {
		status int
		body   string
		want   string
	}{
		{401, `{"error_subject":"AuthenticationFailureSignature"}`, "the API does not accept the credentials (HTTP 401, AuthenticationFailureSignature); hint: "},
		{500, "", "the server did not answer the question (HTTP 500)"},
		{200, "<html>", "the answer of the server is not the documented JSON"},
	} {
		c, _ := reading(t, tc.status, tc.body)
		if _, err := c.Partners(t.Context()); err == nil || !strings.HasPrefix(err.Error(), tc.want) {
			t.Errorf("%d: %v, want %s", tc.status, err, tc.want)
		}
	}
	c := newClient(t, mustParse(t, "http://127.0.0.1:1"), nil)
	var failed *ReadError
	if _, err := c.Onboarding(t.Context(), "synthetic-token"); !errors.As(err, &failed) || strings.Contains(err.Error(), "synthetic-token") {
		t.Error(err)
	}
}
