package batch

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/lmpi"
	"onboard/pkg/partner"
)

// TestInDoubtInARow: three rows in doubt one after the other stop a run. Rows answer
// in the order of when; one begins at begun, or nobody knows when.
func TestInDoubtInARow(t *testing.T) {
	type row struct {
		outcome lmpi.Outcome
		begun   int // second; -1: not known
	}
	const bad, good, no = lmpi.InDoubt, lmpi.Created, lmpi.Rejected
	for _, tt := range []struct {
		name string
		rows []row
		want int // rows that are sent of these and one more
	}{
		{"three", []row{{bad, 1}, {bad, 2}, {bad, 3}}, 3},
		{"two", []row{{bad, 1}, {bad, 2}}, 3},
		{"created in between", []row{{bad, 1}, {bad, 2}, {good, 3}, {bad, 4}, {bad, 5}}, 6},
		{"rejected in between", []row{{bad, 1}, {bad, 2}, {no, 3}, {bad, 4}, {bad, 5}}, 6},
		{"three after that", []row{{bad, 1}, {bad, 2}, {no, 3}, {bad, 4}, {bad, 5}, {bad, 6}}, 6},
		{"left before the first", []row{{bad, 2}, {good, 1}, {bad, 3}, {bad, 4}}, 4},
		{"left with the first", []row{{bad, 2}, {good, 2}, {bad, 3}, {bad, 4}}, 4},
		{"left after the first, before the second", []row{{bad, 1}, {bad, 3}, {good, 2}, {bad, 4}, {bad, 5}}, 6},
		{"nobody knows when", []row{{bad, 1}, {bad, 2}, {good, -1}, {bad, 3}, {bad, 4}}, 6},
		{"the first of the present ones counts", []row{{bad, 1}, {good, 2}, {bad, 5}, {good, 3}, {bad, 6}, {bad, 7}}, 6},
	} {
		bubble(t, tt.name, func(t *testing.T) {
			f := newFixture(t, len(tt.rows)+2)
			f.serve = func(c call) lmpi.Answer {
				i := c.line - 2
				if i >= len(tt.rows) {
					return created(c.line)
				}
				a := map[lmpi.Outcome]lmpi.Answer{bad: inDoubt(), good: created(c.line), no: rejected()}[tt.rows[i].outcome]
				if a.Begun = f.journal.began.Add(time.Duration(tt.rows[i].begun) * time.Second); tt.rows[i].begun < 0 {
					a.Begun, a.BytesWritten = time.Time{}, 0
				}
				return a
			}
			stop := f.do()
			sent := len(f.when("send"))
			if sent == len(tt.rows)+2 {
				sent-- // there was no stop
			}
			if sent != tt.want {
				t.Errorf("%d rows are sent, want %d: %s", sent, tt.want, f.statuses())
			}
			if stop != nil && (stop.Kind != Refused || stop.Reason != "3 rows in a row are in doubt, the last one because broken" ||
				stop.Hint != "find out what is wrong with the server before any more rows are at risk") {
				t.Errorf("%+v", stop)
			}
		})
	}
}

// TestExhaustedBetweenDoubts: rows that were not sent say nothing about those in doubt.
func TestExhaustedBetweenDoubts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 8)
		f.MaxAttempts = 1
		f.serve = func(c call) lmpi.Answer {
			if c.line%2 == 0 {
				return inDoubt()
			}
			return unsent()
		}
		f.do()
		if got := f.statuses(); got != "in_doubt not_sent in_doubt not_sent in_doubt not_sent not_sent not_sent" || len(f.tries) != 5 {
			t.Error(got)
		}
	})
}

// TestRefusal: one answer that every other row would get, too, stops the run at once.
// Rows that are on their way finish; one that has its claim and has not left is given
// back, and no later row is claimed.
func TestRefusal(t *testing.T) {
	for _, doubt := range []bool{false, true} {
		bubble(t, fmt.Sprint("in doubt ", doubt), func(t *testing.T) {
			f := newFixture(t, 60)
			f.Concurrency = 4
			answer := refused()
			if doubt { // a redirect
				answer.Outcome = lmpi.InDoubt
			}
			bad := 0
			f.serve = func(c call) lmpi.Answer {
				if c.number == 20 {
					bad = c.line
					time.Sleep(500 * time.Millisecond)
					return answer
				}
				time.Sleep(time.Second)
				return created(c.line)
			}
			stop := f.do()
			if stop == nil || stop.Kind != Refused || stop.Reason != "bad credentials" || stop.Hint != "hint of bad credentials" || stop.InvalidatesOutputs() || stop.LedgerMissing {
				t.Errorf("%+v", stop)
			}
			if sent := len(f.when("send")); sent < 20 || sent > 23 || f.count(partner.Created) != sent-1 || f.count(partner.Created)+f.count(partner.NotSent)+f.count(partner.InDoubt) != 60 {
				t.Errorf("%d are sent: %v", sent, f.sum())
			}
			if r := f.result(bad); doubt != (r.Status == partner.InDoubt) {
				t.Errorf("line %d: %+v", bad, r)
			}
			if p := f.problem(61); p.Message != "not sent: the run ended before its turn: bad credentials" || p.Hint != "run the same command again to continue" {
				t.Error(p)
			}
		})
	}
}

