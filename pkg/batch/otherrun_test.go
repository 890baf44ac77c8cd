package batch

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/ledger"
	"onboard/pkg/lmpi"
	"onboard/pkg/pace"
	"onboard/pkg/partner"
)

// reserveAt divides a pace that nobody else has a part of. fail, if it says so, ends it.
func reserveAt(perSecond float64, fail func() error) pace.Reserve {
	var next time.Time
	return func(_ context.Context, _ float64, n int) (time.Time, time.Duration, error) {
		if err := fail(); err != nil {
			return time.Time{}, 0, err
		}
		every := time.Duration(float64(time.Second) / perSecond)
		first := time.Now()
		if next.After(first) {
			first = next
		}
		next = first.Add(time.Duration(n) * every)
		return first, every, nil
	}
}

// sendingElsewhere is a row that another run is sending.
func sendingElsewhere(f *fixture, line int) {
	f.ledger.set(f.key(line), func(e *ledger.Entry) { e.State = ledger.Sending })
}

// becomes is what the other run makes of it.
func becomes(f *fixture, line int, s ledger.State) {
	f.ledger.set(f.key(line), func(e *ledger.Entry) {
		e.State, e.SettledAt, e.Reason = s, time.Now(), "as the other run has it"
		if s == ledger.Created {
			e.Token, e.Link = "their-token", "https://activation.example/theirs"
		}
	})
}

// sameBody is what a row sends, as another run would have recorded it.
func sameBody(f *fixture, line int) {
	p, _ := f.rules.Check(&partner.Row{CompanyName: fmt.Sprint("Company ", line), Country: "GB", DataCenter: "UK", FirstName: "Ann", LastName: "Lee", Email: "ann@example.com"})
	f.ledger.set(f.key(line), func(e *ledger.Entry) {
		e.Body = p.AppendBody(nil)
		e.Fingerprint = sha256.Sum256(e.Body)
	})
}

// TestOtherRunIsSending: a row that another run is sending waits for what becomes of it
// there. The others go on meanwhile, and with its permit.
func TestOtherRunIsSending(t *testing.T) {
	for _, tt := range []struct {
		becomes ledger.State
		same    bool // the other run sends the same details
		want    string
		says    string
	}{
		{ledger.Created, true, "already_created", ""},
		{ledger.Created, false, "duplicate", "this partner was created on 2000-01-01 with other details: "},
		{ledger.InDoubt, true, "in_doubt", "as the other run has it"},
		{ledger.Rejected, true, "rejected", "as the other run has it"},
		{ledger.Rejected, false, "created", ""}, // ours are other details
		{ledger.Released, true, "created", ""},
	} {
		bubble(t, fmt.Sprint(tt.becomes, " ", tt.same), func(t *testing.T) {
			f := newFixture(t, 4)
			sendingElsewhere(f, 3)
			if tt.same {
				sameBody(f, 3)
			}
			f.serve = func(c call) lmpi.Answer { time.Sleep(time.Second); return created(c.line) }
			time.AfterFunc(20100*time.Millisecond, func() { becomes(f, 3, tt.becomes) })
			time.AfterFunc(10*time.Second, func() {
				if n := f.Progress.Read(); n.Elsewhere != 1 || n.OnWire != 0 || len(f.when("send")) != 3 {
					t.Errorf("meanwhile: %+v, %d sent", n, len(f.when("send")))
				}
			})
			stop := f.do()
			if got := f.statuses(); got != "created "+tt.want+" created created" || stop != nil {
				t.Errorf("%s: %v", got, stop)
			}
			if tt.says != "" && !strings.HasPrefix(f.problem(3).Message, tt.says) {
				t.Error(f.problem(3))
			}
			if r := f.result(3); tt.want == "already_created" && (r.Token != "their-token" || r.Link != "https://activation.example/theirs" || r.TraceID != "other-trace") {
				t.Errorf("%+v", r)
			}
			took := 20200 * time.Millisecond
			if tt.want == "created" {
				took += time.Second
			}
			if got := time.Since(f.journal.began); got != took { // the ledger is asked five times a second
				t.Errorf("it takes %s, want %s", got, took)
			}
		})
	}
}

// TestDeadOwner: a row of a run that died is in doubt once a sweep has found that out.
func TestDeadOwner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 2)
		sendingElsewhere(f, 2)
		died := time.Now().Add(time.Minute)
		f.ledger.sweep = func(entries map[ledger.Key]*ledger.Entry) {
			if e := entries[f.key(2)]; time.Now().After(died) {
				e.State, e.Reason = ledger.InDoubt, ledger.SweptReason
			}
		}
		f.do()
		if r := f.result(2); f.statuses() != "in_doubt created" || r.Problems[0].Message != ledger.SweptReason || r.Doubt == nil || r.Company != "Company 2" || !r.At.Equal(r.Doubt.ClaimedAt) {
			t.Errorf("%+v", r)
		}
	})
}

