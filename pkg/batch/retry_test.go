package batch

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"onboard/pkg/lmpi"
	"onboard/pkg/pace"
	"onboard/pkg/partner"
)

// TestEverybodyWaits: after an answer that asks for it nobody starts for as long, also
// rows that have their claim and are still getting their connection.
func TestEverybodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 40)
		f.Concurrency, f.Pace, f.connect = 8, pace.New(4), 700*time.Millisecond
		f.Progress.Over = NewSeries(time.Now())
		var asked time.Duration
		f.serve = func(c call) lmpi.Answer {
			now := time.Since(f.journal.began)
			if asked > 0 && now > asked && now < asked+30*time.Second {
				t.Errorf("line %d leaves at %s, and is to wait from %s on", c.line, now, asked)
			}
			if asked == 0 && len(f.states()) == 10 {
				asked = now
				return tooMany(30 * time.Second)
			}
			return created(c.line)
		}
		rate := make(chan float64, 1)
		time.AfterFunc(20*time.Second, func() {
			if n := f.Progress.Read(); !n.Asked {
				t.Errorf("in the pause: %+v", n)
			}
			rate <- f.Pace.Rate()
		})
		f.do()
		if len(f.when("held")) == 0 {
			t.Error("no row was getting its connection")
		}
		if got := <-rate; got < 2.79 || got > 2.81 {
			t.Errorf("the pace is %v in the pause, want 70 %% of 4", got)
		}
		if f.Pace.Rate() <= 2.81 {
			t.Error("the pace does not recover")
		}
		n := f.Progress.Read()
		if n.Throttled != 1 || n.Retries != 1 || n.Requests != 41 || f.count(partner.Created) != 40 {
			t.Errorf("%+v", n)
		}
		var held time.Duration
		for _, m := range f.Progress.Over.Read(time.Now()).Moments {
			held += m.Held
		}
		if held != 30*time.Second {
			t.Errorf("the pause lasts %s over time", held)
		}
	})
}

// TestRetryAfter: a row that is not processed waits for what the server says, and when
// it says nothing, or at once, for the back-off; 15 minutes at most.
func TestRetryAfter(t *testing.T) {
	for _, tt := range []struct {
		name     string
		after    time.Duration // -1: not said
		from, to time.Duration
		asked    bool
		stop     string
	}{
		{"said", 17 * time.Second, 17 * time.Second, 17 * time.Second, true, ""},
		{"not said", -1, 0, time.Second, false, ""},
		{"at once", 0, 0, time.Second, false, ""},
		{"the longest", 15 * time.Minute, 15 * time.Minute, 15 * time.Minute, true, ""},
		{"longer", 15*time.Minute + time.Second, 0, 0, true, "the server asked to wait for 15m1s"},
		{"a week", 7 * 24 * time.Hour, 0, 0, true, "the server asked to wait for more than 100 hours"},
		{"hundred hours", 100 * time.Hour, 0, 0, true, "the server asked to wait for more than 100 hours"},
		{"nearly", 100*time.Hour - 1600*time.Millisecond, 0, 0, true, "the server asked to wait for 99h59m58s"},
	} {
		bubble(t, tt.name, func(t *testing.T) {
			f := newFixture(t, 3)
			f.serve = func(c call) lmpi.Answer {
				if c.line == 2 && c.try == 1 {
					return tooMany(tt.after)
				}
				return created(c.line)
			}
			stop := f.do()
			if n := f.Progress.Read(); n.Asked != tt.asked {
				t.Errorf("asked for is %v", n.Asked)
			}
			if tt.stop != "" {
				hint := "run the same command again at " + f.journal.began.Add(tt.after).UTC().Format("2006-01-02 15:04Z")
				if stop == nil || stop.Kind != Refused || stop.Reason != tt.stop || stop.Hint != hint {
					t.Errorf("%+v, want %s; %s", stop, tt.stop, hint)
				}
				if got := f.statuses(); got != "not_sent not_sent not_sent" || len(f.when("claim")) != 1 {
					t.Error(got)
				}
				if held := f.Pace.PausedFor(); held > 15*time.Minute {
					t.Errorf("everybody waits for %s", held)
				}
				if e := f.ledger.get(f.key(2)); e.HTTPStatus != 429 {
					t.Errorf("the ledger has %+v", e)
				}
				if p := f.problem(2); p.Message != "not sent: too many; then the run ended: "+tt.stop {
					t.Error(p.Message)
				}
				return
			}
			sends := f.when("send")
			if waited := sends[1] - sends[0]; stop != nil || waited < tt.from || waited > tt.to {
				t.Errorf("it waits for %s, want %s to %s: %v", waited, tt.from, tt.to, stop)
			}
		})
	}
}

