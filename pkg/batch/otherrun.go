package batch

import (
	"context"
	"sync"
	"time"

	"onboard/pkg/ledger"
)

// pollInterval is the time between two queries for rows that other runs have claimed.
const pollInterval = 200 * time.Millisecond

// claimWatcher polls the ledger, in one query, for rows claimed by other runs.
type claimWatcher struct {
	mu      sync.Mutex
	pollers sync.WaitGroup
	polling bool // a goroutine polls
	waiting map[ledger.Key]awaited
}

// awaited is a caller that waits for a row to reach a state.
type awaited struct {
	until  func(ledger.State) bool
	future chan ledger.Entry
}

func settled(s ledger.State) bool { return s != ledger.Sending }
func taken(s ledger.State) bool {
	return s == ledger.Sending || s == ledger.Created || s == ledger.InDoubt
}

// awaitOtherRun waits until another run is done with a row that it is sending. The row's
// slot goes to the next one meanwhile.
func (s *Submission) awaitOtherRun(ctx context.Context, j *job, e ledger.Entry) (Result, bool) {
	s.releaseSlot(j, false)
	if e.State == ledger.Sending {
		s.Progress.elsewhere.Add(1)
		select {
		case e = <-s.watch(ctx, j.key, settled):
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
	if r, kept := s.acquireSlot(j); kept {
		return r, false
	}
	return s.submit(ctx, j) // released by the other run
}

// firstPermit waits for the permit of a row's first attempt; e is the row when it needs
// none any more.
func (s *Submission) firstPermit(ctx context.Context, j *job) (e ledger.Entry, err error) {
	if s.Pace.Shared() {
		return s.sharedPermit(ctx, j)
	}
	return e, s.nextPermit(j)
}

// sharedPermit is firstPermit where other processes share the rate. They may share the
// list, too: a row that one of them claims meanwhile needs no permit.
func (s *Submission) sharedPermit(ctx context.Context, j *job) (e ledger.Entry, err error) {
	waiting, leave := context.WithCancel(s.intake)
	defer leave()
	future := s.watch(ctx, j.key, taken)
	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		select {
		case e = <-future:
			leave()
		case <-done:
			s.watcher.forget(j.key)
		}
	})
	j.permit, err = s.Pace.Acquire(waiting)
	close(done)
	watching.Wait()
	switch {
	case e.State == "":
		err = s.paced(err)
	case err == nil:
		s.Pace.Return(j.permit)
	}
	return e, err
}

// watch returns a future of the row, fulfilled once its state meets until.
func (s *Submission) watch(ctx context.Context, key ledger.Key, until func(ledger.State) bool) <-chan ledger.Entry {
	future := make(chan ledger.Entry, 1)
	w := &s.watcher
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.polling {
		w.polling, w.waiting = true, map[ledger.Key]awaited{}
		w.pollers.Go(func() { s.poll(context.WithoutCancel(ctx)) })
	}
	w.waiting[key] = awaited{until, future}
	return future
}

// poll asks the ledger until no row is awaited any more, or the run ends: again at once
// after news, as the rows that follow have probably changed, too.
func (s *Submission) poll(ctx context.Context) {
	for news := 0; ; {
		if news == 0 {
			waitOr(s.intake, pollInterval)
		}
		keys := s.watcher.keys()
		err := s.Run.Sweep(ctx)
		var known map[ledger.Key]ledger.Entry
		if err == nil {
			known, err = s.Run.Lookup(ctx, keys)
		}
		if err != nil {
			_ = s.ledgerLost(err)
		}
		var left int
		if left, news = s.watcher.deliver(keys, known); left == 0 || s.intake.Err() != nil {
			return
		}
	}
}

func (w *claimWatcher) keys() (keys []ledger.Key) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for k := range w.waiting {
		keys = append(keys, k)
	}
	return keys
}

func (w *claimWatcher) forget(key ledger.Key) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.waiting, key)
}

// deliver fulfills the futures of rows that have reached their state, and counts the rest.
func (w *claimWatcher) deliver(keys []ledger.Key, known map[ledger.Key]ledger.Entry) (left, delivered int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, k := range keys {
		if x, waits := w.waiting[k]; waits && x.until(known[k].State) {
			x.future <- known[k]
			delete(w.waiting, k)
			delivered++
		}
	}
	w.polling = len(w.waiting) > 0
	return len(w.waiting), delivered
}
