package pace

import (
	"math/rand/v2"
	"time"
)

const (
	backoffBase = time.Second
	backoffCap  = time.Minute
)

// Backoff is how long to wait after attempt number n (from 1) when the server did
// not say: a random part ("full jitter") of 1 s, 2 s, 4 s, … 60 s, so that clients
// that failed together do not return together.
func Backoff(attempt int) time.Duration { return backoff(attempt, rand.Float64()) }

// backoff takes the random number, 0 <= random < 1.
func backoff(attempt int, random float64) time.Duration {
	ceiling := backoffBase
	for n := 1; n < attempt && ceiling < backoffCap; n++ {
		ceiling *= 2
	}
	return time.Duration(random * float64(min(ceiling, backoffCap)))
}
