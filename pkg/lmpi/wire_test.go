package lmpi

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fault is one way in which a server can fail an attempt.
type fault struct {
	name    string
	serve   func(x *exchange)
	posts   int64 // that arrive complete
	want    Outcome
	stop    bool
	failure Failure
	problem string // BodyError
	timeout time.Duration
}

// answering takes the request in, sends s and closes.
func answering(s string) func(*exchange) {
	return func(x *exchange) {
		x.read()
		x.write(s)
	}
}

// resetting takes the request in, sends s and resets the connection.
func resetting(s string) func(*exchange) {
	return func(x *exchange) {
		x.read()
		x.write(s)
		x.reset()
	}
}

func stalling(s string) func(*exchange) {
	return func(x *exchange) {
		x.read()
		x.write(s)
		x.stall()
	}
}

const success200 = "HTTP/1.1 200 OK\r\n"

func sized(status, body string) string {
	return fmt.Sprintf("HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body)
}

// TestNotReady: what may not begin any more when the connection is there does not
// leave a byte on it, and may begin later.
func TestNotReady(t *testing.T) {
	for _, secure := range []bool{false, true} {
		s := newWireServer(t, secure, func(_ int64, x *exchange) bool {
			_, more := x.read()
			x.write(goodAnswer)
			return more
		})
		c := s.client(t)
		held := c.Create(t.Context(), []byte("{}"), NewTraceID(), func() bool { return false })
		a := create(t, c)
		want := []any{Unsent, FailureHeld, int64(0), true, Created, int64(1)}
		got := []any{held.Outcome, held.Failure, held.BytesWritten, held.Begun.IsZero(), a.Outcome, s.posts.Load()}
		if diff := cmp.Diff(want, got); diff != "" || a.Begun.IsZero() {
			t.Errorf("TLS %v (-want +got)\n%s", secure, diff)
		}
	}
}

var faults = []fault{
	{name: "reset at the first byte", serve: func(x *exchange) { _, _ = x.Peek(1); x.reset() },
		want: InDoubt, failure: FailureBroken},
	{name: "reset within the headers", serve: func(x *exchange) { _, _ = x.ReadString('\n'); x.reset() },
		want: InDoubt, failure: FailureBroken},
	{name: "reset after the request", serve: resetting(""), posts: 1, want: InDoubt, failure: FailureBroken},
	{name: "end after the request", serve: answering(""), posts: 1, want: InDoubt, failure: FailureBroken},
	{name: "status line cut, end", serve: answering("HTTP/1.1 20"), posts: 1, want: InDoubt, failure: FailureBroken},
	{name: "status line cut, reset", serve: resetting("HTTP/1.1 20"), posts: 1, want: InDoubt, failure: FailureBroken},
	{name: "headers cut", serve: answering(success200 + "Content-Le"), posts: 1, want: InDoubt, failure: FailureBroken},
	{name: "garbage", serve: answering("%PDF-1.4 no http\r\n\r\n"), posts: 1, want: InDoubt, failure: FailureMalformed},
	{name: "malformed header", serve: answering(success200 + "no colon here\r\n\r\n"), posts: 1, want: InDoubt, failure: FailureMalformed},
	{name: "two lengths", serve: answering(success200 + "Content-Length: 76\r\nContent-Length: 75\r\n\r\n" + goodBody), posts: 1, want: InDoubt, failure: FailureMalformed},
	{name: "status 000", serve: answering(sized("000 Nothing", goodBody)), posts: 1, want: InDoubt, failure: FailureMalformed},
	{name: "negative status", serve: answering(sized("-12 Less", goodBody)), posts: 1, want: InDoubt, failure: FailureMalformed},
	{name: "endless hints", serve: answering(strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", headerLimit/40) + goodAnswer), posts: 1, want: InDoubt, failure: FailureMalformed},
	{name: "endless headers", serve: answering(success200 + "X: " + strings.Repeat("x", 2*headerLimit) + "\r\n\r\n"), posts: 1, want: InDoubt, failure: FailureMalformed},
	{name: "body cut, length known", serve: answering(success200 + "Content-Length: 76\r\n\r\n" + goodBody[:40]), posts: 1, want: InDoubt, failure: FailureBroken, problem: "cut short"},
	{name: "body reset", serve: resetting(success200 + "Content-Length: 99\r\n\r\n" + goodBody), posts: 1, want: InDoubt, failure: FailureBroken, problem: "cut short"},
	{name: "body cut, chunked", serve: answering(success200 + "Transfer-Encoding: chunked\r\n\r\n4c\r\n" + goodBody[:40]), posts: 1, want: InDoubt, failure: FailureBroken, problem: "cut short"},
	{name: "last chunk missing", serve: answering(success200 + "Transfer-Encoding: chunked\r\n\r\n4c\r\n" + goodBody + "\r\n"), posts: 1, want: InDoubt, failure: FailureBroken, problem: "cut short"},
	{name: "body cut, length unknown", serve: answering(success200 + "\r\n" + goodBody[:40]), posts: 1, want: InDoubt, problem: "cut short"},
	{name: "empty body", serve: answering(sized("200 OK", "")), posts: 1, want: InDoubt, problem: "empty"},
	{name: "over 1 MiB", serve: answering(sized("200 OK", strings.Repeat(" ", 2<<20)+goodBody)), posts: 1, want: InDoubt, problem: "over 1 MiB"},
	{name: "HTML", serve: answering(sized("200 OK", "<html>Please log in</html>")), posts: 1, want: InDoubt, problem: "not JSON"},
	{name: "empty token", serve: answering(sized("200 OK", `{"token":"","onboarding_link":"https://a.example/"}`)), posts: 1, want: InDoubt, problem: "a link came, but no token"},
	{name: "long token", serve: answering(sized("200 OK", `{"token":"`+strings.Repeat("x", 301)+`","onboarding_link":"https://a.example/"}`)), posts: 1, want: InDoubt, problem: "a token of over 300 characters"},
	{name: "no link", serve: answering(sized("200 OK", `{"token":"tok-1"}`)), posts: 1, want: InDoubt, problem: "a token came, but no link"},
	{name: "two objects", serve: answering(sized("200 OK", goodBody+goodBody)), posts: 1, want: InDoubt, problem: "more after the JSON object"},
	{name: "other protocol", serve: stalling("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"), posts: 1, want: InDoubt, problem: "none of HTTP"},
	{name: "no answer", serve: stalling(""), posts: 1, want: InDoubt, failure: FailureTimeout, timeout: 300 * time.Millisecond},
	{name: "body stalls", serve: stalling(success200 + "Content-Length: 76\r\n\r\n" + goodBody[:40]), posts: 1, want: InDoubt, failure: FailureTimeout, problem: "cut short", timeout: 300 * time.Millisecond},
	{name: "refusal stalls", serve: stalling("HTTP/1.1 413 Too Large\r\nContent-Length: 99\r\n\r\n{"), posts: 1, want: Rejected, failure: FailureTimeout, problem: "cut short", timeout: 300 * time.Millisecond},
	{name: "rejection cut", serve: answering("HTTP/1.1 400 Bad Request\r\nContent-Length: 99\r\n\r\n{"), posts: 1, want: Rejected, failure: FailureBroken, problem: "cut short"},
	{name: "unauthorized cut", serve: answering("HTTP/1.1 401 Unauthorized\r\nContent-Length: 99\r\n\r\n{"), posts: 1, want: Refused, stop: true, failure: FailureBroken, problem: "cut short"},
	{name: "unauthorized", serve: answering(sized("401 Unauthorized", "")), posts: 1, want: Refused, stop: true},
	{name: "throttled", serve: answering(sized("429 Too Many Requests", "")), posts: 1, want: Unprocessed},
	{name: "gateway failed", serve: answering(sized("502 Bad Gateway", "<html>")), posts: 1, want: InDoubt},
	{name: "created", serve: answering(goodAnswer), posts: 1, want: Created},
	{name: "created, chunked", serve: answering(success200 + "Transfer-Encoding: chunked\r\n\r\n4c\r\n" + goodBody + "\r\n0\r\n\r\n"), posts: 1, want: Created},
	{name: "created, HTTP/1.0", serve: answering("HTTP/1.0 200 OK\r\n\r\n" + goodBody), posts: 1, want: Created},
	{name: "created, trailers", serve: answering(success200 + "Trailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n4c\r\n" + goodBody + "\r\n0\r\nX-Sum: 1\r\n\r\n"), posts: 1, want: Created},
	{name: "created, connection reset behind it", serve: func(x *exchange) { x.read(); x.write(goodAnswer); time.Sleep(20 * time.Millisecond); x.reset() }, posts: 1, want: Created},
	{name: "refused before the body is read", serve: func(x *exchange) { _, _ = x.ReadString('\n'); x.write(sized("413 Too Large", "")) }, want: Rejected},
	{name: "created after a hint", serve: answering("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + goodAnswer), posts: 1, want: Created},
}

// TestFaults makes one attempt against each fault, in the clear and with TLS.
func TestFaults(t *testing.T) {
	for _, f := range faults {
		for _, secure := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/secure=%v", f.name, secure), func(t *testing.T) {
				t.Parallel()
				testFault(t, f, secure)
			})
		}
	}
}

func testFault(t *testing.T, f fault, secure bool) {
	s := newWireServer(t, secure, func(_ int64, x *exchange) bool { f.serve(x); return false })
	c := s.client(t)
	if f.timeout > 0 {
		c.config.Timeout = f.timeout
	}
	a := create(t, c)

	type result struct {
		Outcome Outcome
		Stop    bool
		Failure Failure
		Problem string
		Posts   int64
		Opened  int64
	}
	got := result{a.Outcome, a.Stop, a.Failure, a.BodyError, s.posts.Load(), s.opened.Load()}
	want := result{f.want, f.stop, f.failure, f.problem, f.posts, 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("attempt (-want +got):\n%s\nreason: %s; error: %v", diff, a.Reason, a.Err)
	}
	if !a.Connected || a.BytesWritten == 0 || a.Begun.IsZero() {
		t.Errorf("evidence: got connected %v, %d bytes, begun %v; want all", a.Connected, a.BytesWritten, a.Begun)
	}
	if (a.Err != nil) != (a.Failure != FailureNone) {
		t.Errorf("error: got %v for failure %v", a.Err, a.Failure)
	}
}

// A server that resets before it reads may win or lose the race against our bytes.
func TestResetOnAccept(t *testing.T) {
	for range 20 {
		s := newWireServer(t, false, func(_ int64, x *exchange) bool {
			x.reset()
			return false
		})
		a := create(t, s.client(t))
		if want := (a.BytesWritten == 0); want != (a.Outcome == Unsent) || a.Outcome != Unsent && a.Outcome != InDoubt {
			t.Errorf("outcome after %d bytes: got %v", a.BytesWritten, a.Outcome)
		}
		if got := s.posts.Load(); got != 0 {
			t.Errorf("complete POSTs: got %d, want 0", got)
		}
	}
}

// TestPartlyWritten breaks the connection while a large body is on its way: some of
// the request was written.
func TestPartlyWritten(t *testing.T) {
	for range 5 {
		s := newWireServer(t, false, func(_ int64, x *exchange) bool {
			_, _ = x.ReadString('\n')
			x.reset()
			return false
		})
		c := s.client(t)
		c.config.Timeout = time.Minute // to sign so much takes a while
		a := c.Create(t.Context(), make([]byte, 16<<20), NewTraceID(), nil)
		if a.Outcome != InDoubt || a.BytesWritten == 0 {
			t.Errorf("%v after %d bytes: %v", a.Outcome, a.BytesWritten, a.Err)
		}
	}
}
