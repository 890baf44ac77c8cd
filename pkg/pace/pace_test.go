package pace

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// starts lets n workers pass the limiter rounds times each and returns when each
// permit came, since the beginning and in order.
func starts(t *testing.T, l *Limiter, n, rounds int) []time.Duration {
	t.Helper()
	var (
		mu    sync.Mutex
		wg    sync.WaitGroup
		times []time.Duration
		began = time.Now()
	)
	for range n {
		wg.Go(func() {
			for range rounds {
				if err := l.Wait(t.Context()); err != nil {
					t.Errorf("Wait: %v", err)
					return
				}
				mu.Lock()
				times = append(times, time.Since(began))
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return times
}

// busiest is the largest number of starts in any window of one second, both ends
// included.
func busiest(times []time.Duration) int {
	most, first := 0, 0
	for i, at := range times {
		for at-times[first] > time.Second {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

func TestWaitKeepsThePace(t *testing.T) {
	for _, perSecond := range []int{1, 50, 1000, 10000} {
		for _, workers := range []int{1, 64} {
			t.Run(fmt.Sprintf("%d a second, %d workers", perSecond, workers), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					rounds := max(4*perSecond/workers, 2)
					times := starts(t, New(float64(perSecond)), workers, rounds)
					if got, want := busiest(times), perSecond; got > want {
						t.Errorf("busiest second: got %d starts, want at most %d", got, want)
					}
					got := times[len(times)-1]
					want := time.Duration(float64(len(times)-1) / float64(perSecond) / (1 - margin) * float64(time.Second))
					if diff := cmp.Diff(want, got, near(6*time.Millisecond)); diff != "" { // 5 ms come at once
						t.Errorf("duration of the whole (-want +got):\n%s", diff)
					}
				})
			})
		}
	}
}

// near takes durations as equal that are at most d apart.
func near(d time.Duration) cmp.Option {
	return cmp.Comparer(func(a, b time.Duration) bool { return (a - b).Abs() <= d })
}

func TestNoBurstAfterHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(10)
		go func() {
			time.Sleep(550 * time.Millisecond)
			l.Pause(20 * time.Second)
			time.Sleep(5 * time.Second)
			l.Pause(time.Second) // the longer one stays
		}()
		times := starts(t, l, 50, 1)
		var got []time.Duration
		for _, at := range times[:10] {
			got = append(got, at.Round(time.Millisecond))
		}
		const ms = time.Millisecond
		want := []time.Duration{0, 101 * ms, 202 * ms, 303 * ms, 404 * ms, 505 * ms, 20550 * ms, 20651 * ms, 20752 * ms, 20853 * ms}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("starts (-want +got):\n%s", diff)
		}
		if got, want := busiest(times), 10; got > want {
			t.Errorf("busiest second: got %d starts, want at most %d", got, want)
		}
	})
}

func TestHoldProlonged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, began := New(1), time.Now()
		l.Pause(3 * time.Second)
		go func() {
			time.Sleep(2 * time.Second)
			l.Pause(4 * time.Second)
		}()
		if err := l.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(6*time.Second, time.Since(began)); diff != "" {
			t.Errorf("start (-want +got):\n%s", diff)
		}
	})
}

func TestHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(1)
		got := []time.Duration{l.PausedFor()}
		l.Pause(-time.Second)
		got = append(got, l.PausedFor())
		l.Pause(10 * time.Second)
		got = append(got, l.PausedFor())
		time.Sleep(4 * time.Second)
		got = append(got, l.PausedFor())
		time.Sleep(time.Minute)
		got = append(got, l.PausedFor())
		want := []time.Duration{0, 0, 10 * time.Second, 6 * time.Second, 0}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Held (-want +got):\n%s", diff)
		}
	})
}

func TestCancelReturnsAtOnce(t *testing.T) {
	for name, block := range map[string]func(*Limiter){
		"in a hold":        func(l *Limiter) { l.Pause(time.Hour) },
		"for a permit":     func(l *Limiter) { _ = l.Wait(context.Background()) },
		"for another turn": func(l *Limiter) { l.turn <- struct{}{} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, began := New(1.0/3600), time.Now()
				block(l)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				if err := l.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("Wait: got %v, want the context's error", err)
				}
				if diff := cmp.Diff(time.Second, time.Since(began)); diff != "" {
					t.Errorf("returned after (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestCancelledGetsNoPermit(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := New(1).Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Wait: got %v, want context.Canceled", err)
	}
}

// A caller who gives up must not use up the permit of those who stay.
func TestCancelledPermitIsReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, began := New(1), time.Now()
		_ = l.Wait(t.Context())
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_ = l.Wait(ctx)
		if err := l.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(1010*time.Millisecond, time.Since(began), near(time.Millisecond)); diff != "" {
			t.Errorf("second start (-want +got):\n%s", diff)
		}
	})
}

func TestSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(100)
		var got []float64
		for range 8 {
			l.Decrease() // eight workers hear the same 429
		}
		got = append(got, l.Rate())
		time.Sleep(time.Second)
		l.Decrease()
		got = append(got, l.Rate())
		for range 20 {
			time.Sleep(time.Second)
			l.Decrease()
		}
		got = append(got, l.Rate())
		if diff := cmp.Diff([]float64{70, 49, 5}, got, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
			t.Errorf("Rate (-want +got):\n%s", diff)
		}
	})
}

func TestSlowSlows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(100)
		l.Decrease()
		times := starts(t, l, 20, 10)
		if got, want := busiest(times), 71; got > want {
			t.Errorf("busiest second: got %d starts, want at most %d", got, want)
		}
	})
}

func TestRecoverTakesUnderAMinute(t *testing.T) {
	for _, perSecond := range []float64{1, 5, 1000} {
		t.Run(fmt.Sprint(perSecond), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := New(perSecond)
				for l.Rate() > perSecond*slowestShare*1.001 {
					l.Decrease()
					time.Sleep(slowInterval)
				}
				began := time.Now()
				for l.Rate() < perSecond*0.999 && time.Since(began) < time.Hour {
					if err := l.Wait(t.Context()); err != nil {
						t.Fatal(err)
					}
					l.Increase()
				}
				if got := time.Since(began); got < 30*time.Second || got > time.Minute {
					t.Errorf("recovery: got %v, want 30 s to 60 s", got)
				}
			})
		})
	}
}

// Nothing is known of the server during a hold, and one answer after it proves little.
func TestRecoverIgnoresTheHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(100)
		l.Increase() // nothing to give back
		l.Decrease()
		l.Pause(10 * time.Minute)
		time.Sleep(time.Minute)
		l.Increase() // an answer to a call from before
		got := []float64{l.Rate()}
		time.Sleep(9*time.Minute + 900*time.Millisecond)
		l.Increase()
		got = append(got, l.Rate())
		time.Sleep(time.Hour)
		l.Increase()
		got = append(got, l.Rate())
		if diff := cmp.Diff([]float64{70, 72, 82}, got, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
			t.Errorf("Rate (-want +got):\n%s", diff)
		}
	})
}

// Who sets a rate to be rid of the limiter must be rid of it: BenchmarkWait measured
// about 20 µs for a permit at 100,000 per second, 460 µs with a timer for each.
func BenchmarkWait(b *testing.B) {
	l := New(100000)
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_ = l.Wait(context.Background())
		}
	})
}

// TestDepart lets everything pile up between permit and departure for a while, as
// a disk does that stalls.
func TestDepart(t *testing.T) {
	for _, perSecond := range []float64{1.0 / 60, 0.7, 1, 7.5, 50, 1000, 20_000} {
		t.Run(fmt.Sprint(perSecond), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := New(perSecond)
				second := time.Duration(max(1, math.Ceil(perSecond)/perSecond) * float64(time.Second)) // or as long as one start takes
				began := time.Now()
				disk := make(chan struct{})
				var mu sync.Mutex
				var wg sync.WaitGroup
				var times []time.Duration
				for range 64 {
					wg.Go(func() {
						for range max(3, int(perSecond)/16) {
							if err := l.Wait(t.Context()); err != nil {
								t.Error(err)
							}
							<-disk
							if err := l.AwaitSend(t.Context(), Permit{}); err != nil {
								t.Error(err)
							}
							mu.Lock()
							times = append(times, time.Duration(float64(time.Since(began))/second.Seconds()))
							mu.Unlock()
						}
					})
				}
				time.Sleep(200 * second)
				close(disk)
				wg.Wait()
				slices.Sort(times)
				if got, want := busiest(times), int(math.Ceil(perSecond)); got > want {
					t.Errorf("busiest second: got %d departures, want at most %d", got, want)
				}
			})
		})
	}
}

func TestDepartHearsTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(1)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := l.AwaitSend(ctx, Permit{}); err != nil {
			t.Error(err)
		}
		if err := l.AwaitSend(ctx, Permit{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Depart: got %v, want the context's error", err)
		}
	})
}