// TestClaimedAndStopped: the run ends while a row's claim is on its way to the disk, or
// it gets its connection: it is not sent, and the claim is given back.
func TestClaimedAndStopped(t *testing.T) {
	for name, tt := range map[string]struct {
		delay, connect, stop time.Duration
		want                 string
	}{
		"claiming":   {time.Second, 0, 500 * time.Millisecond, "claim claimed released durable emit:not_sent"},
		"connecting": {0, time.Second, 500 * time.Millisecond, "claim claimed send held released durable emit:not_sent"},
	} {
		bubble(t, name, func(t *testing.T) {
			f := newFixture(t, 2)
			f.ledger.delay, f.connect = tt.delay, tt.connect
			time.AfterFunc(tt.stop, f.enough)
			stop := f.do()
			if got := f.of(2); got != tt.want || f.of(3) != "emit:not_sent" || stop == nil || stop.Kind != Interrupted {
				t.Errorf("%s, then %s: %+v", got, f.of(3), stop)
			}
			if p := f.problem(2); p.Message != "not sent: the run ended before its turn: the run was interrupted" || p.Hint != "run the same command again to send it" {
				t.Error(p)
			}
		})
	}
}

// TestStoppedInAPause: the run ends while rows wait to be sent again: their claims are
// given back at once.
func TestStoppedInAPause(t *testing.T) {
	for name, answer := range map[string]lmpi.Answer{"everybody waits": tooMany(time.Minute), "this row waits": unsent()} {
		bubble(t, name, func(t *testing.T) {
			f := newFixture(t, 2)
			f.MaxAttempts = 1000
			f.serve = func(call) lmpi.Answer {
				time.AfterFunc(time.Nanosecond, f.enough)
				return answer
			}
			stop := f.do()
			if got := f.of(2); got != "claim claimed send answer released durable emit:not_sent" || stop.Kind != Interrupted || time.Since(f.journal.began) > time.Millisecond {
				t.Errorf("after %s: %s", time.Since(f.journal.began), got)
			}
			if p := f.problem(2); p.Message != "not sent: "+answer.Reason+"; then the run ended: the run was interrupted" {
				t.Error(p.Message)
			}
		})
	}
}

// TestInterrupted: Ctrl-C ends the intake. What is in flight finishes, nothing else is
// sent, and every row is told, in order.
func TestInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 500)
		f.Concurrency = 8
		f.serve = func(c call) lmpi.Answer {
			time.Sleep(6 * time.Second)
			return created(c.line)
		}
		time.AfterFunc(31*time.Second, f.enough) // 1, 2, 4 and three times 8
		stop := f.do()
		want := map[partner.Status]int{partner.Created: 31, partner.NotSent: 469}
		if diff := cmp.Diff(want, f.sum()); diff != "" || stop == nil || stop.Kind != Interrupted || stop.Reason != "the run was interrupted" {
			t.Errorf("%+v (-want +got)\n%s", stop, diff)
		}
		if took := time.Since(f.journal.began); took != 36*time.Second {
			t.Errorf("it takes %s", took)
		}
	})
}

// TestInterruptedTwice: the second Ctrl-C ends requests in flight, which leaves them in
// doubt. All the same the sheet is read to its end, and every row is told, although
// more of them are left than may wait in memory for an earlier one.
func TestInterruptedTwice(t *testing.T) {
	manyBlocks(t)
	for name, pause := range map[string]time.Duration{"at once": 0, "later": time.Second} {
		bubble(t, name, func(t *testing.T) {
			const n = 20_000
			f := newFixture(t, n)
			f.Concurrency = 8
			f.serve = func(c call) lmpi.Answer {
				select {
				case <-time.After(6 * time.Second):
					return created(c.line)
				case <-c.ctx.Done():
					return inDoubt()
				}
			}
			time.AfterFunc(31*time.Second, func() { // one after the other, as signals come
				f.enough()
				time.Sleep(pause)
				f.ended()
			})
			stop := f.do()
			want := map[partner.Status]int{partner.Created: 23, partner.InDoubt: 8, partner.NotSent: n - 31}
			if diff := cmp.Diff(want, f.sum()); diff != "" || stop == nil || stop.Kind != Interrupted || stop.InvalidatesOutputs() {
				t.Errorf("%+v (-want +got)\n%s", stop, diff)
			}
			if took := time.Since(f.journal.began); took != 31*time.Second+pause || len(f.when("claim")) != 31 {
				t.Errorf("it takes %s, and %d rows are claimed", took, len(f.when("claim")))
			}
		})
	}
}

// TestInterruptedBefore: a run that has ended before it begins sends nothing, and tells
// every row.
func TestInterruptedBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 100)
		f.ended()
		if stop := f.do(); stop.Kind != Interrupted || f.count(partner.NotSent) != 100 || f.Progress.Read().Sent != 0 {
			t.Errorf("%v, %v", stop, f.sum())
		}
	})
}

// TestInvalidatesOutputs: by kind.
func TestInvalidatesOutputs(t *testing.T) {
	for kind, want := range map[StopKind]bool{Finished: false, Interrupted: false, Refused: false, LedgerLost: true, FileChanged: true, ServerUnhealthy: false} {
		if got := (&Stop{Kind: kind}).InvalidatesOutputs(); got != want {
			t.Errorf("kind %d: %v", kind, got)
		}
	}
	var none *Stop
	if none.InvalidatesOutputs() {
		t.Error("no stop spoils the outputs")
	}
	if got := (&Stop{Reason: "why"}).Error(); !strings.Contains(got, "why") {
		t.Error(got)
	}
}
