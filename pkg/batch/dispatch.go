package batch

import (
	"context"
	"errors"
)

// pending is a row that has its result, or one whose result is on its way.
type pending struct {
	result Result
	future chan Result // nil: result is there
}

// wait returns the row's result when it is there.
func (p *pending) wait() *Result {
	if p.future != nil {
		p.result = <-p.future
	}
	return &p.result
}

// orderDepth bounds how many results may wait for an earlier row, in rows:
// enough for the slowest row of a fast run, small beside the file.
const orderDepth = 8192

// dispatch reads the sheet again and gives every row its future, in order.
func (s *Submission) dispatch(walking, ctx context.Context, order chan<- pending) error {
	n := 0
	w := walker{sheet: s.Plan.Sheet, rules: s.Plan.Rules, run: s.Run, sums: true, seed: s.Plan.seed}
	_, err := w.walk(walking, func(b checkedBlock) error {
		if n >= len(s.Plan.sums) || b.sum != s.Plan.sums[n] {
			return s.fileChanged()
		}
		n++
		for i := range b.rows {
			select {
			case order <- s.start(ctx, &b.rows[i]):
			case <-walking.Done():
				return walking.Err()
			}
		}
		return nil
	})
	var lost *ledgerError
	switch {
	case errors.As(err, &lost):
		return s.ledgerLost(lost)
	case err == nil && n != len(s.Plan.sums):
		return s.fileChanged()
	}
	return err
}

// start settles a row at once, or hands it to a worker.
func (s *Submission) start(ctx context.Context, c *Checked) pending {
	fixed := fixes(c)
	c.first = s.Plan.lines.first(c.Key)
	r, settled := s.Plan.settled(c)
	if settled {
		r.Fixed = fixed
		s.Progress.done(r.Status)
		return pending{result: r}
	}
	j := newJob(c)
	if r, settled = s.admit(&j); settled {
		r.Fixed = fixed
		s.Progress.done(r.Status)
		return pending{result: r}
	}
	s.begun++
	future := make(chan Result, 1)
	s.runOnWorker(func() {
		s.Progress.inFlight.Add(1)
		r, definite := s.submit(ctx, &j)
		s.Progress.inFlight.Add(-1)
		s.Progress.sent.Add(1)
		s.releaseSlot(&j, definite)
		r.Fixed = fixed
		s.Progress.done(r.Status)
		future <- r
	})
	return pending{future: future}
}

// runOnWorker runs task on an idle worker goroutine, or starts one. Reuse avoids growing a
// stack per row, which costs as much as signing.
func (s *Submission) runOnWorker(task func()) {
	select {
	case s.tasks <- task:
	default:
		s.workers.Go(func() {
			for ok := true; ok; task, ok = <-s.tasks {
				task()
			}
		})
	}
}
