package lmpi

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"
)

const (
	testToken  = "synthetic-access-token"
	testSecret = "synthetic-test-secret"
	goodBody   = `{"token":"tok-1","onboarding_link":"https://activation.example/partner?t=1"}`
	goodAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 76\r\n\r\n" + goodBody
)

// wireServer is a server below HTTP: it hands each request on each connection to
// serve, and counts the POSTs that arrived complete.
type wireServer struct {
	net.Listener
	base   *url.URL
	roots  *x509.CertPool
	posts  atomic.Int64 // complete ones
	opened atomic.Int64 // connections
}

// exchange is what serve may do with one request. serve reports whether the
// connection stays open.
type exchange struct {
	*bufio.Reader
	conn   net.Conn
	raw    *net.TCPConn
	server *wireServer
}

func newWireServer(t *testing.T, secure bool, serve func(n int64, x *exchange) bool) *wireServer {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	s := &wireServer{Listener: ln, base: &url.URL{Scheme: "http", Host: ln.Addr().String()}}
	var config *tls.Config
	if secure {
		s.base.Scheme = "https"
		config, s.roots = testTLS(t)
	}
	var requests atomic.Int64
	go func() {
		for {
			raw, err := ln.Accept()
			if err != nil {
				return
			}
			s.opened.Add(1)
			go func() {
				defer func() { _ = raw.Close() }()
				x := &exchange{conn: raw, raw: raw.(*net.TCPConn), server: s}
				if config != nil {
					secured := tls.Server(raw, config)
					if secured.Handshake() != nil || secured.ConnectionState().NegotiatedProtocol != "http/1.1" {
						return
					}
					x.conn = secured
				}
				x.Reader = bufio.NewReader(x.conn)
				for serve(requests.Add(1), x) {
				}
			}()
		}
	}()
	return s
}

// testTLS is a certificate for 127.0.0.1 and example.com, and the authority to trust.
// It offers HTTP/2, which must not be taken up.
func testTLS(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	donor := httptest.NewTLSServer(http.NotFoundHandler())
	defer donor.Close()
	roots := x509.NewCertPool()
	roots.AddCert(donor.Certificate())
	return &tls.Config{Certificates: donor.TLS.Certificates, NextProtos: []string{"h2", "http/1.1"}}, roots
}

// read takes a whole request in and counts it. more is whether the connection stays
// open behind the answer.
func (x *exchange) read() (request *http.Request, more bool) {
	req, err := http.ReadRequest(x.Reader)
	if err != nil {
		return nil, false
	}
	if _, err := io.Copy(io.Discard, req.Body); err != nil {
		return nil, false
	}
	if req.Method == http.MethodPost {
		x.server.posts.Add(1)
	}
	return req, !req.Close
}

func (x *exchange) write(s string) { _, _ = io.WriteString(x.conn, s) }

// reset closes with RST, and not FIN.
func (x *exchange) reset() {
	_ = x.raw.SetLinger(0)
	_ = x.raw.Close()
}

// stall waits until the client is gone.
func (x *exchange) stall() { _, _ = io.Copy(io.Discard, x.Reader) }

func (s *wireServer) client(t *testing.T) *Client {
	t.Helper()
	return newClient(t, s.base, s.roots)
}

func newClient(t *testing.T, base *url.URL, roots *x509.CertPool) *Client {
	t.Helper()
	c, err := New(Config{
		Base:        base,
		Credentials: testCredentials(),
		Timeout:     5 * time.Second,
		RootCAs:     roots,
		UserAgent:   "onboard-test",
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func testCredentials() Credentials {
	return Credentials{AccessToken: NewSecret(testToken), SecretKey: NewSecret(testSecret)}
}

func create(t *testing.T, c *Client) Answer {
	t.Helper()
	return c.Create(t.Context(), []byte(`{"company":{"name":"Example"}}`), NewTraceID(), nil)
}
