package batch

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"onboard/pkg/ledger"
	"onboard/pkg/lmpi"
	"onboard/pkg/pace"
	"onboard/pkg/partner"
)

// TestLedgerFails: whatever step the ledger fails in, nothing more is sent, and the
// outputs are unfit for use.
func TestLedgerFails(t *testing.T) {
	const more = "; what was created is recorded, and nothing is created twice"
	disk := func(text string) error { return fmt.Errorf("%s: %w", text, errDisk) }
	for _, tt := range []struct {
		name   string
		step   string
		err    error
		answer lmpi.Answer // the first one of line 10
		reason string
		hint   string
		gone   bool
	}{
		{"claim", "claim", errDisk, created(10), "nothing more is sent, as the ledger failed: no space left on device",
			"see that its disk has room and can be written, and run the same command again" + more, false},
		{"claim with a hint", "claim", errors.New("it is locked; hint: see who holds it"), created(10),
			"nothing more is sent, as the ledger failed: it is locked", "see who holds it" + more, false},
		{"the last hint counts", "claim", errors.New("a; hint: b; hint: c"), created(10), "nothing more is sent, as the ledger failed: a; hint: b", "c" + more, false},
		{"retry", "retry", errDisk, unsent(), "nothing more is sent, as the ledger failed: no space left on device",
			"see that its disk has room and can be written, and run the same command again" + more, false},
		{"settle", "settle", disk("saved in f"), created(10), "nothing more is sent, as the ledger failed: saved in f: no space left on device",
			"see that its disk has room and can be written, and run the same command again" + more, false},
		{"settle of a rejection", "settle", errDisk, rejected(), "nothing more is sent, as the ledger failed: no space left on device",
			"see that its disk has room and can be written, and run the same command again" + more, false},
		{"settle of a doubt", "settle", errDisk, inDoubt(), "nothing more is sent, as the ledger failed: no space left on device",
			"see that its disk has room and can be written, and run the same command again" + more, false},
		{"taken away", "settle", fmt.Errorf("cannot settle: %w; hint: run it again", ledger.ErrLost), created(10),
			"nothing more is sent, as somebody decided about a row that this run was sending, or sent it again: line 10: cannot settle: " + ledger.ErrLost.Error(), "run it again", false},
		{"taken away before the retry", "retry", ledger.ErrLost, unsent(),
			"nothing more is sent, as somebody decided about a row that this run was sending, or sent it again: line 10: " + ledger.ErrLost.Error(),
			"see that its disk has room and can be written, and run the same command again", false},
		{"gone", "settle", fmt.Errorf("%w; hint: put it back; hint: of the answer", ledger.ErrGone), created(10), "nothing more is sent: " + ledger.ErrGone.Error(), "put it back", true},
	} {
		bubble(t, tt.name, func(t *testing.T) {
			f := newFixture(t, 60)
			f.Concurrency, f.ledger.delay = 4, 10*time.Millisecond
			f.ledger.fail = func(step string, line int) error {
				if step == tt.step && line == 10 {
					return tt.err
				}
				return nil
			}
			f.serve = func(c call) lmpi.Answer {
				time.Sleep(time.Second)
				if c.line == 10 && c.try == 1 {
					return tt.answer
				}
				return created(c.line)
			}
			stop := f.do()
			if stop == nil || stop.Kind != LedgerLost || !stop.InvalidatesOutputs() || stop.Reason != tt.reason || stop.Hint != tt.hint || stop.LedgerMissing != tt.gone {
				t.Errorf("%+v", stop)
			}
			if n := len(f.tries); n > 9+2*4 {
				t.Errorf("%d rows are sent", n)
			}
			if p := f.problem(10); f.result(10).Status != partner.NotSent || p.Message != "not sent: the run ended before its turn: "+tt.reason {
				t.Error(p)
			}
		})
	}
}

