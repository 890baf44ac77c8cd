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

// socks is a SOCKS5 proxy that wants a name and a password, and knows one way.
func socks(t *testing.T, to string) *url.URL {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for here, err := l.Accept(); err == nil; here, err = l.Accept() {
			go serveSocks(here, to)
		}
	}()
	return &url.URL{Scheme: "socks5", Host: l.Addr().String(), User: url.UserPassword("user", "synthetic-proxy-password")}
}

// serveSocks is RFC 1928 with RFC 1929, as far as our requests go.
func serveSocks(here net.Conn, to string) {
	defer func() { _ = here.Close() }()
	take := func(n int) []byte { b := make([]byte, n); _, _ = io.ReadFull(here, b); return b }
	take(int(take(2)[1]))           // methods
	_, _ = here.Write([]byte{5, 2}) // name and password
	name := string(take(int(take(2)[1])))
	password := string(take(int(take(1)[0])))
	if name+password != "usersynthetic-proxy-password" {
		_, _ = here.Write([]byte{1, 1})
		return
	}
	_, _ = here.Write([]byte{1, 0})
	take(4 + 4 + 2) // the command, an IPv4 address and the port
	there, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	_, _ = here.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	go func() {
		_, _ = io.Copy(there, here)
		_ = there.Close()
	}()
	_, _ = io.Copy(here, there)
}

// TestKindsOfProxy: through each of them an answer comes, its request's bytes count, and
// one answer too many is seen.
func TestKindsOfProxy(t *testing.T) {
	plain, secure := httptest.NewServer(http.HandlerFunc(tunnel)), httptest.NewTLSServer(http.HandlerFunc(tunnel))
	defer plain.Close()
	defer secure.Close()
	for name, address := range map[string]func(*wireServer) *url.URL{
		"http":   func(*wireServer) *url.URL { return mustParse(t, plain.URL) },
		"https":  func(*wireServer) *url.URL { return mustParse(t, secure.URL) },
		"socks5": func(s *wireServer) *url.URL { return socks(t, s.Addr().String()) },
	} {
		for extra, want := range map[string]Outcome{"": Created, "HTTP/1.1 200 OK\r\n\r\n": InDoubt} {
			s := newWireServer(t, true, func(_ int64, x *exchange) bool { answering(goodAnswer + extra)(x); return false })
			c := s.client(t)
			proxy := address(s)
			c.dialer.proxy = http.ProxyURL(proxy)
			if a := create(t, c); a.Outcome != want || a.BytesWritten < 300 || a.Begun.IsZero() {
				t.Errorf("%s, %q: %v (%s), %d bytes: %v", name, extra, a.Outcome, a.Reason, a.BytesWritten, a.Err)
			}
		}
	}
	wrong := socks(t, "127.0.0.1:1")
	wrong.User = url.UserPassword("user", "synthetic-wrong")
	s := newWireServer(t, true, never)
	c := s.client(t)
	c.dialer.proxy = http.ProxyURL(wrong)
	if a := create(t, c); a.Outcome != Unsent || a.Failure != FailureProxy || strings.Contains(a.Err.Error(), "synthetic") {
		t.Errorf("a wrong password: %v, %v", a.Outcome, a.Err)
	}
}

// TestProxyThatSaysMore: what comes after a proxy's consent, and before anything was
// sent through it, is from nobody whom we know.
func TestProxyThatSaysMore(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		here, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_, _ = io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")
			_ = here.Close()
		}
	}))
	defer proxy.Close()
	s := newWireServer(t, true, never)
	c := s.client(t)
	c.dialer.proxy = http.ProxyURL(mustParse(t, proxy.URL))
	if a := create(t, c); a.Outcome != Unsent || a.Failure != FailureProxy || s.posts.Load() != 0 {
		t.Errorf("%v, %v", a.Outcome, a.Err)
	}
}