// TestAskedTogether: the ledger is asked about all rows that other runs have in one
// question, every 200 ms, and at once again when there was news.
func TestAskedTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 30)
		for line := 2; line < 22; line++ {
			sendingElsewhere(f, line)
			sameBody(f, line)
		}
		time.AfterFunc(500*time.Millisecond, func() { becomes(f, 2, ledger.Created) })
		time.AfterFunc(1300*time.Millisecond, func() {
			for line := 3; line < 22; line++ {
				becomes(f, line, ledger.Created)
			}
		})
		f.do()
		ms := func(n ...time.Duration) (times []time.Duration) {
			for _, d := range n {
				times = append(times, d*time.Millisecond)
			}
			return times
		}
		// the first two are of pass 2; at 600 and at 1400 ms there is news
		if diff := cmp.Diff(ms(0, 200, 400, 600, 600, 800, 1000, 1200, 1400), f.when("lookup")); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if diff := cmp.Diff([]int{20, 20, 20, 20, 19, 19, 19, 19, 19}, f.ledger.polls); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if n := f.count(partner.AlreadyCreated); n != 20 || f.count(partner.Created) != 10 {
			t.Error(f.statuses())
		}
	})
}

// TestAskedAnew: whoever asks goes home when nobody waits any more, and comes back for
// the next row. A row that begins to wait while another does is asked about with it.
func TestAskedAnew(t *testing.T) {
	for _, first := range []time.Duration{4900 * time.Millisecond, 14900 * time.Millisecond} {
		bubble(t, first.String(), func(t *testing.T) {
			f := newFixture(t, 3)
			sendingElsewhere(f, 2)
			f.serve = func(c call) lmpi.Answer {
				if c.line == 3 {
					sendingElsewhere(f, 4)
					time.Sleep(10 * time.Second)
				}
				return created(c.line)
			}
			time.AfterFunc(first, func() { becomes(f, 2, ledger.InDoubt) })
			time.AfterFunc(19900*time.Millisecond, func() { becomes(f, 4, ledger.InDoubt) })
			f.do()
			if got := f.statuses(); got != "in_doubt created in_doubt" {
				t.Error(got)
			}
			for _, at := range f.when("lookup") {
				if at > first+200*time.Millisecond && at < 10*time.Second {
					t.Errorf("the ledger is asked at %s, when nobody waits", at)
				}
			}
			if took := time.Since(f.journal.began); took != 20*time.Second {
				t.Errorf("it takes %s", took)
			}
		})
	}
}

// TestInterruptedWhileElsewhere: a run that is to end does not wait for another one.
func TestInterruptedWhileElsewhere(t *testing.T) {
	for _, state := range []ledger.State{ledger.Sending, ledger.Released} {
		bubble(t, string(state), func(t *testing.T) {
			f := newFixture(t, 3)
			f.serve = func(c call) lmpi.Answer { time.Sleep(time.Second); return created(c.line) }
			f.ledger.delay = 300 * time.Millisecond
			sendingElsewhere(f, 2)
			const end = time.Minute + 50*time.Millisecond
			time.AfterFunc(end, f.enough)
			if state == ledger.Released { // just then
				f.ledger.sweep = func(entries map[ledger.Key]*ledger.Entry) {
					if time.Since(f.journal.began) >= end {
						entries[f.key(2)].State = state
					}
				}
			}
			stop := f.do()
			if got := f.statuses(); got != "not_sent created created" || stop == nil || stop.Kind != Interrupted {
				t.Errorf("%s: %+v", got, stop)
			}
			if p := f.problem(2); p.Message != "not sent: another run was sending it when this one ended" || p.Hint != "run the same command again to see what became of it" {
				t.Error(p)
			}
			if took := time.Since(f.journal.began); took > 61*time.Second {
				t.Errorf("it takes %s", took)
			}
		})
	}
}

// TestLedgerFailsWhileWaiting: it can't be found out what becomes of a row elsewhere.
func TestLedgerFailsWhileWaiting(t *testing.T) {
	for _, step := range []string{"sweep", "lookup"} {
		bubble(t, step, func(t *testing.T) {
			f := newFixture(t, 3)
			sendingElsewhere(f, 3)
			f.ledger.fail = func(s string, _ int) error {
				if s == step && time.Since(f.journal.began) > time.Second {
					return errDisk
				}
				return nil
			}
			stop := f.do()
			if stop == nil || stop.Kind != LedgerLost || f.statuses() != "created not_sent created" {
				t.Errorf("%s: %+v", f.statuses(), stop)
			}
		})
	}
}

