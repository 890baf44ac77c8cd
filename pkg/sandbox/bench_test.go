package sandbox

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Without a network: what the checks and the bookkeeping cost. Signing on the caller's side is part of it.
func BenchmarkHandler(b *testing.B) {
	c := newClock()
	s := New(testConfig(c))
	var n atomic.Int64
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if got := post(s, c, fmt.Sprint("Company ", n.Add(1))).Code; got != http.StatusOK {
				b.Fatalf("status %d", got)
			}
		}
	})
}

// Over TCP, with the client in the same process.
func BenchmarkLoopback(b *testing.B) {
	s := New(Config{AccessToken: accessToken, SecretKey: secret})
	addr := start(b, s)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	var n atomic.Int64
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			body := named(fmt.Sprint("Company ", n.Add(1)))
			r, _ := http.NewRequest("POST", "http://"+addr+createPath, strings.NewReader(body))
			r.Header = signed("POST", createPath, body, time.Now()).Header
			response, err := client.Do(r)
			if err != nil {
				b.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
		}
	})
	if v := s.Snapshot().Violations; len(v) > 0 {
		b.Fatalf("violations: %q", v[:1])
	}
}

var _ http.Handler = (*Server)(nil)
