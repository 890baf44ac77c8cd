package batch

import "sync"

// quota bounds how many requests a run repeats, over all rows, so that a server
// in trouble is not asked five times by every row. A repeat costs, a definite
// answer pays back; the numbers are those of the AWS clients, with room for one
// refusal of everything in flight.
type quota struct {
	mu        sync.Mutex
	left, max int
}

const (
	quotaFloor  = 100
	repeatCosts = 5
	answerPays  = 1
)

func newQuota(concurrency int) *quota {
	full := max(quotaFloor, 4*repeatCosts*concurrency)
	return &quota{left: full, max: full}
}

// take pays for one repeat, if there is enough left.
func (q *quota) take() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.left < repeatCosts {
		return false
	}
	q.left -= repeatCosts
	return true
}

func (q *quota) pay() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.left = min(q.max, q.left+answerPays)
}