// TestGivenBackElsewhere: a row that the other run gives back is sent here, when a
// permit is free.
func TestGivenBackElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 5)
		sendingElsewhere(f, 2)
		sendingElsewhere(f, 3)
		f.serve = func(c call) lmpi.Answer { time.Sleep(10 * time.Second); return created(c.line) }
		time.AfterFunc(5*time.Second, func() { becomes(f, 2, ledger.Released); becomes(f, 3, ledger.Released) })
		f.do()
		if f.count(partner.Created) != 5 || f.most != 1 {
			t.Errorf("%s, %d at a time", f.statuses(), f.most)
		}
		if took := time.Since(f.journal.began); took != 50*time.Second {
			t.Errorf("it takes %s", took)
		}
	})
}

// TestGivenBackTooLate: a row that the other run gives back waits for a permit when the
// run ends.
func TestGivenBackTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 2)
		sendingElsewhere(f, 2)
		f.serve = func(c call) lmpi.Answer { time.Sleep(10 * time.Second); return created(c.line) }
		time.AfterFunc(5*time.Second, func() { becomes(f, 2, ledger.Released) })
		time.AfterFunc(8*time.Second, f.enough)
		f.do()
		if f.statuses() != "not_sent created" || f.of(2) != "claim lost emit:not_sent" {
			t.Errorf("%s: %s", f.statuses(), f.of(2))
		}
		if p := f.problem(2); p.Message != "not sent: the run ended before its turn: the run was interrupted" {
			t.Error(p)
		}
	})
}

// TestSharedPace: where others share the pace, no row is claimed before its slot, and
// one that another run takes meanwhile costs none.
func TestSharedPace(t *testing.T) {
	for _, tt := range []struct {
		takes, then ledger.State // what the other run makes of line 20 and those below
		want        map[partner.Status]int
		took        time.Duration
	}{
		{ledger.Created, ledger.Created, map[partner.Status]int{partner.Created: 18, partner.AlreadyCreated: 22}, 9 * time.Second},
		{ledger.InDoubt, ledger.InDoubt, map[partner.Status]int{partner.Created: 18, partner.InDoubt: 22}, 9 * time.Second},
		{ledger.Sending, ledger.Created, map[partner.Status]int{partner.Created: 18, partner.AlreadyCreated: 22}, 15 * time.Second},
		{ledger.Released, ledger.Released, map[partner.Status]int{partner.Created: 40}, 20 * time.Second},
	} {
		bubble(t, string(tt.takes), func(t *testing.T) {
			f := newFixture(t, 40)
			f.Concurrency = 4
			reserve := reserveAt(2, func() error { return nil })
			slots := 0
			f.Pace = pace.New(2)
			f.Pace.Share(func(ctx context.Context, rate float64, n int) (time.Time, time.Duration, error) {
				slots += n
				return reserve(ctx, rate, n)
			}, func(time.Duration, float64) {})
			others := func(at time.Duration, state ledger.State) {
				time.AfterFunc(at, func() {
					for line := 20; line < 42; line++ {
						if f.claimedHere(line) {
							t.Errorf("line %d is claimed before its slot", line)
						}
						sameBody(f, line)
						becomes(f, line, state)
					}
				})
			}
			others(4100*time.Millisecond, tt.takes)
			if tt.then != tt.takes {
				others(14900*time.Millisecond, tt.then)
			}
			f.do()
			for i, at := range f.when("claimed") {
				if earliest := time.Duration(i) * 500 * time.Millisecond; at < earliest {
					t.Errorf("claim %d is at %s, and its slot at %s", i, at, earliest)
				}
			}
			if diff := cmp.Diff(tt.want, f.sum()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			// a slot may come before the ledger is asked, and goes to the next row then
			if lost := len(f.when("lost")); lost > 5 || slots > tt.want[partner.Created]+5 {
				t.Errorf("%d claims are lost, %d slots are taken", lost, slots)
			}
			if took := time.Since(f.journal.began); took < tt.took-time.Second || took > tt.took+time.Second {
				t.Errorf("it takes %s", took)
			}
		})
	}
}

// claimedHere says that this run has a partner.
func (f *fixture) claimedHere(line int) bool { return f.ledger.get(f.key(line)).Owner == ourRun }

// TestTurnOfALostClaim: the turn of a row that somebody else has claimed meanwhile is
// the next row's.
func TestTurnOfALostClaim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 4)
		f.Pace.Share(reserveAt(0.1, func() error { return nil }), func(time.Duration, float64) {})
		f.Run = &stolenLedger{f.ledger, f}
		f.do()
		var seconds []int
		for _, at := range f.when("claim") {
			seconds = append(seconds, int(at.Seconds()))
		}
		if diff := cmp.Diff([]int{0, 10, 10, 20}, seconds); diff != "" || f.statuses() != "created already_created created created" {
			t.Errorf("%s (-want +got)\n%s", f.statuses(), diff)
		}
	})
}

