package batch

import (
	"fmt"
)

// admit waits for a slot for the row, or says why the row is not sent.
func (s *Submission) admit(j *job) (Result, bool) {
	if s.Only != nil && !s.Only[j.key] {
		return j.notSent("this command sends only what was decided to be sent again", "send it with onboard submit"), true
	}
	if s.Limit > 0 && s.begun >= s.Limit {
		return j.notSent(fmt.Sprintf("it comes after the first %d rows, to which --limit kept this run", s.Limit), "run again without --limit"), true
	}
	return s.acquireSlot(j)
}

// acquireSlot waits until one more row may be in flight, or the run ends.
func (s *Submission) acquireSlot(j *job) (r Result, kept bool) {
	select {
	case <-s.slots:
	case <-s.intake.Done():
		return s.notSentBy(j), true
	}
	if s.intake.Err() != nil { // both were ready
		s.slots <- struct{}{}
		return s.notSentBy(j), true
	}
	j.slotReleased = false
	return Result{}, false
}

// releaseSlot frees the row's slot, once, and opens another one after a definite answer
// until all are open: the canary first, then a slow start.
func (s *Submission) releaseSlot(j *job, definite bool) {
	if j.slotReleased {
		return
	}
	j.slotReleased = true
	s.mu.Lock()
	more := definite && s.window < s.Concurrency
	if more {
		s.window++
		s.Progress.alone.Store(false)
	}
	s.mu.Unlock()
	s.slots <- struct{}{}
	if more {
		s.slots <- struct{}{}
	}
}
