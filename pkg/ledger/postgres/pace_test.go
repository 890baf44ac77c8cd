//go:build postgres

package postgres

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"onboard/pkg/ledger"
	"onboard/pkg/ledger/ledgertest"
)

// end is where the slots of a run's scope end, by the database's clock, and when
// its hold does.
func end(t *testing.T, r *Run) (next, held time.Time) {
	t.Helper()
	err := r.l.read(t.Context(), func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, "SELECT greatest(next_slot, '1970-01-01'), greatest(held_until, '1970-01-01') FROM scopes WHERE id = $1", r.scope).Scan(&next, &held)
	})
	if err != nil {
		t.Fatal(err)
	}
	return next, held
}

func mustReserve(t *testing.T, r *Run, rate float64, n int) ledger.Slots {
	t.Helper()
	s, err := r.Reserve(t.Context(), rate, n)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestReserve: whoever asks gets slots that nobody else has, at the lowest pace of
// those who take part; another account has its own.
func TestReserve(t *testing.T) {
	place := newPlace(t)
	l := mustOpen(t, place)
	one, two := mustBegin(t, l), mustBegin(t, mustOpen(t, place))
	mustReserve(t, one, 0.5, 1) // slots so long that a busy machine does not matter
	for i, r := range []*Run{one, two, one, two} {
		before, _ := end(t, r)
		s := mustReserve(t, r, 0.5, 3)
		after, _ := end(t, r)
		if got, want := after.Sub(before), 3*s.Every; got < want-time.Millisecond || got > want+time.Millisecond {
			t.Errorf("reservation %d took %v, not %v", i, got, want)
		}
	}
	if s := mustReserve(t, two, 0.25, 1); s.Rate != 0.25 {
		t.Errorf("a lower pace: %v/s", s.Rate)
	}
	if s := mustReserve(t, one, 0.5, 1); s.Rate != 0.25 || s.Every < 4*time.Second {
		t.Errorf("the lowest pace doesn't count: %v/s, every %v", s.Rate, s.Every)
	}
	if err := two.End(0, nil); err != nil {
		t.Fatal(err)
	}
	if s := mustReserve(t, one, 0.5, 1); s.Rate != 0.5 {
		t.Errorf("a run that has ended still counts: %v/s", s.Rate)
	}
	other, err := l.Begin(ledger.Scope{Endpoint: "https://other.example"}, ledgertest.Sheet)
	if err != nil {
		t.Fatal(err)
	}
	if s := mustReserve(t, other.(*Run), 100, 1); s.Rate != 100 || time.Until(s.First) > time.Second {
		t.Errorf("another account: %v/s, in %v", s.Rate, time.Until(s.First))
	}
}

// TestHold: a hold is stored, told to the other runs of the scope, and no slot is
// given out before its end.
func TestHold(t *testing.T) {
	place := newPlace(t)
	one, two := mustBegin(t, mustOpen(t, place)), mustBegin(t, mustOpen(t, place))
	heard := make(chan time.Duration, 10)
	two.OnHold(func(d time.Duration) { heard <- d })
	one.OnHold(func(d time.Duration) { t.Errorf("it was told its own hold of %v", d) })
	eventually(t, "the guards listen", func() bool {
		n := 0
		err := two.l.read(t.Context(), func(ctx context.Context, conn *pgx.Conn) error {
			return conn.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'UPDATE runs SET ended_at = NULL%'").Scan(&n)
		})
		return err == nil && n >= 2
	})
	mustReserve(t, one, 10, 1)
	one.Hold(time.Hour, 7)
	if d := <-heard; d != time.Hour {
		t.Errorf("heard of %v", d)
	}
	_, held := end(t, two)
	s := mustReserve(t, two, 10, 1)
	if s.Rate != 7 {
		t.Errorf("after the hold, which one run was asked for: %v/s", s.Rate)
	}
	next, _ := end(t, two)
	if first := next.Add(-s.Every); first.Before(held.Add(-45 * time.Minute)) { // a clock that was set back holds nobody for an hour
		t.Errorf("a slot at %v, held until %v", first, held)
	}
	if d := <-heard; d < 50*time.Minute {
		t.Errorf("with the slots it heard of %v", d)
	}
}

// TestClocks: what the database says of its clock is turned into this computer's,
// by the quickest answer; a clock that was set is believed again.
func TestClocks(t *testing.T) {
	p := pace{began: time.Now().Add(-time.Hour)}
	var got []time.Duration
	for _, clock := range []time.Duration{1000, 990, 995, 1001, 5000, -3000} { // the database's, in ms against ours; less: a slow answer
		now := time.Since(p.began) + clock*time.Millisecond
		at := p.here(now.Seconds(), now.Seconds()+1)
		got = append(got, time.Until(at).Round(time.Millisecond))
	}
	for i, want := range []time.Duration{1000, 990, 995, 1000, 1000, 1000} {
		if diff := got[i] - want*time.Millisecond; diff < -15*time.Millisecond || diff > 15*time.Millisecond {
			t.Errorf("answer %d: in %v, not %d ms", i, got[i], want)
		}
	}
}
