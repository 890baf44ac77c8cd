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
	budgetFloor = 100
	repeatCosts = 5
	answerPays  = 1
)

func newRetryBudget(concurrency int) *retryBudget {
	full := max(budgetFloor, 4*repeatCosts*concurrency)
	return &retryBudget{left: full, max: full}
}

// spend pays for one repeat, if there is enough left.
func (b *retryBudget) spend() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left < repeatCosts {
		return false
	}
	b.left -= repeatCosts
	return true
}

func (b *retryBudget) refund() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = min(b.max, b.left+answerPays)
}
