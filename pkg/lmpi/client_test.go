package lmpi

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCreateSendsWhatTheAPIAsksFor(t *testing.T) {
	const body = `{"company":{"name":"Café Zürich"}}`
	var got *http.Request
	var gotBody []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		gotBody, _ = io.ReadAll(r.Body)
		_, _ = io.WriteString(w, goodBody)
	}))
	defer server.Close()
	c := newClient(t, mustParse(t, server.URL), nil)
	c.config.Now = func() time.Time { return time.Unix(1363797148, 999) }
	a := c.Create(t.Context(), []byte(body), "0b8a4c1e-9e0b-4f0e-8d53-0123456789ab", nil)

	want := http.Header{
		"Connection":     {"close"},
		"Content-Length": {"36"},
		"Content-Type":   {"application/json; charset=utf-8"},
		"User-Agent":     {"onboard-test"},
		"X-Access-Token": {testToken},
		"X-Posix-Time":   {"1363797148"},
		"X-Signature":    {"ty7b+bTvUcKkXrMdU1pC944vICTC3R6k+Z2ozeBj4Jc="},
		"X-Traceid":      {"0b8a4c1e-9e0b-4f0e-8d53-0123456789ab"},
	}
	if diff := cmp.Diff(want, got.Header); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff("POST /LMPI/v3/partners/onboarding HTTP/1.1 "+body, fmt.Sprint(got.Method, " ", got.RequestURI, " ", got.Proto, " ", string(gotBody))); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"created", "tok-1", "https://activation.example/partner?t=1"}, []string{a.Outcome.String(), a.Token, a.Link}); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
}

func TestAddressOfCalls(t *testing.T) {
	c := newClient(t, mustParse(t, "https://api.example/prefix"), nil)
	if got, want := c.creating.String(), "https://api.example/prefix/LMPI/v3/partners/onboarding"; got != want {
		t.Errorf("URL: got %s, want %s", got, want)
	}
}

func TestEachAttemptIsStampedAfresh(t *testing.T) {
	seen := map[string]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen[r.Header.Get("x-posix-time")] = true
		seen[r.Header.Get("x-signature")] = true
	}))
	defer server.Close()
	c := newClient(t, mustParse(t, server.URL), nil)
	var clock int64
	c.config.Now = func() time.Time { clock++; return time.Unix(clock, 0) }
	for range 3 {
		create(t, c)
	}
	if got, want := len(seen), 6; got != want {
		t.Errorf("different times and signatures: got %d, want %d", got, want)
	}
}

func TestNewTraceID(t *testing.T) {
	v4 := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	a, b := NewTraceID(), NewTraceID()
	if !v4.MatchString(a) || a == b {
		t.Errorf("NewTraceID: got %q and %q, want two lower-case UUIDs v4", a, b)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	for status, want := range map[int]Verdict{301: moved, 302: elsewhere, 303: elsewhere, 307: moved, 308: moved} {
		for _, secure := range []bool{false, true} {
			var requests atomic.Int64
			other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				requests.Add(1)
				_, _ = io.WriteString(w, goodBody)
			}))
			defer other.Close()
			s := newWireServer(t, secure, func(_ int64, x *exchange) bool {
				_, more := x.read()
				x.write(fmt.Sprintf("HTTP/1.1 %d Moved\r\nLocation: %s/LMPI/v3/partners/onboarding\r\nContent-Length: 0\r\n\r\n", status, other.URL))
				return more
			})
			a := create(t, s.client(t))
			if a.Outcome != want.Outcome || !a.Stop {
				t.Errorf("%d: got %v, stop %v; want %v and stop", status, a.Outcome, a.Stop, want.Outcome)
			}
			if diff := cmp.Diff([]int64{0, 1}, []int64{requests.Load(), s.posts.Load()}); diff != "" {
				t.Errorf("%d: requests there and here (-want +got):\n%s", status, diff)
			}
		}
	}
}

func TestCookiesAreNotKept(t *testing.T) {
	var cookies atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cookies.Add(int64(len(r.Cookies())))
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "1"})
	}))
	defer server.Close()
	c := newClient(t, mustParse(t, server.URL), nil)
	create(t, c)
	create(t, c)
	if got := cookies.Load(); got != 0 {
		t.Errorf("cookies sent: got %d, want 0", got)
	}
}

