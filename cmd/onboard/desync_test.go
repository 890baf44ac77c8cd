package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"onboard/pkg/sandbox"
)

// The places at which a gateway of a test sends an answer that nobody asked it for.
const (
	beforeRequest = "before the request"
	beforeAnswer  = "before the answer"
	withAnswer    = "in one write with the answer"
	afterAnswer   = "2 ms after the answer"
)

// desync is a gateway before a sandbox that sends one answer too many now and then, and
// keeps connections open for whoever does not ask for their end.
type desync struct {
	server        *sandbox.Server
	status, place string

	mu   sync.Mutex
	rand *rand.Rand
	last string // the last answer that was sent to anybody
}

func (d *desync) serve(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			in := bufio.NewReader(conn)
			for d.exchange(in, conn) {
			}
		}()
	}
}

// stray is an answer too many: one in eight times, and a 200 is one that somebody else
// got.
func (d *desync) stray(place string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case place != d.place || d.rand.IntN(8) > 0:
		return ""
	case d.status == "200":
		return d.last
	}
	return "HTTP/1.1 " + d.status + " Stray\r\nContent-Length: 0\r\n\r\n"
}

func (d *desync) exchange(in *bufio.Reader, conn net.Conn) bool {
	fmt.Fprint(conn, d.stray(beforeRequest))
	r, err := http.ReadRequest(in)
	if err != nil {
		return false
	}
	w := httptest.NewRecorder()
	early := d.stray(beforeAnswer)
	fmt.Fprint(conn, early)
	if early != "" {
		time.Sleep(10 * time.Millisecond) // the server is slower than its gateway
	}
	d.server.ServeHTTP(w, r)
	answer := fmt.Sprintf("HTTP/1.1 %d Answer\r\nContent-Length: %d\r\n\r\n%s", w.Code, w.Body.Len(), w.Body)
	fmt.Fprint(conn, answer+d.stray(withAnswer))
	if late := d.stray(afterAnswer); late != "" {
		time.Sleep(2 * time.Millisecond)
		fmt.Fprint(conn, late)
	}
	d.mu.Lock()
	d.last = answer
	d.mu.Unlock()
	return !r.Close
}

// TestDesync: no row has the link of another, whatever a gateway sends too much of, and
// none is sent twice. What it made uncertain is in doubt.
func TestDesync(t *testing.T) {
	for _, status := range []string{"200", "408", "400", "429"} {
		for _, place := range []string{beforeRequest, beforeAnswer, withAnswer, afterAnswer} {
			for _, workers := range []int{1, 64} {
				t.Run(fmt.Sprintf("%s %s, %d workers", status, place, workers), func(t *testing.T) {
					t.Parallel()
					for seed := range uint64(desyncSeeds) {
						desynchronize(t, &desync{status: status, place: place, rand: rand.New(rand.NewPCG(seed, uint64(workers)))}, workers)
					}
				})
			}
		}
	}
}

func desynchronize(t *testing.T, d *desync, workers int) {
	const rows = 60
	d.server = sandbox.New(sandbox.Config{AccessToken: sandboxToken, SecretKey: sandboxSecret})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go d.serve(l)
	dir := t.TempDir()
	base := filepath.Join(dir, "list")
	generate(t, base+".csv", rows)
	args := fast("http://"+l.Addr().String(), "--concurrency", fmt.Sprint(workers))
	code, runs := 3, 0
	for code == 3 && runs < rows { // three in doubt, one after the other, end a run
		cmd := plainCommand(t, dir, args...)
		_ = cmd.Run()
		code = cmd.ProcessState.ExitCode()
		runs++
	}
	found := verdict(t, d.server, dir, base, rows)
	doubts, posts := inDoubt(found), d.server.Snapshot().Posts
	if code != 0 && code != 4 || posts != rows {
		t.Errorf("exit %d after %d runs, %d requests for %d rows", code, runs, posts, rows)
	}
	if d.place != beforeRequest && doubts == 0 {
		t.Error("no row is in doubt")
	}
	t.Logf("%d runs, %d in doubt", runs, doubts)
}