// TestBackOff: a row that did not get through waits a random time up to 1 s, 2 s, 4 s …
// 60 s, and the other rows go on.
func TestBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 30)
		f.Concurrency, f.MaxAttempts = 2, 20
		var waits, shares []time.Duration
		var last time.Time
		f.serve = func(c call) lmpi.Answer {
			if c.line != 3 {
				time.Sleep(time.Second)
				return created(c.line)
			}
			if c.try > 1 {
				waits = append(waits, time.Since(last))
			}
			if last = time.Now(); c.try == 15 {
				return created(c.line)
			}
			time.AfterFunc(time.Nanosecond, func() {
				if n := f.Progress.Read(); n.Unreached != 1 || n.OnWire > 1 || n.InFlight == 0 {
					t.Errorf("while it waits: %+v", n)
				}
			})
			return unsent()
		}
		f.do()
		for i, wait := range waits {
			most := min(time.Second<<i, time.Minute)
			if wait > most {
				t.Errorf("wait %d is %s, over %s", i+1, wait, most)
			}
			shares = append(shares, wait*100/most)
		}
		slices.Sort(shares)
		if len(waits) != 14 || shares[0] > 60 || shares[13] < 40 || shares[13]-shares[0] < 10 {
			t.Errorf("%d waits, which in per cent are %d", len(waits), shares)
		}
		if f.count(partner.Created) != 30 || !strings.HasPrefix(fmt.Sprint(f.when("emit:created")[0]), "1s") {
			t.Error(f.statuses())
		}
	})
}

// TestExhausted: a row whose attempts are used up is not sent, and three in a row stop
// the run. Any other answer begins the count anew.
func TestExhausted(t *testing.T) {
	const stopped = "3 rows in a row could not be sent: no connection"
	for name, tt := range map[string]struct {
		rows string // u: unsent, t: too many, c: created, r: rejected, d: in doubt
		want string
		stop string
	}{
		"three":                {"uuuc", "not_sent not_sent not_sent not_sent", stopped},
		"two":                  {"uuccuuc", "not_sent not_sent created created not_sent not_sent created", ""},
		"created in between":   {"uucuuuc", "not_sent not_sent created not_sent not_sent not_sent not_sent", stopped},
		"rejected in between":  {"uuruuc", "not_sent not_sent rejected not_sent not_sent created", ""},
		"in doubt in between":  {"uuduuc", "not_sent not_sent in_doubt not_sent not_sent created", ""},
		"nothing is processed": {"utuc", "not_sent not_sent not_sent not_sent", stopped},
	} {
		bubble(t, name, func(t *testing.T) {
			f := newFixture(t, len(tt.rows))
			f.MaxAttempts = 2
			f.serve = func(c call) lmpi.Answer {
				return map[byte]lmpi.Answer{'u': unsent(), 't': tooMany(time.Second), 'c': created(c.line), 'r': rejected(), 'd': inDoubt()}[tt.rows[c.line-2]]
			}
			stop := f.do()
			if got := f.statuses(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if tt.stop == "" && stop != nil || tt.stop != "" && (stop == nil || stop.Kind != Refused || stop.Reason != tt.stop || stop.InvalidatesOutputs() ||
				stop.Hint != "when the connection and the server are well again, run the same command again to continue") {
				t.Errorf("stopped by %+v", stop)
			}
			if p := f.problem(2); p.Message != "not sent: no connection (attempt 2 of 2)" {
				t.Error(p.Message)
			}
			if len(f.when("send")) != len(f.tries)*2-strings.Count(tt.want, "created")-strings.Count(tt.want, "rejected")-strings.Count(tt.want, "in_doubt") {
				t.Errorf("%v are sent", f.tries)
			}
		})
	}
}

// TestExhaustedTogether: rows that run out of attempts at a time count as those that
// do so one after the other.
func TestExhaustedTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 40)
		f.Concurrency, f.MaxAttempts = 8, 2
		f.serve = func(c call) lmpi.Answer {
			time.Sleep(time.Second)
			if c.line < 20 {
				return created(c.line)
			}
			return unsent()
		}
		stop := f.do()
		if n := f.count(partner.Created); n != 18 || len(f.tries) > 18+8+2 || stop == nil || stop.Kind != Refused {
			t.Errorf("%d created, %d tried: %+v", n, len(f.tries), stop)
		}
	})
}