// TestNothingIsSent is about everything that fails before a request can be written.
func TestNothingIsSent(t *testing.T) {
	_, roots := testTLS(t)
	for _, tt := range []struct {
		name    string
		client  func(t *testing.T) *Client
		want    Outcome
		stop    bool
		failure Failure
	}{
		{"connection refused", func(t *testing.T) *Client { return newClient(t, deadAddress(t), nil) }, Unsent, false, FailureDial},
		{"no such name", unresolvable, Unsent, false, FailureResolve},
		{"certificate not trusted", func(t *testing.T) *Client {
			return newClient(t, newWireServer(t, true, never).base, nil)
		}, Refused, true, FailureCertificate},
		{"certificate for another name", func(t *testing.T) *Client {
			s := newWireServer(t, true, never)
			base := mustParse(t, "https://localhost:"+s.base.Port())
			return newClient(t, base, s.roots)
		}, Refused, true, FailureCertificate},
		{"plain HTTP on the port", func(t *testing.T) *Client {
			server := httptest.NewServer(http.NotFoundHandler())
			t.Cleanup(server.Close)
			return newClient(t, mustParse(t, strings.Replace(server.URL, "http:", "https:", 1)), roots)
		}, Refused, true, FailureNotTLS},
		{"handshake stalls", func(t *testing.T) *Client {
			s := newWireServer(t, false, func(_ int64, x *exchange) bool { x.stall(); return false })
			s.base.Scheme = "https"
			c := newClient(t, s.base, roots)
			c.dialer.handshake = 50 * time.Millisecond
			return c
		}, Unsent, false, FailureHandshake},
		{"handshake reset", func(t *testing.T) *Client {
			s := newWireServer(t, false, func(_ int64, x *exchange) bool { _, _ = x.Peek(1); x.reset(); return false })
			s.base.Scheme = "https"
			return newClient(t, s.base, roots)
		}, Unsent, false, FailureHandshake},
		{"TLS too old", func(t *testing.T) *Client { return newClient(t, oldTLS(t), roots) }, Unsent, false, FailureHandshake},
		{"connecting takes too long", func(t *testing.T) *Client {
			s := newWireServer(t, false, func(_ int64, x *exchange) bool { x.stall(); return false })
			s.base.Scheme = "https"
			c := newClient(t, s.base, roots)
			c.config.Timeout = 50 * time.Millisecond
			return c
		}, Unsent, false, FailureTimeout},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := create(t, tt.client(t))
			type result struct {
				Outcome   Outcome
				Stop      bool
				Failure   Failure
				Connected bool
				Bytes     int64
			}
			got := result{a.Outcome, a.Stop, a.Failure, a.Connected, a.BytesWritten}
			if diff := cmp.Diff(result{tt.want, tt.stop, tt.failure, false, 0}, got); diff != "" {
				t.Errorf("attempt (-want +got):\n%s\nerror: %v", diff, a.Err)
			}
			if a.Err == nil {
				t.Error("error: got none for the log")
			}
		})
	}
}

func never(_ int64, x *exchange) bool { x.read(); return false }

func deadAddress(t *testing.T) *url.URL {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return mustParse(t, "http://"+ln.Addr().String())
}

func oldTLS(t *testing.T) *url.URL {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	server.Config.ErrorLog = quietLog
	server.StartTLS()
	t.Cleanup(server.Close)
	return mustParse(t, server.URL)
}

// unresolvable asks a name server of the test's own, which knows no name.
func unresolvable(t *testing.T) *Client {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		query := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(query)
			if err != nil {
				return
			}
			const answerNoSuchName = 0x8183
			binary.BigEndian.PutUint16(query[2:], answerNoSuchName)
			_, _ = conn.WriteTo(query[:n], from)
		}
	}()
	c := newClient(t, mustParse(t, "https://name.invalid"), nil)
	c.dialer.net.Resolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
	return c
}

// An http target whose name leads elsewhere must not get the credentials.
func TestHTTPStaysOnThisComputer(t *testing.T) {
	local, remote := newDialer(nil, true), []string{"192.0.2.1:80", "[2001:db8::1]:80", "[::ffff:192.0.2.1]:80"}
	for _, address := range remote {
		_, err := local.tcp(t.Context(), address)
		if !errors.Is(err, errNotLocal) {
			t.Errorf("tcp(%s): got %v, want a refusal", address, err)
		}
		if got := classify(err, false, false, false); got != FailureNotLocal {
			t.Errorf("classify: got %v, want %v", got, FailureNotLocal)
		}
	}
	if c := newClient(t, mustParse(t, "http://localhost:1"), nil); c.dialer.net.ControlContext == nil || c.dialer.proxy != nil {
		t.Error("an http target: got a client that would leave this computer")
	}
}