// TestSharedTurnOfARetry: a request that is repeated takes one slot, as the first did,
// and nothing is expected of other runs once the row has its turn.
func TestSharedTurnOfARetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 1)
		f.Pace.Share(reserveAt(1, func() error { return nil }), func(time.Duration, float64) {})
		f.serve = func(c call) lmpi.Answer {
			if c.try == 1 {
				return unsent()
			}
			return created(c.line)
		}
		f.do()
		if sends := f.when("send"); sends[0] >= time.Second || sends[1] < time.Second || sends[1] >= 2*time.Second {
			t.Errorf("sent at %s", sends)
		}
		if slices.Max(f.ledger.polls) > 0 {
			t.Errorf("the ledger is asked about so many rows: %d", f.ledger.polls)
		}
	})
}

// stolenLedger has another run claim line 3 at the last moment.
type stolenLedger struct {
	*fakeLedger
	f *fixture
}

func (l *stolenLedger) Claim(in ledger.Intent) (ledger.Entry, bool, error) {
	if in.Line == 3 {
		sendingElsewhere(l.f, 3)
		sameBody(l.f, 3)
		becomes(l.f, 3, ledger.Created)
	}
	return l.fakeLedger.Claim(in)
}

// TestKnownToTheLedger: what earlier runs made of a row.
func TestKnownToTheLedger(t *testing.T) {
	day := time.Date(2025, 11, 3, 9, 0, 0, 0, time.UTC) // it was sent
	settled := day.AddDate(0, 1, 0)                     // as by a decision
	for _, tt := range []struct {
		name   string
		change func(*ledger.Entry)
		same   bool
		want   string
		says   string
	}{
		{"created", func(e *ledger.Entry) { e.State, e.Token, e.Link = ledger.Created, "t", "l" }, true, "already_created", ""},
		{"created with other details", func(e *ledger.Entry) {
			e.State, e.Token, e.Link, e.Body = ledger.Created, "t", "l", []byte(`{"email":"bob@example.com"}`)
		}, false, "duplicate", "this partner was created on 2025-11-03 with other details: "},
		{"without a link", func(e *ledger.Entry) { e.State, e.Token, e.Reason = ledger.Created, "t", "why" }, true, "duplicate",
			"this partner was created, but its link is not known (why); created on 2025-11-03; ask the vendor's support for it, with the trace id other-trace"},
		{"without a token", func(e *ledger.Entry) { e.State, e.Link, e.Reason = ledger.Created, "l", "why" }, true, "duplicate",
			"this partner was created, but its token is not known (why); created on 2025-11-03; ask the vendor's support for it, with the trace id other-trace"},
		{"without both", func(e *ledger.Entry) { e.State, e.Reason = ledger.Created, "why" }, true, "duplicate",
			"this partner was created, but its token and link are not known (why); created on 2025-11-03; ask the vendor's support for it, with the trace id other-trace"},
		{"in doubt", func(e *ledger.Entry) { e.State, e.Reason = ledger.InDoubt, "why" }, false, "in_doubt", "why; "},
		{"rejected", func(e *ledger.Entry) { e.State, e.Reason = ledger.Rejected, "why" }, true, "rejected",
			"why; unchanged since the API said no: correct the row first"},
		{"rejected with other details", func(e *ledger.Entry) { e.State = ledger.Rejected }, false, "created", ""},
		{"released", func(e *ledger.Entry) { e.State = ledger.Released }, true, "created", ""},
	} {
		bubble(t, tt.name, func(t *testing.T) {
			f := newFixtureOf(t, companies(2), func(f *fixture) {
				f.ledger.set(f.key(2), func(e *ledger.Entry) { e.ClaimedAt, e.SettledAt = day, settled; tt.change(e) })
				if tt.same {
					sameBody(f, 2)
				}
			})
			f.do()
			if got := f.statuses(); got != tt.want+" created" {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if r := f.result(2); tt.want != "created" && (r.TraceID != "other-trace" || len(f.when("claim")) != 1 || tt.want != "in_doubt" && !r.At.Equal(settled)) {
				t.Errorf("%+v", r)
			}
			if tt.says == "" {
				return
			}
			if p := f.problem(2); !strings.HasPrefix(p.Message+"; "+p.Hint, tt.says) {
				t.Errorf("%s; %s", p.Message, p.Hint)
			}
		})
	}
}
