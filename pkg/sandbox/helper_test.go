package sandbox

import (
	"bufio"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const (
	accessToken = "00000000-0000-4000-8000-000000000001"
	secret      = "synthetic-test-secret"
	vectorTime  = 1363797148
	example     = `{"company":{"type":"MSP","data_center":"US","name":"Stay Green Greenery","country":"US"},"contact":{"first_name":"trend","last_name":"micro","email":"tm@trendmicro.com"}}`
)

// clock stands still until it is moved.
type clock struct{ nanos atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.nanos.Store(time.Unix(vectorTime, 0).UnixNano())
	return c
}
func (c *clock) now() time.Time       { return time.Unix(0, c.nanos.Load()) }
func (c *clock) move(d time.Duration) { c.nanos.Add(int64(d)) }
func testConfig(c *clock) Config {
	return Config{AccessToken: accessToken, SecretKey: secret, Now: c.now}
}
func named(company string) string         { return strings.Replace(example, "Stay Green Greenery", company, 1) }
func swap(body, old, fresh string) string { return strings.Replace(body, old, fresh, 1) }

var traces atomic.Int64

// signed makes a request as a good client does.
func signed(method, uri, body string, at time.Time) *http.Request {
	r := httptest.NewRequest(method, uri, strings.NewReader(body))
	r.Host = "localhost" // not example.com, which a Server that listens refuses
	stamp := fmt.Sprint(at.Unix())
	text := stamp + method + uri
	if body != "" {
		sum := md5.Sum([]byte(body))
		text += base64.StdEncoding.EncodeToString(sum[:])
	}
	mac := hmac.New(sha256.New, []byte(secret))
	io.WriteString(mac, text)
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("X-Access-Token", accessToken)
	r.Header.Set("X-Posix-Time", stamp)
	r.Header.Set("X-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	r.Header.Set("X-Traceid", fmt.Sprintf("00000000-0000-4000-9000-%012d", traces.Add(1)))
	return r
}

func serve(s *Server, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// post creates a company, without a network.
func post(s *Server, c *clock, company string) *httptest.ResponseRecorder {
	return serve(s, signed(http.MethodPost, createPath, named(company), c.now()))
}

// start serves for the length of a test and returns the address.
func start(t testing.TB, s *Server) (addr string) {
	t.Helper()
	url, stop, err := s.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return strings.TrimPrefix(url, "http://")
}

// exchange sends one request over its own connection and reads what comes, for at most limit.
func exchange(t testing.TB, addr string, r *http.Request, limit time.Duration) (status int, body string, err error) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(limit)); err != nil {
		t.Fatal(err)
	}
	if err := r.Write(conn); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), r)
	if err != nil {
		return 0, "", err
	}
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}