func TestCancel(t *testing.T) {
	t.Run("before", func(t *testing.T) {
		s := newWireServer(t, false, never)
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errors.New("words of the caller"))
		a := s.client(t).Create(ctx, []byte("{}"), NewTraceID(), nil)
		if a.Outcome != Unsent || a.Failure != FailureCancelled || s.posts.Load() != 0 {
			t.Errorf("got %v, %v, %d POSTs", a.Outcome, a.Failure, s.posts.Load())
		}
	})
	t.Run("after the request", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		s := newWireServer(t, false, func(_ int64, x *exchange) bool {
			x.read()
			cancel()
			x.stall()
			return false
		})
		a := s.client(t).Create(ctx, []byte("{}"), NewTraceID(), nil)
		if a.Outcome != InDoubt || a.Failure != FailureCancelled || s.posts.Load() != 1 {
			t.Errorf("got %v, %v, %d POSTs", a.Outcome, a.Failure, s.posts.Load())
		}
	})
}

// TestConnectionPerAttempt: no request shares a connection with another. TLS sessions
// are resumed.
func TestConnectionPerAttempt(t *testing.T) {
	for _, secure := range []bool{false, true} {
		var resumed atomic.Int64
		s := newWireServer(t, secure, func(_ int64, x *exchange) bool {
			_, more := x.read()
			if over, ok := x.conn.(*tls.Conn); ok && over.ConnectionState().DidResume {
				resumed.Add(1)
			}
			x.write(goodAnswer)
			return more
		})
		c := s.client(t)
		for range 5 {
			if a := create(t, c); a.Outcome != Created {
				t.Errorf("%v: %s", a.Outcome, a.Reason)
			}
		}
		want := []int64{5, 5, 0}
		if secure {
			want[2] = 4
		}
		if diff := cmp.Diff(want, []int64{s.opened.Load(), s.posts.Load(), resumed.Load()}); diff != "" {
			t.Errorf("TLS %v: connections, POSTs, resumed (-want +got):\n%s", secure, diff)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	s := newWireServer(t, true, func(_ int64, x *exchange) bool {
		_, more := x.read()
		x.write(goodAnswer)
		return more
	})
	c := s.client(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if a := create(t, c); a.Outcome != Created {
					t.Errorf("got %v: %s", a.Outcome, a.Reason)
				}
			}
		})
	}
	wg.Wait()
	if got := s.posts.Load(); got != 160 {
		t.Errorf("POSTs: got %d, want 160", got)
	}
}

func TestHeadIsRead(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", "Thu, 01 Jan 2026 00:10:00 GMT")
		w.Header().Add("Retry-After", "7")
		w.Header().Add("Retry-After", "Thu, 01 Jan 2026 00:10:30 GMT")
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer server.Close()
	c := newClient(t, mustParse(t, server.URL), nil)
	c.config.Now = func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }
	a := create(t, c)
	if diff := cmp.Diff([]any{503, 30 * time.Second, true, 10 * time.Minute, true, Unprocessed},
		[]any{a.Status, a.RetryAfter, a.HasRetryAfter, a.ClockSkew, a.HasSkew, a.Outcome}); diff != "" {
		t.Errorf("head (-want +got):\n%s", diff)
	}
}

func TestNewRefuses(t *testing.T) {
	good := Config{Base: mustParse(t, "https://api.example"), Credentials: testCredentials(), Timeout: time.Second}
	for want, spoil := range map[string]func(*Config){
		"target":                      func(c *Config) { c.Base = nil },
		"timeout":                     func(c *Config) { c.Timeout = 0 },
		"over http":                   func(c *Config) { c.Base = mustParse(t, "http://api.example") },
		"access token is empty":       func(c *Config) { c.Credentials.AccessToken = Secret{} },
		"secret key is empty":         func(c *Config) { c.Credentials.SecretKey = NewSecret("") },
		"access token contains":       func(c *Config) { c.Credentials.AccessToken = NewSecret("synthetic\n") },
		"secret key contains a space": func(c *Config) { c.Credentials.SecretKey = NewSecret("synthetic secret") },
	} {
		config := good
		spoil(&config)
		if _, err := New(config); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "synthetic") {
			t.Errorf("New: got %v, want it to name %q and no secret", err, want)
		}
	}
}
