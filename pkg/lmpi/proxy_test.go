package lmpi

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var quietLog = log.New(io.Discard, "", 0)

// tunnel is a forward proxy that connects everybody to where they want.
func tunnel(w http.ResponseWriter, r *http.Request) {
	there, err := net.Dial("tcp", r.Host)
	if err != nil || r.Method != http.MethodConnect {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	here, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	_, _ = io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
	go func() {
		_, _ = io.Copy(there, here)
		_ = there.Close()
	}()
	_, _ = io.Copy(here, there)
	_ = here.Close()
}

func TestForwardProxy(t *testing.T) {
	type result struct {
		Outcome   Outcome
		Stop      bool
		Failure   Failure
		Connected bool
		Posts     int64
	}
	refusal := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
	}
	for _, tt := range []struct {
		name  string
		proxy http.HandlerFunc // nil: nobody listens
		serve func(*exchange)
		trust bool
		want  result
	}{
		{"created", tunnel, answering(goodAnswer), true, result{Created, false, FailureNone, true, 1}},
		{"no answer", tunnel, resetting(""), true, result{InDoubt, false, FailureBroken, true, 1}},
		{"reset at the first byte", tunnel, func(x *exchange) { _, _ = x.Peek(1); x.reset() }, true, result{InDoubt, false, FailureBroken, true, 0}},
		{"target not trusted", tunnel, answering(goodAnswer), false, result{Refused, true, FailureCertificate, false, 0}},
		{"proxy wants a password", refusal(http.StatusProxyAuthRequired), answering(goodAnswer), true, result{Unsent, false, FailureProxy, false, 0}},
		{"proxy finds no target", refusal(http.StatusBadGateway), answering(goodAnswer), true, result{Unsent, false, FailureProxy, false, 0}},
		{"no proxy", nil, answering(goodAnswer), true, result{Unsent, false, FailureProxy, false, 0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newWireServer(t, true, func(_ int64, x *exchange) bool { tt.serve(x); return false })
			if !tt.trust {
				s.roots = nil
			}
			address := deadAddress(t)
			if tt.proxy != nil {
				proxy := httptest.NewServer(tt.proxy)
				defer proxy.Close()
				address = mustParse(t, proxy.URL)
			}
			address.User = url.UserPassword("user", "synthetic-proxy-password")
			c := s.client(t)
			c.dialer.proxy = http.ProxyURL(address)
			a := create(t, c)
			got := result{a.Outcome, a.Stop, a.Failure, a.Connected, s.posts.Load()}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("attempt (-want +got):\n%s\nerror: %v", diff, a.Err)
			}
			if a.Err != nil && strings.Contains(a.Err.Error(), "synthetic") {
				t.Errorf("error: got %v, want no password in it", a.Err)
			}
		})
	}
}

// The error of net/http for a malformed proxy address quotes it, password and all.
func TestBadProxyAddressIsNotQuoted(t *testing.T) {
	s := newWireServer(t, true, never)
	c := s.client(t)
	c.dialer.proxy = func(*http.Request) (*url.URL, error) {
		return url.Parse("http://user:synthetic-proxy-password@[broken")
	}
	a := create(t, c)
	if a.Outcome != Unsent || a.Err == nil || strings.Contains(a.Err.Error(), "synthetic") {
		t.Errorf("got %v, %v; want unsent and no password in the error", a.Outcome, a.Err)
	}
}
