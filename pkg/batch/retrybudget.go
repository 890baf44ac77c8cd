package batch

import "sync"

// retryBudget bounds how many requests a run repeats, over all rows, so that a server
// in trouble is not asked five times by every row. A repeat costs, a definite
// answer pays back; the numbers are those of the AWS clients, with room for one
// refusal of everything in flight.
type retryBudget struct {
	mu        sync.Mutex
	left, max int
}

const (
	quotaFloor  = 100
	repeatCosts = 5
	answerPays  = 1
)

func newRetryBudget(concurrency int) *retryBudget {
	full := max(quotaFloor, 4*repeatCosts*concurrency)
	return &retryBudget{left: full, max: full}
}

// spend pays for one repeat, if there is enough left.
func (q *retryBudget) spend() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.left < repeatCosts {
		return false
	}
	q.left -= repeatCosts
	return true
}

func (q *retryBudget) refund() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.left = min(q.max, q.left+answerPays)
}
