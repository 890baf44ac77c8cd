// Package pace decides when the next attempt may start. It owns the rate, the
// holds that a server asks for, and how the pace drops and recovers. It starts no
// goroutine, sends nothing, and knows no reason for a hold.
package pace

import (
	"context"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// What is let go at an even pace arrives less evenly. Permits come a little more
	// slowly than the set rate, so that no second brings the server more than that.
	margin = 0.01

	// How many permits may be made up for after a delay, as a share of a second's: so
	// late a timer is on a busy machine. Half the margin, so that it stays within it.
	catchUp = margin / 2

	// Departures that are remembered, at most.
	mostLeft = 10_000

	// Timers are no finer than this: to wait for less would cost pace. Only rates over
	// 2,000 per second are touched, by one start in 2,000 at most.
	tick = 500 * time.Microsecond

	slowFactor    = 0.7              // what a throttled second leaves of the rate
	slowInterval  = time.Second      // answers that arrive together slow the pace once
	slowestShare  = 0.05             // of the set rate: slower would look like a hang
	recoveryTime  = 45 * time.Second // from a standstill to the set rate
	largestRegain = 0.1              // of the set rate: one answer after a long silence proves little
)

// Limiter hands out permits to start, one at a time and evenly spaced. All workers
// of a run share one. It is safe for concurrent use.
type Limiter struct {
	set     rate.Limit // without the margin
	permits *rate.Limiter
	turn    chan struct{} // held by the one caller who waits for the next permit; the others queue in order

	mu      sync.Mutex
	shared  *share    // with other programs; nil: the pace is this program's own
	until   time.Time // end of the hold
	slowed  time.Time // the last Slow that counted
	changed time.Time // the last change of the rate

	window time.Duration // for as many departures as left has room for
	left   []time.Time   // the latest departures, a ring
	oldest int           // its place in left
}

// New returns a limiter of perSecond permits per second, which must be positive and
// finite as ParseRate guarantees. The burst is 1, or what 5 ms bring: one as large as
// the rate would double the first second.
func New(perSecond float64) *Limiter {
	set := rate.Limit(perSecond * (1 - margin))
	n := math.Ceil(min(max(1, perSecond), mostLeft))
	return &Limiter{
		set:     set,
		permits: rate.NewLimiter(set, int(max(1, perSecond*catchUp))),
		turn:    make(chan struct{}, 1),
		window:  time.Duration(n / perSecond * (1 + catchUp) * float64(time.Second)),
		left:    make([]time.Time, int(n)),
	}
}

// Wait returns when the next attempt may start: there is a permit and no hold. A
// permit that falls into a hold is forfeited, so that no burst follows the hold.
// The error is that of ctx, and comes at once.
func (l *Limiter) Wait(ctx context.Context) error {
	_, err := l.Turn(ctx)
	return err
}

// Turn is Wait for somebody who may find that there is nothing to start, and then
// gives the turn back with Spare.
func (l *Limiter) Turn(ctx context.Context) (Turn, error) {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return Turn{}, ctx.Err()
	}
	for {
		if err := l.sitOut(ctx); err != nil {
			return Turn{}, err
		}
		t, err := l.next(ctx)
		if err != nil || l.Held() == 0 {
			return t, err
		}
	}
}

// next waits for a permit: one of the share's, or of this program's own.
func (l *Limiter) next(ctx context.Context) (Turn, error) {
	if l.shared != nil {
		return l.shared.next(ctx, l.Rate())
	}
	permit := l.permits.Reserve()
	if delay := permit.Delay(); delay > tick {
		if err := sleep(ctx, delay); err != nil {
			permit.Cancel()
			return Turn{}, err
		}
	}
	return Turn{}, nil
}

// Depart returns when an attempt that has its turn may leave. A slow disk can hold up
// many between the one and the other, and let go of them together: also then no second
// brings more than the set rate.
func (l *Limiter) Depart(ctx context.Context, t Turn) error {
	if err := l.depart(ctx, t); err != nil {
		return err
	}
	l.mu.Lock()
	at := time.Now()
	if earliest := l.left[l.oldest].Add(l.window); earliest.After(at) {
		at = earliest
	}
	l.left[l.oldest] = at
	l.oldest = (l.oldest + 1) % len(l.left)
	l.mu.Unlock()
	if delay := time.Until(at); delay > 0 {
		return sleep(ctx, delay)
	}
	return nil
}

// sitOut returns when there is no hold, however often it was prolonged meanwhile.
func (l *Limiter) sitOut(ctx context.Context) error {
	for held := l.Held(); held > 0; held = l.Held() {
		if err := sleep(ctx, held); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Hold lets nobody start for d from now, nor those with whom the pace is shared. Of
// several holds the longest wins.
func (l *Limiter) Hold(d time.Duration) {
	l.Heed(d)
	if l.shared != nil {
		l.shared.announce(d, l.Rate())
	}
}

// Heed is Hold for one that somebody else has announced.
func (l *Limiter) Heed(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until := time.Now().Add(d); until.After(l.until) {
		l.until = until
	}
}

// Held says how long nobody may start yet, 0 without a hold.
func (l *Limiter) Held() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return max(0, time.Until(l.until))
}

// Slow lowers the pace after the server asked for less: by 30 %, once per second at
// most, down to a twentieth of the set rate.
func (l *Limiter) Slow() {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if now.Sub(l.slowed) < slowInterval {
		return
	}
	l.slowed = now
	l.change(now, max(l.permits.Limit()*slowFactor, l.set*slowestShare))
}

// Recover is called on every answer that was processed. It gives back a share of the
// set rate that grows with the time since the last change, holds not counted: 45 s of
// such answers bring back the whole of it.
func (l *Limiter) Recover() {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, current := time.Now(), l.permits.Limit()
	if current >= l.set {
		return
	}
	since := l.changed
	if l.until.After(since) {
		since = l.until
	}
	share := now.Sub(since).Seconds() / recoveryTime.Seconds()
	if share <= 0 {
		return // an answer to a call from before the hold
	}
	l.change(now, min(current+l.set*rate.Limit(min(share, largestRegain)), l.set))
}

func (l *Limiter) change(now time.Time, to rate.Limit) {
	l.changed = now
	l.permits.SetLimitAt(now, to)
}

// Rate is the present pace, in the terms of the set rate.
func (l *Limiter) Rate() float64 { return float64(l.permits.Limit()) / (1 - margin) }

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
