package pace

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// counter divides a pace as a ledger does, for programs that share it.
type counter struct {
	mu    sync.Mutex
	rate  float64
	next  time.Time
	asked int
	slow  time.Duration // of each question
}

func (c *counter) reserve(ctx context.Context, _ float64, n int) (time.Time, time.Duration, error) {
	time.Sleep(c.slow)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	every := time.Duration(float64(time.Second) / c.rate)
	first := c.next
	if now := time.Now(); first.Before(now) {
		first = now
	}
	c.next = first.Add(time.Duration(n) * every)
	return first, every, ctx.Err()
}

// TestSharedPace: programs that share a pace are together as fast as it allows,
// none starves, and they ask much less often than they start.
func TestSharedPace(t *testing.T) {
	for _, rate := range []float64{5, 60, 1000} {
		synctest.Test(t, func(t *testing.T) {
			c := &counter{rate: rate, slow: time.Millisecond}
			var mu sync.Mutex
			var times []time.Duration
			began := time.Now()
			counts := make([]int, 3)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			var wait sync.WaitGroup
			for p := range counts {
				l := New(rate)
				l.Share(c.reserve, func(time.Duration, float64) {})
				for range 8 {
					wait.Go(func() {
						for {
							turn, err := l.Acquire(ctx)
							if err != nil || l.AwaitSend(ctx, turn) != nil {
								return
							}
							mu.Lock()
							times = append(times, time.Since(began))
							counts[p]++
							mu.Unlock()
						}
					})
				}
			}
			wait.Wait()
			if most := busiest(times); float64(most) > rate*1.03+1 {
				t.Errorf("%v/s: %d starts in one second", rate, most)
			}
			if mean := float64(len(times)) / 20; mean < rate*0.97-1 {
				t.Errorf("%v/s: %.1f/s on average", rate, mean)
			}
			if share := float64(slices.Min(counts)) / float64(len(times)); share < 0.2 {
				t.Errorf("%v/s: one of three has a share of %.2f", rate, share)
			}
			if rate > 20 && c.asked > len(times)/5 {
				t.Errorf("%v/s: asked %d times for %d starts", rate, c.asked, len(times))
			}
		})
	}
}

// TestSpare: a turn that is given back is somebody else's at once, and not when it
// is too late.
func TestSpare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(2)
		l.Share((&counter{rate: 2}).reserve, nil)
		began := time.Now()
		turn, err := l.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		l.Return(turn)
		if err := l.Wait(t.Context()); err != nil || time.Since(began) > 0 {
			t.Errorf("the turn that was given back came after %v, %v", time.Since(began), err)
		}
		time.Sleep(lateness)
		l.Return(turn)
		if err := l.Wait(t.Context()); err != nil || time.Since(began) != time.Second/2 {
			t.Errorf("after a turn given back too late, the next came after %v, %v", time.Since(began), err)
		}
	})
}

// TestLateSlots: slots that are past are forfeited, and no burst makes up for them.
func TestLateSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(60)
		l.Share((&counter{rate: 60}).reserve, nil)
		for range 40 { // so that it reserves many
			if err := l.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(200 * time.Millisecond)
		began := time.Now()
		for range 4 {
			if err := l.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took < 2*time.Second/60 {
			t.Errorf("four starts within %v after a stall", took)
		}
	})
}

// TestSharedHold: a hold is told to the others; one of theirs is heeded, and not
// told again. A pace that can't be asked for is an error.
func TestSharedHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(100)
		var told []time.Duration
		c := &counter{rate: 100}
		l.Share(c.reserve, func(d time.Duration, rate float64) {
			if told = append(told, d); rate > 71 {
				t.Errorf("told with a pace of %v/s", rate)
			}
		})
		l.Decrease()
		l.Pause(time.Second)
		l.ApplyRemotePause(2 * time.Second)
		began := time.Now()
		if err := l.Wait(t.Context()); err != nil || time.Since(began) < 2*time.Second {
			t.Errorf("started after %v, %v", time.Since(began), err)
		}
		if !slices.Equal(told, []time.Duration{time.Second}) {
			t.Errorf("told: %v", told)
		}
		away := errors.New("away")
		l.Share(func(context.Context, float64, int) (time.Time, time.Duration, error) { return time.Time{}, 0, away }, nil)
		if err := l.Wait(t.Context()); !errors.Is(err, away) {
			t.Errorf("without a ledger: %v", err)
		}
	})
}
