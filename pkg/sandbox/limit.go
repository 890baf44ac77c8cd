package sandbox

import (
	"sync"
	"time"
)

// bucket is a token bucket that holds one second's worth, so that a caller who keeps the pace is not refused for jitter.
type bucket struct {
	rate, most float64

	mu    sync.Mutex
	level float64
	last  time.Time
}

func newBucket(rate float64) *bucket {
	most := max(1, rate)
	return &bucket{rate: rate, most: most, level: most}
}

// take tells whether a request at this time is within the rate.
func (b *bucket) take(at time.Time) bool {
	if b.rate <= 0 {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if at.After(b.last) {
		b.level = min(b.most, b.level+at.Sub(b.last).Seconds()*b.rate)
		b.last = at
	}
	if b.level < 1 {
		return false
	}
	b.level--
	return true
}
