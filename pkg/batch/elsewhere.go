package batch

import (
	"context"
	"sync"
	"time"

	"onboard/pkg/ledger"
)

// askEvery is how often the ledger is asked about rows that other runs are sending.
const askEvery = 200 * time.Millisecond

// lookout knows the rows that other runs are sending, and asks about all of them
// together.
type lookout struct {
	mu      sync.Mutex
	asking  sync.WaitGroup
	waiting map[ledger.Key]chan ledger.Entry
}

// elsewhere waits for what becomes of a row that another run is sending now. Its
// permit goes to the next row meanwhile.
func (s *Submission) elsewhere(ctx context.Context, j *job, e ledger.Entry) (Result, bool) {
	s.release(j, false)
	if e.State == ledger.Sending {
		select {
		case e = <-s.ask(ctx, j.key):
		case <-s.intake.Done():
		}
	}
	if r, settled := j.answered(&e); settled {
		return r, false
	}
	if s.intake.Err() != nil {
		return j.notSent("another run was sending it when this one ended", "run the same command again to see what became of it"), false
	}
	if r, kept := s.permit(j); kept {
		return r, false
	}
	return s.submit(ctx, j) // given back by the other run
}

// ask promises what a row will be when it is no longer being sent.
func (s *Submission) ask(ctx context.Context, key ledger.Key) <-chan ledger.Entry {
	future := make(chan ledger.Entry, 1)
	l := &s.lookout
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == 0 {
		l.waiting = map[ledger.Key]chan ledger.Entry{}
		l.asking.Go(func() { s.look(context.WithoutCancel(ctx)) })
	}
	l.waiting[key] = future
	return future
}

// look asks until nobody waits any more, or the run ends.
func (s *Submission) look(ctx context.Context) {
	for {
		waitOr(s.intake, askEvery)
		var keys []ledger.Key
		s.lookout.mu.Lock()
		for k := range s.lookout.waiting {
			keys = append(keys, k)
		}
		s.lookout.mu.Unlock()
		err := s.Run.Sweep(ctx)
		var known map[ledger.Key]ledger.Entry
		if err == nil {
			known, err = s.Run.Lookup(ctx, keys)
		}
		if err != nil {
			_ = s.ledgerLost(err)
		}
		if s.intake.Err() != nil || s.lookout.tell(keys, known) == 0 {
			return
		}
	}
}

// tell answers those whose rows are no longer being sent, and counts the others.
func (l *lookout) tell(keys []ledger.Key, known map[ledger.Key]ledger.Entry) (left int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, k := range keys {
		if e := known[k]; e.State != ledger.Sending {
			l.waiting[k] <- e
			delete(l.waiting, k)
		}
	}
	return len(l.waiting)
}