// TestLedgerFailsWhileReading: the ledger is asked about the rows of each block.
func TestLedgerFailsWhileReading(t *testing.T) {
	for _, step := range []string{"created", "lookup"} {
		bubble(t, step, func(t *testing.T) {
			f := newFixture(t, 10)
			f.ledger.set(f.key(2), func(e *ledger.Entry) { e.State = ledger.Rejected })
			f.ledger.fail = func(s string, _ int) error {
				if s == step {
					return errDisk
				}
				return nil
			}
			stop, err := f.run()
			if !errors.Is(err, stop) || stop.Kind != LedgerLost || stop.Reason != "nothing more is sent, as the ledger failed: no space left on device" || len(f.results) > 0 {
				t.Errorf("%v, %+v", err, stop)
			}
		})
	}
}

// TestLossOutranksWhatCameBefore: a run that was to end anyway, and then loses the
// ledger, says the latter: rows on their way lack their answers. Of two losses the
// first counts.
func TestLossOutranksWhatCameBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 20)
		f.Concurrency = 4
		f.ledger.fail = func(step string, line int) error {
			if step == "settle" && time.Since(f.journal.began) > 5*time.Second {
				return fmt.Errorf("line %d fails", line)
			}
			return nil
		}
		var told []*Stop
		f.OnStop = func(s *Stop) { told = append(told, s) }
		f.serve = func(c call) lmpi.Answer {
			time.Sleep(time.Second + time.Duration(c.line)*time.Millisecond)
			return created(c.line)
		}
		time.AfterFunc(4500*time.Millisecond, f.enough)
		stop := f.do()
		synctest.Wait()
		first := ""
		for _, e := range f.events {
			if e.what == "failed" && first == "" {
				first = fmt.Sprintf("line %d fails", e.line)
			}
		}
		if stop.Kind != LedgerLost || !strings.HasSuffix(stop.Reason, first) || len(f.when("failed")) < 2 {
			t.Errorf("%+v, first is %s of %d", stop, first, len(f.when("failed")))
		}
		if len(told) != 1 || told[0].Kind != Interrupted {
			t.Errorf("told as %v", told)
		}
	})
}

// TestGivingBackFails: a claim that can't be given back loses the ledger as any other
// step does.
func TestGivingBackFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 5)
		f.MaxAttempts = 1
		f.ledger.fail = func(step string, line int) error {
			if step == "settle" && line == 3 {
				return errDisk
			}
			return nil
		}
		f.serve = func(call) lmpi.Answer { return unsent() }
		if stop := f.do(); stop.Kind != LedgerLost || len(f.tries) != 2 {
			t.Errorf("%+v, %v", stop, f.tries)
		}
	})
}

// TestPaceLost: who divides the pace can't be asked any more: the run ends as with a
// lost ledger, which that is.
func TestPaceLost(t *testing.T) {
	for name, after := range map[string]int{"first turn": 3, "at the very first": 0} {
		bubble(t, name, func(t *testing.T) {
			f := newFixture(t, 20)
			asked := 0
			f.Pace.Share(reserveAt(10, func() error {
				if asked++; asked > after {
					return errDisk
				}
				return nil
			}), func(time.Duration, float64) {})
			stop := f.do()
			if stop == nil || stop.Kind != LedgerLost || f.count(partner.NotSent)+f.count(partner.Created) != 20 || f.count(partner.NotSent) == 0 {
				t.Errorf("%+v: %v", stop, f.sum())
			}
		})
	}
	bubble(t, "before a retry", func(t *testing.T) {
		f := newFixture(t, 2)
		var broken error
		f.Pace = pace.New(1e6)
		f.Pace.Share(reserveAt(10, func() error { return broken }), func(time.Duration, float64) {})
		f.serve = func(call) lmpi.Answer { broken = errDisk; return unsent() }
		if stop := f.do(); stop.Kind != LedgerLost || f.of(2) != "claim claimed send answer released durable emit:not_sent" {
			t.Errorf("%+v: %s", stop, f.of(2))
		}
	})
	bubble(t, "an end is no loss", func(t *testing.T) {
		f := newFixture(t, 9)
		f.Pace.Share(reserveAt(1, func() error { return nil }), func(time.Duration, float64) {})
		time.AfterFunc(2500*time.Millisecond, f.enough)
		if stop := f.do(); stop.Kind != Interrupted || f.count(partner.Created) == 0 || f.count(partner.NotSent) == 0 {
			t.Errorf("%+v: %v", stop, f.sum())
		}
	})
}
