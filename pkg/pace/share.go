package pace

import (
	"context"
	"time"
)

const (
	// batchTime is for how long slots are reserved at once, in slots of the whole
	// pace: so much is lost with a program that dies, and so often is asked.
	batchTime = 250 * time.Millisecond

	// A slot may be taken until lateness after its time. What has it departs claiming
	// after its time, so that claims may take longer or shorter; what is later than
	// that by more than unready waits for another slot. So no second has more than
	// another.
	lateness = 50 * time.Millisecond
	claiming = 80 * time.Millisecond
	unready  = 10 * time.Millisecond

	// evenly is up to which pace departures are so even. To wait for that would cost
	// quicker ones more than it is worth.
	evenly = 2 * time.Millisecond // between two slots
)

// Reserve asks whoever divides a pace for n slots, evenly spaced from first. rate
// is what this program keeps to, per second; the lowest of all counts.
type Reserve func(ctx context.Context, rate float64, n int) (first time.Time, every time.Duration, err error)

// Turn is a permit to start, of a certain time where the pace is shared.
type Turn struct{ at, departs time.Time }

// depart waits for the time at which something that has a turn departs, or for
// another turn if it is too late for that.
func (l *Limiter) depart(ctx context.Context, t Turn) (err error) {
	for !t.departs.IsZero() && err == nil {
		if time.Since(t.departs) <= unready {
			return sleep(ctx, time.Until(t.departs))
		}
		t, err = l.Turn(ctx)
	}
	return err
}

// share is this program's part of a pace that others have parts of. Whoever holds
// the limiter's turn uses it.
type share struct {
	reserve  Reserve
	announce func(d time.Duration, rate float64)
	spare    chan Turn // given back

	at         time.Time // of the next slot
	every      time.Duration
	left, used int
	size       int // of the last batch
}

// Share has the limiter take its permits from reserve, and tell of holds, and of its
// rate after them, by announce, which must not wait. It is called before the first
// Wait.
func (l *Limiter) Share(reserve Reserve, announce func(d time.Duration, rate float64)) {
	l.shared = &share{reserve: reserve, announce: announce, spare: make(chan Turn, 64)}
}

// Shared says whether others have a part of the pace.
func (l *Limiter) Shared() bool { return l.shared != nil }

// Spare gives a turn back that was not used; somebody else may start in its place
// if it is not too late.
func (l *Limiter) Spare(t Turn) {
	if l.shared == nil {
		return
	}
	select {
	case l.shared.spare <- t:
	default: // there are enough
	}
}

// next waits for the next slot, or for one that somebody gives back.
func (s *share) next(ctx context.Context, rate float64) (Turn, error) {
	for {
		if s.left == 0 {
			if err := s.more(ctx, rate); err != nil {
				return Turn{}, err
			}
		}
		timer := time.NewTimer(time.Until(s.at))
		select {
		case t := <-s.spare:
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
			return Turn{}, ctx.Err()
		}
	}
}

func (s *share) take() Turn {
	t := Turn{at: s.at}
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
