package batch

import (
	"context"
	"sync"
	"time"

	"onboard/pkg/ledger"
)

// askEvery is how often the ledger is asked about rows that other runs may have.
const askEvery = 200 * time.Millisecond

// lookout knows the rows of which something is expected of other runs, and asks
// about all of them together.
type lookout struct {
	mu      sync.Mutex
	asking  sync.WaitGroup
	awake   bool // somebody asks
	waiting map[ledger.Key]expected
}

// expected is somebody who waits until a row is so.
type expected struct {
	so     func(ledger.State) bool
	future chan ledger.Entry
}

func settled(s ledger.State) bool { return s != ledger.Sending }
func taken(s ledger.State) bool {
	return s == ledger.Sending || s == ledger.Created || s == ledger.InDoubt
}

// elsewhere waits for what becomes of a row that another run is sending now. Its
// permit goes to the next row meanwhile.
func (s *Submission) elsewhere(ctx context.Context, j *job, e ledger.Entry) (Result, bool) {
	s.release(j, false)
	if e.State == ledger.Sending {
		s.Progress.elsewhere.Add(1)
		select {
		case e = <-s.ask(ctx, j.key, settled):
		case <-s.intake.Done():
		}
		s.Progress.elsewhere.Add(-1)
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

// firstTurn waits for the row's turn; e is the row if it needs none any more.
func (s *Submission) firstTurn(ctx context.Context, j *job) (e ledger.Entry, err error) {
	if s.Pace.Shared() {
		return s.sharedTurn(ctx, j)
	}
	return e, s.anotherTurn(j)
}

// sharedTurn is firstTurn where others share the pace. They may share the list, too:
// a row that one of them takes meanwhile needs no turn.
func (s *Submission) sharedTurn(ctx context.Context, j *job) (e ledger.Entry, err error) {
	waiting, leave := context.WithCancel(s.intake)
	defer leave()
	future := s.ask(ctx, j.key, taken)
	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		select {
		case e = <-future:
			leave()
		case <-done:
			s.lookout.forget(j.key)
		}
	})
	j.turn, err = s.Pace.Turn(waiting)
	close(done)
	watching.Wait()
	switch {
	case e.State == "":
		err = s.paced(err)
	case err == nil:
		s.Pace.Spare(j.turn)
	}
	return e, err
}

// ask promises what a row will be when it is so.
func (s *Submission) ask(ctx context.Context, key ledger.Key, so func(ledger.State) bool) <-chan ledger.Entry {
	future := make(chan ledger.Entry, 1)
	l := &s.lookout
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.awake {
		l.awake, l.waiting = true, map[ledger.Key]expected{}
		l.asking.Go(func() { s.look(context.WithoutCancel(ctx)) })
	}
	l.waiting[key] = expected{so, future}
	return future
}

// look asks until nobody waits any more, or the run ends: at once again when there
// was news, as the rows that come next are probably old news, too.
func (s *Submission) look(ctx context.Context) {
	for news := 0; ; {
		if news == 0 {
			waitOr(s.intake, askEvery)
		}
		keys := s.lookout.keys()
		err := s.Run.Sweep(ctx)
		var known map[ledger.Key]ledger.Entry
		if err == nil {
			known, err = s.Run.Lookup(ctx, keys)
		}
		if err != nil {
			_ = s.ledgerLost(err)
		}
		var left int
		if left, news = s.lookout.tell(keys, known); left == 0 || s.intake.Err() != nil {
			return
		}
	}
}

func (l *lookout) keys() (keys []ledger.Key) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for k := range l.waiting {
		keys = append(keys, k)
	}
	return keys
}

func (l *lookout) forget(key ledger.Key) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.waiting, key)
}

// tell answers those whose rows are so, and counts the others.
func (l *lookout) tell(keys []ledger.Key, known map[ledger.Key]ledger.Entry) (left, told int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, k := range keys {
		if x, waits := l.waiting[k]; waits && x.so(known[k].State) {
			x.future <- known[k]
			delete(l.waiting, k)
			told++
		}
	}
	l.awake = len(l.waiting) > 0
	return len(l.waiting), told
}