// TestExhaustedIsNotRepeated: the last attempt of a row costs nothing of what the run
// may repeat.
func TestExhaustedIsNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 90)
		f.MaxAttempts = 1
		f.serve = func(c call) lmpi.Answer {
			if c.line%3 == 0 {
				return created(c.line)
			}
			return unsent()
		}
		if stop := f.do(); stop != nil || f.count(partner.NotSent) != 60 {
			t.Errorf("%+v: %v", stop, f.sum())
		}
	})
}

// TestRetryBudget: all rows together may repeat 20 requests, or four for each that may
// be in flight. A definite answer pays back a fifth of one, and never more than there was.
func TestRetryBudget(t *testing.T) {
	const stopped = "more requests had to be repeated than one run may repeat; the last one because no connection"
	for _, tt := range []struct {
		name        string
		concurrency int
		before      int // rows that have an answer before the one that never gets through
		answer      func(line int) lmpi.Answer
		spend       int // repeats of the first row, before these
		want        int // repeats in all
	}{
		{"nothing comes back", 1, 0, nil, 0, 20},
		{"for few at a time", 5, 0, nil, 0, 20},
		{"for many at a time", 64, 0, nil, 0, 256},
		{"it is never more than full", 1, 50, created, 0, 20},
		{"four answers are too few", 1, 4, created, 10, 20},
		{"five pay for one", 1, 5, created, 10, 21},
		{"also rejections", 1, 5, func(int) lmpi.Answer { return rejected() }, 10, 21},
		{"also those of repeated requests", 1, 4, created, -10, 21},
		{"no answers in doubt", 1, 4, func(line int) lmpi.Answer {
			if line == 4 {
				return inDoubt()
			}
			return created(line)
		}, 10, 20},
		{"and never more than full again", 1, 80, created, 10, 30},
	} {
		bubble(t, tt.name, func(t *testing.T) {
			f := newFixture(t, tt.before+3)
			f.Concurrency, f.MaxAttempts = tt.concurrency, 1000
			spender := 0
			if tt.spend != 0 {
				spender = 2
			}
			f.serve = func(c call) lmpi.Answer {
				switch {
				case c.line == spender && c.try <= max(tt.spend, -tt.spend):
					return unsent()
				case c.line == spender && tt.spend < 0:
					return created(c.line)
				case c.line == spender:
					return inDoubt()
				case c.line < 2+tt.before || spender == 2 && c.line == 2+tt.before:
					return tt.answer(c.line)
				}
				return unsent()
			}
			stop := f.do()
			if n := f.Progress.Read(); n.Retries != tt.want {
				t.Errorf("%d requests are repeated, want %d", n.Retries, tt.want)
			}
			if stop == nil || stop.Kind != Refused || stop.Reason != stopped || stop.Hint != "run the same command again later, with a lower --rate-limit" {
				t.Errorf("%+v", stop)
			}
			last := f.result(tt.before + 4)
			if last.Status != partner.NotSent || f.tries[tt.before+4] > 0 {
				t.Errorf("after it: %+v", last)
			}
		})
	}
}

// TestHeldWhileClaiming: a row whose claim was on its way when everybody was asked to
// wait takes another turn, and sends nothing before.
func TestHeldWhileClaiming(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 1)
		f.ledger.delay = time.Second
		time.AfterFunc(500*time.Millisecond, func() { f.Pace.Pause(9500 * time.Millisecond) })
		f.do()
		if sends := f.when("send"); len(sends) != 1 || sends[0] != 10*time.Second {
			t.Errorf("sent after %s", sends)
		}
	})
}

// TestHeldIsNoAttempt: a request that did not begin counts for nothing.
func TestHeldIsNoAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 1)
		f.connect, f.MaxAttempts = time.Second, 1
		attempts := 0
		f.OnAttempt = func(Attempt) { attempts++ }
		for i := range 4 { // each while the row gets its connection
			time.AfterFunc(time.Duration(i)*11*time.Second+500*time.Millisecond, func() { f.Pace.Pause(10500 * time.Millisecond) })
		}
		f.do()
		want := "claim claimed " + strings.Repeat("send held ", 4) + "send answer created durable emit:created"
		if got := f.of(2); got != want || attempts != 1 || f.Progress.Read().Requests != 1 {
			t.Errorf("%d attempts, %d requests: %s", attempts, f.Progress.Read().Requests, got)
		}
	})
}
