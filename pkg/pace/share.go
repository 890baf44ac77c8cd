package pace

import (
	"context"
	"time"
)

const (
	// batchTime is the time for which slots are reserved at once, at the whole shared
	// rate. It bounds what a process that dies leaves unused, and how often the database
	// is asked.
	batchTime = 250 * time.Millisecond

	// A slot expires lateness after its time. Its request is sent claiming after its
	// time, which levels claims that take longer or shorter; one that is later than that
	// by more than unready waits for another slot. So the requests stay evenly spaced.
	lateness = 50 * time.Millisecond
	claiming = 80 * time.Millisecond
	unready  = 10 * time.Millisecond

	// evenly is the shortest interval between two slots for which send times are levelled
	// so: at higher rates waiting costs more than it brings.
	evenly = 2 * time.Millisecond
)

// Reserve takes n slots of a shared rate, evenly spaced from first. rate is what this
// process allows itself, per second; the lowest of all processes counts.
type Reserve func(ctx context.Context, rate float64, n int) (first time.Time, every time.Duration, err error)

// Permit allows one attempt to start. Where the rate is shared it is bound to a time.
type Permit struct{ at, departs time.Time }

// awaitSend waits for the send time of a permit, or for another permit when that time
// has passed.
func (l *Limiter) awaitSend(ctx context.Context, t Permit) (err error) {
	for !t.departs.IsZero() && err == nil {
		if time.Since(t.departs) <= unready {
			return sleep(ctx, time.Until(t.departs))
		}
		t, err = l.Acquire(ctx)
	}
	return err
}

// share is this process's part of a shared rate. Only the holder of the limiter's turn
// uses it.
type share struct {
	reserve  Reserve
	announce func(d time.Duration, rate float64)
	returned chan Permit

	at         time.Time // of the next slot
	every      time.Duration
	left, used int
	size       int // of the last batch
}

// Share makes the limiter take its permits from reserve, and announce its pauses, and its
// rate after them, with announce, which must not block. Call it before the first Wait.
func (l *Limiter) Share(reserve Reserve, announce func(d time.Duration, rate float64)) {
	l.shared = &share{reserve: reserve, announce: announce, returned: make(chan Permit, 64)}
}

// Shared reports whether the rate is shared with other processes.
func (l *Limiter) Shared() bool { return l.shared != nil }

// Return hands back an unused permit; it may be reissued while its slot is valid.
func (l *Limiter) Return(t Permit) {
	if l.shared == nil {
		return
	}
	select {
	case l.shared.returned <- t:
	default: // there are enough
	}
}

// next waits for the next slot, or for one that is handed back.
func (s *share) next(ctx context.Context, rate float64) (Permit, error) {
	for {
		if s.left == 0 {
			if err := s.more(ctx, rate); err != nil {
				return Permit{}, err
			}
		}
		timer := time.NewTimer(time.Until(s.at))
		select {
		case t := <-s.returned:
			timer.Stop()
			if time.Since(t.at) < lateness {
				return t, nil
			}
		case <-timer.C:
			t := s.take()
			if time.Since(t.at) < lateness {
				s.used++
				return t, nil
			}
		case <-ctx.Done():
			timer.Stop()
			return Permit{}, ctx.Err()
		}
	}
}

func (s *share) take() Permit {
	t := Permit{at: s.at}
	if s.every >= evenly {
		t.departs = s.at.Add(claiming)
	}
	s.at = s.at.Add(s.every)
	s.left--
	return t
}

// more reserves the next batch: as many slots as were of use in the last one, or
// twice as many when all were.
func (s *share) more(ctx context.Context, rate float64) (err error) {
	if s.used == s.size {
		s.size *= 2
	} else {
		s.size = s.used
	}
	s.size = max(1, min(s.size, int(rate*batchTime.Seconds())))
	s.used = 0
	if s.at, s.every, err = s.reserve(ctx, rate, s.size); err == nil {
		s.left = s.size
	}
	return err
}
