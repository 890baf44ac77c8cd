package lmpi

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// foreign is an answer to somebody else's request.
const foreign = `{"token":"tok-other","onboarding_link":"https://activation.example/partner?t=other"}`

// TestSurplus: an answer is trusted only if nothing but it came on its connection. What
// came is kept as evidence, and none of it is taken for this row's token or words.
func TestSurplus(t *testing.T) {
	stray := map[string]string{"200": sized("200 OK", foreign), "400": sized("400 Bad Request", `{"error_subject":"InvalidParametersOther","error_message":"other"}`),
		"401": sized("401 Unauthorized", ""), "408": sized("408 Request Timeout", ""), "429": sized("429 Too Many Requests", "slow down"),
		"a byte": "\n", "half a line": "HTTP/1.1 2"}
	orders := map[string]func(x *exchange, stray string){
		"before, in the same write": func(x *exchange, stray string) { x.write(stray + goodAnswer) },
		"before, and long after": func(x *exchange, stray string) {
			x.write(stray)
			time.Sleep(300 * time.Millisecond)
			x.write(goodAnswer)
		},
		"after, in the same write": func(x *exchange, stray string) { x.write(goodAnswer + stray) },
		"after":                    func(x *exchange, stray string) { x.write(goodAnswer); time.Sleep(2 * time.Millisecond); x.write(stray) },
		"after, and reset": func(x *exchange, stray string) {
			x.write(goodAnswer + stray)
			time.Sleep(20 * time.Millisecond)
			x.reset()
		},
		"after, and open": func(x *exchange, stray string) { x.write(goodAnswer + stray); x.stall() },
	}
	for kind, stray := range stray {
		for order, serve := range orders {
			if strings.HasPrefix(order, "before") && !strings.HasPrefix(stray, "HTTP/1.1 2") && !strings.HasPrefix(stray, "HTTP/1.1 4") {
				continue // no answer begins with that
			}
			for _, secure := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/secure=%v", kind, order, secure), func(t *testing.T) {
					t.Parallel()
					s := newWireServer(t, secure, func(_ int64, x *exchange) bool { x.read(); serve(x, stray); return false })
					c := s.client(t)
					c.endLimit = 2 * time.Second
					a := create(t, c)
					want := []any{InDoubt, false, "", "", "", ""}
					if diff := cmp.Diff(want, []any{a.Outcome, a.Stop, a.Token, a.Link, a.Subject, a.Message}); diff != "" {
						t.Errorf("%s (-want +got):\n%s", a.Reason, diff)
					}
					if kind != "half a line" && (!a.Surplus || !strings.Contains(a.Raw, "tok-1")) {
						t.Errorf("surplus %v, kept %q", a.Surplus, a.Raw)
					}
				})
			}
		}
	}
}

// TestUnasked: when something has come before the request, or the connection has ended,
// not a byte is sent.
func TestUnasked(t *testing.T) {
	for _, tt := range []struct {
		name  string
		greet func(*exchange)
		want  Failure
	}{
		{"an answer", func(x *exchange) { x.write(sized("200 OK", foreign)) }, FailureUnasked},
		{"a byte", func(x *exchange) { x.write("x") }, FailureUnasked},
		{"the end", func(x *exchange) { _ = x.raw.Close() }, FailureBroken},
		{"a reset", func(x *exchange) { x.reset() }, FailureBroken},
	} {
		for _, secure := range []bool{false, true} {
			dialed, greeted := make(chan bool), make(chan bool)
			s := newWireServer(t, secure, func(_ int64, x *exchange) bool {
				<-dialed
				tt.greet(x)
				close(greeted)
				x.stall()
				return false
			})
			c := s.client(t)
			w, err := c.dialer.dial(t.Context(), s.base)
			if err != nil {
				t.Fatal(err)
			}
			close(dialed)
			<-greeted
			err = w.send([]byte("POST"), nil)
			e := Evidence{Connected: true, BytesWritten: w.written, Failure: classify(err, false, false, true)}
			if diff := cmp.Diff([]any{tt.want, int64(0), Unsent}, []any{e.Failure, e.BytesWritten, Judge(e).Outcome}); diff != "" {
				t.Errorf("%s, TLS %v: %v (-want +got):\n%s", tt.name, secure, err, diff)
			}
			w.hangUp(err)
		}
	}
}

// TestOpenEnd: a server that does not close is waited for, for longer when nothing is
// known of it, and then believed.
func TestOpenEnd(t *testing.T) {
	var closes atomic.Bool
	s := newWireServer(t, false, func(_ int64, x *exchange) bool {
		x.read()
		x.write(goodAnswer)
		if !closes.Load() {
			x.stall()
		}
		return false
	})
	c := s.client(t)
	c.endLimit = 3 * time.Second
	for i, want := range []struct{ least, most time.Duration }{{c.endLimit, time.Minute}, {openEndLimit, c.endLimit}, {0, c.endLimit}} {
		closes.Store(i == 2)
		began := time.Now()
		a := create(t, c)
		took := time.Since(began)
		if a.Outcome != Created || took < want.least || took > want.most || a.Elapsed > openEndLimit {
			t.Errorf("attempt %d: %v after %v, its answer after %v", i, a.Outcome, took, a.Elapsed)
		}
		if got := c.staysOpen.Load(); got == closes.Load() {
			t.Errorf("attempt %d: stays open %v", i, got)
		}
	}
}

// TestEarlyAnswers: an answer that comes as soon as the last byte has left is one to it.
func TestEarlyAnswers(t *testing.T) {
	s := newWireServer(t, false, func(_ int64, x *exchange) bool {
		_, more := x.read()
		x.write(goodAnswer)
		return more
	})
	c := s.client(t)
	for range 300 {
		if a := create(t, c); a.Outcome != Created {
			t.Fatalf("%v: %s", a.Outcome, a.Reason)
		}
	}
}
