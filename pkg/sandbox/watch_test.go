package sandbox

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestViolations(t *testing.T) {
	first := func(c *clock) *http.Request { return signed("POST", createPath, example, c.now()) }
	tests := []struct {
		name   string
		fault  Fault // that the first request meets
		wait   time.Duration
		second func(r *http.Request, was http.Header) // changes a fresh second request
		want   []string
	}{
		{"none", "", 0, func(*http.Request, http.Header) {}, nil},
		{"idempotency key", "", 0, func(r *http.Request, _ http.Header) { r.Header.Set("Idempotency-Key", "a") },
			[]string{"request 2: has the header Idempotency-Key, which makes Go's transport send a request twice"}},
		{"the other idempotency key", "", 0, func(r *http.Request, _ http.Header) { r.Header.Set("X-Idempotency-Key", "") },
			[]string{"request 2: has the header X-Idempotency-Key, which makes Go's transport send a request twice"}},
		{"HTTP/2", "", 0, func(r *http.Request, _ http.Header) { r.Proto = "HTTP/2.0" },
			[]string{"request 2: comes by HTTP/2.0, not HTTP/1.1"}},
		{"body and length", "", 0, func(r *http.Request, _ http.Header) { r.ContentLength = 3 },
			[]string{"request 2: has a body of 170 bytes and a Content-Length of 3"}},
		{"no length", "", 0, func(r *http.Request, _ http.Header) { r.ContentLength = -1 },
			[]string{"request 2: has a body of 170 bytes and a Content-Length of -1"}},
		{"redirect", "307", 0, func(r *http.Request, _ http.Header) { r.URL.Path = elsewhere },
			[]string{"request 2: follows a redirect"}},
		{"trace id again", "", 0, func(r *http.Request, was http.Header) { r.Header.Set("X-Traceid", was.Get("X-Traceid")) },
			[]string{"request 2: repeats the trace id TRACE", "request 2: repeats a signature"}},
		{"not signed afresh", "", 2 * time.Second, func(r *http.Request, was http.Header) {
			r.Header.Set("X-Posix-Time", was.Get("X-Posix-Time"))
			r.Header.Set("X-Signature", was.Get("X-Signature"))
		}, []string{"request 2: repeats a signature"}},
		{"signed three seconds ago", "", 3 * time.Second, func(r *http.Request, _ http.Header) {
			r.Header = signed("POST", createPath, example, time.Unix(vectorTime, 0)).Header
		}, []string{"request 2: has an x-posix-time that is 3 s off", "request 2: repeats a signature"}},
		{"signed in the future", "", 0, func(r *http.Request, _ http.Header) {
			r.Header = signed("POST", createPath, example, time.Unix(vectorTime+3, 0)).Header
		}, []string{"request 2: has an x-posix-time that is -3 s off"}},
		{"before Retry-After", "429-retry", 900 * time.Millisecond, func(*http.Request, http.Header) {},
			[]string{"request 2: comes 100ms before a Retry-After expires"}},
		{"on its way when Retry-After was sent", "503-retry", 50 * time.Millisecond, func(*http.Request, http.Header) {}, nil},
		{"after Retry-After", "503-retry", 950 * time.Millisecond, func(*http.Request, http.Header) {}, nil},
		{"soon after a 429 without Retry-After", "429", 500 * time.Millisecond, func(*http.Request, http.Header) {}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newClock()
			config := testConfig(c)
			config.Faults = []Rule{{fault: tt.fault, first: 1, count: 1}}
			s := New(config)
			was := first(c)
			serve(s, was)
			c.move(tt.wait)
			r := first(c)
			tt.second(r, was.Header)
			serve(s, r)
			var want []string
			for _, w := range tt.want {
				want = append(want, strings.Replace(w, "TRACE", was.Header.Get("X-Traceid"), 1))
			}
			if diff := cmp.Diff(want, s.Snapshot().Violations); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// A pool that waits and goes on together is not accused, although its first request is told to wait again.
func TestRetryAfterRenewed(t *testing.T) {
	c := newClock()
	config := testConfig(c)
	config.Faults = []Rule{{fault: "429-retry", first: 1, count: 2}}
	s := New(config)
	post(s, c, "Acme")
	c.move(960 * time.Millisecond)
	post(s, c, "Acme")
	c.move(10 * time.Millisecond)
	post(s, c, "Beta")
	if v := s.Snapshot().Violations; len(v) > 0 {
		t.Errorf("violations: %q", v)
	}
	c.move(500 * time.Millisecond)
	post(s, c, "Beta")
	if v := s.Snapshot().Violations; len(v) != 1 {
		t.Errorf("violations: %q, want one", v)
	}
}

func TestForget(t *testing.T) {
	c := newClock()
	config := testConfig(c)
	config.Forget = true
	s := New(config)
	for range 2 {
		r := signed("POST", createPath, example, c.now())
		r.Header.Set("X-Traceid", "the same")
		serve(s, r)
	}
	if v := s.Snapshot().Violations; len(v) > 0 || len(s.watch.seen) > 0 {
		t.Errorf("violations %q, %d remembered", v, len(s.watch.seen))
	}
}

func TestViolationsAreBounded(t *testing.T) {
	c := newClock()
	s := New(testConfig(c))
	for i := range 2 * maxViolations {
		s.watch.note(i, "wrong")
	}
	if got := len(s.Snapshot().Violations); got != maxViolations {
		t.Errorf("%d violations are kept, want %d", got, maxViolations)
	}
}

// A caller that dies within its body has not posted, and that is seen.
func TestBodyThatBreaksOff(t *testing.T) {
	c := newClock()
	s := New(testConfig(c))
	conn, err := net.Dial("tcp", start(t, s))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 170\r\n\r\n%s", createPath, example[:100])
	conn.(*net.TCPConn).CloseWrite()
	answer, _ := io.ReadAll(conn)
	conn.Close()
	if !strings.HasPrefix(string(answer), "HTTP/1.1 400 ") {
		t.Errorf("answer %q", answer)
	}
	got := s.Snapshot()
	want := []string{"request 1: has a body of 100 bytes and a Content-Length of 170"}
	if diff := cmp.Diff(want, got.Violations); diff != "" || got.Posts != 0 || got.Requests != 1 {
		t.Errorf("%d posts, %d requests, violations (-want +got)\n%s", got.Posts, got.Requests, diff)
	}
}

func TestStats(t *testing.T) {
	c := newClock()
	config := testConfig(c)
	config.Script = func(company string, _ int) Fault { return map[string]Fault{"Beta": "500"}[company] }
	s := New(config)
	post(s, c, "Acme")
	c.move(900 * time.Millisecond)
	post(s, c, "Acme")
	post(s, c, "Beta")
	c.move(100 * time.Millisecond)
	serve(s, signed("GET", listPath, "", c.now()))
	got := s.Snapshot()
	made := s.Creations()
	want := Stats{Requests: 4, Posts: 3, Created: map[string][]string{"Acme": {made[0].Token, made[1].Token}},
		MaxInFlight: 1, BusiestSecond: 3, Statuses: map[int]int{200: 3, 500: 1}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if made[0].Token == made[1].Token {
		t.Error("two creations have one token")
	}
}

func TestMaxInFlightAndLatency(t *testing.T) {
	c := newClock()
	config := testConfig(c)
	config.Latency = 100 * time.Millisecond
	s := New(config)
	began := time.Now()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() { post(s, c, fmt.Sprint("Company ", i)) })
	}
	all.Wait()
	if took := time.Since(began); took < config.Latency || took > 6*config.Latency {
		t.Errorf("8 requests at once took %v", took)
	}
	if got := s.Snapshot().MaxInFlight; got != 8 {
		t.Errorf("%d in flight, want 8", got)
	}
}

func TestRateLimit(t *testing.T) {
	c := newClock()
	config := testConfig(c)
	config.RateLimit, config.RetryAfter = 2, 1500*time.Millisecond
	s := New(config)
	var got []int
	for _, wait := range []time.Duration{0, 0, 0, 499, 1, 0, 5000, 0, 0} {
		c.move(wait * time.Millisecond)
		w := post(s, c, "Acme")
		got = append(got, w.Code)
		if after := w.Header().Get("Retry-After"); (w.Code == 429) != (after == "2") {
			t.Errorf("status %d with Retry-After %q", w.Code, after)
		}
	}
	want := []int{200, 200, 429, 429, 200, 429, 200, 200, 429}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if created := len(s.Creations()); created != 5 {
		t.Errorf("%d created, want 5", created)
	}
}

func TestRateLimitWithoutRetryAfter(t *testing.T) {
	c := newClock()
	config := testConfig(c)
	config.RateLimit = 0.5
	s := New(config)
	post(s, c, "Acme")
	w := post(s, c, "Acme")
	if _, sent := w.Header()["Retry-After"]; sent || w.Code != 429 {
		t.Errorf("status %d, Retry-After sent: %v", w.Code, sent)
	}
}
