// Package pace is the rate limiter that all attempts of a run share. It owns the rate,
// the pauses that a server asks for, and how the rate decreases and recovers. It starts
// no goroutine, sends nothing, and knows no reason for a pause.
package pace

import (
	"context"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// Requests that leave evenly spaced arrive less evenly. Permits are issued slightly
	// below the set rate, so that the server sees no second above it.
	margin = 0.01

	// The burst, as a share of the permits of a second: it makes up for timers that fire
	// late on a busy machine. Half the margin, so that the sum stays below the set rate.
	catchUp = margin / 2

	// Send times that are remembered, at most.
	mostLeft = 10_000

	// The resolution of timers: waiting for less would lower the rate. Only rates over
	// 2,000 per second are touched, by one start in 2,000 at most.
	tick = 500 * time.Microsecond

	slowFactor    = 0.7              // the rate after a throttled second, as a share of the rate before
	slowInterval  = time.Second      // answers that arrive together decrease the rate once
	slowestShare  = 0.05             // of the set rate: slower would look like a hang
	recoveryTime  = 45 * time.Second // from a standstill to the set rate
	largestRegain = 0.1              // of the set rate: one answer after a long silence proves little
)

// Limiter hands out permits to start, one at a time and evenly spaced. All workers
// of a run share one. It is safe for concurrent use.
type Limiter struct {
	set     rate.Limit // without the margin
	limiter *rate.Limiter
	turn    chan struct{} // held by the caller that waits for the next permit; the others queue in order

	mu      sync.Mutex
	shared  *share    // with other processes; nil: the rate is this process's own
	until   time.Time // end of the pause
	slowed  time.Time // the last Decrease that had an effect
	changed time.Time // the last change of the rate

	window time.Duration // in which as many requests may be sent as left has room for
	left   []time.Time   // the latest send times, a ring
	oldest int           // index into left
}

// New returns a limiter of perSecond permits per second, which must be positive and
// finite as ParseRate guarantees. The burst is 1, or what 5 ms bring: one as large as
// the rate would double the first second.
func New(perSecond float64) *Limiter {
	set := rate.Limit(perSecond * (1 - margin))
	n := math.Ceil(min(max(1, perSecond), mostLeft))
	return &Limiter{
		set:     set,
		limiter: rate.NewLimiter(set, int(max(1, perSecond*catchUp))),
		turn:    make(chan struct{}, 1),
		window:  time.Duration(n / perSecond * (1 + catchUp) * float64(time.Second)),
		left:    make([]time.Time, int(n)),
	}
}

// Wait returns when the next attempt may start: there is a permit and no pause. A
// permit that comes due during a pause is forfeited, so that no burst follows the
// pause. The error is that of ctx, and is returned at once.
func (l *Limiter) Wait(ctx context.Context) error {
	_, err := l.Acquire(ctx)
	return err
}

// Acquire is Wait for a caller that may find that there is nothing to start, and then
// hands its permit back with Return.
func (l *Limiter) Acquire(ctx context.Context) (Permit, error) {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return Permit{}, ctx.Err()
	}
	for {
		if err := l.waitPause(ctx); err != nil {
			return Permit{}, err
		}
		t, err := l.next(ctx)
		if err != nil || l.PausedFor() == 0 {
			return t, err
		}
	}
}

// next waits for a permit: of the shared rate, or of this process's own.
func (l *Limiter) next(ctx context.Context) (Permit, error) {
	if l.shared != nil {
		return l.shared.next(ctx, l.Rate())
	}
	permit := l.limiter.Reserve()
	if delay := permit.Delay(); delay > tick {
		if err := sleep(ctx, delay); err != nil {
			permit.Cancel()
			return Permit{}, err
		}
	}
	return Permit{}, nil
}

// AwaitSend returns when an attempt that has a permit may be sent. A slow disk can delay
// many attempts between permit and request and then release them together; even then no
// second exceeds the set rate.
func (l *Limiter) AwaitSend(ctx context.Context, t Permit) error {
	if err := l.awaitSend(ctx, t); err != nil {
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

// waitPause returns when no pause is left, however often it was extended meanwhile.
func (l *Limiter) waitPause(ctx context.Context) error {
	for left := l.PausedFor(); left > 0; left = l.PausedFor() {
		if err := sleep(ctx, left); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Pause stops all permits for d from now, also those of the processes that share the
// rate. Of several pauses the longest wins.
func (l *Limiter) Pause(d time.Duration) {
	l.ApplyRemotePause(d)
	if l.shared != nil {
		l.shared.announce(d, l.Rate())
	}
}

// ApplyRemotePause is Pause for one that another process announced.
func (l *Limiter) ApplyRemotePause(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until := time.Now().Add(d); until.After(l.until) {
		l.until = until
	}
}

// PausedFor is how long the pause still lasts; 0 without one.
func (l *Limiter) PausedFor() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return max(0, time.Until(l.until))
}

// Decrease lowers the rate after the server asked for less: by 30 %, once per second at
// most, down to a twentieth of the set rate.
func (l *Limiter) Decrease() {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if now.Sub(l.slowed) < slowInterval {
		return
	}
	l.slowed = now
	l.change(now, max(l.limiter.Limit()*slowFactor, l.set*slowestShare))
}

// Increase is called on every answer that was processed. It gives back a share of the
// set rate that grows with the time since the last change, pauses not counted: 45 s of
// such answers bring back the whole of it.
func (l *Limiter) Increase() {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, current := time.Now(), l.limiter.Limit()
	if current >= l.set {
		return
	}
	since := l.changed
	if l.until.After(since) {
		since = l.until
	}
	share := now.Sub(since).Seconds() / recoveryTime.Seconds()
	if share <= 0 {
		return // an answer to a call from before the pause
	}
	l.change(now, min(current+l.set*rate.Limit(min(share, largestRegain)), l.set))
}

func (l *Limiter) change(now time.Time, to rate.Limit) {
	l.changed = now
	l.limiter.SetLimitAt(now, to)
}

// Rate is the present rate per second, comparable to the set rate.
func (l *Limiter) Rate() float64 { return float64(l.limiter.Limit()) / (1 - margin) }

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
