package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"runtime"
	"sync"
	"time"

	"onboard/pkg/ledger"
)

// groupLimit is the most operations that one transaction commits: a claim and an
// outcome of each row that is usually on its way.
const groupLimit = 128

// lockPatience is how long a transaction waits for other runs to let it begin.
const lockPatience = 2 * time.Minute

// op is one change: do runs inside a transaction, done hears how that ended.
type op struct {
	do   func() error
	done chan error
}

// waiting are the changes that no group has taken yet, in their order. A lock and
// a slice: a select of each row over channels that all rows share costs more.
type waiting struct {
	mu     sync.Mutex
	ops    []op
	closed bool
	some   chan struct{} // one element: there are changes; closed with the ledger
}

// write has the writing goroutine run do and returns when the change is on
// disk. An error of do rolls back the whole group, so do returns the errors of
// SQLite alone and reports a refusal through its variables. There is no
// context: what an API has answered is written down whoever has lost patience.
func (l *Ledger) write(do func() error) error { return l.queue(do)() }

// queue returns when do has its place in the order of changes; wait then does
// the rest of write.
func (l *Ledger) queue(do func() error) (wait func() error) {
	o := op{do, make(chan error, 1)}
	l.waiting.add(o)
	return func() error { return <-o.done }
}

func (w *waiting) add(o op) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		o.done <- ledger.ErrClosed
		return
	}
	w.ops = append(w.ops, o)
	select {
	case w.some <- struct{}{}:
	default: // has been said
	}
}

// close lets nothing more in and says whether it was open; what waits is still written.
func (w *waiting) close() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false
	}
	w.closed = true
	close(w.some)
	return true
}

func (w *waiting) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.ops)
}

// take removes the first changes, at most limit.
func (w *waiting) take(limit int) []op {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := min(len(w.ops), limit)
	group := w.ops[:n:n]
	w.ops = w.ops[n:]
	return group
}

// writeLoop commits what is waiting, as one group, and tells each waiter. While
// one group is on its way to the disk, the next gathers.
func (l *Ledger) writeLoop() {
	defer close(l.stopped)
	for range l.waiting.some {
		for group := l.gather(); len(group) > 0; group = l.gather() {
			group, err := l.commit(group)
			for _, o := range group {
				o.done <- err
			}
		}
	}
}

// gather takes the next group. It waits for no time and for nobody, but lets those
// go first who can go on at this very moment, as long as they bring more: each
// commit that they share is one less.
func (l *Ledger) gather() []op {
	for n, more := 0, l.waiting.count(); n < more && more < groupLimit; more = l.waiting.count() {
		n = more
		runtime.Gosched()
	}
	return l.waiting.take(groupLimit)
}

// commit runs a group in one transaction, and returns it with what has joined it: what
// comes while the others are carried out shares their commit. After one failure it
// refuses all: whether a failed commit is on disk cannot be known, so nothing may build
// on it.
func (l *Ledger) commit(group []op) ([]op, error) {
	if l.failure != nil {
		return group, l.failure
	}
	if l.failure = l.checkGeneration(); l.failure != nil { // before anything is copied from the log into it
		return group, l.failure
	}
	err := immediate(l.conn, func() error {
		for next := group; len(next) > 0; group = append(group, next...) {
			for _, o := range next {
				if err := o.do(); err != nil {
					return err
				}
			}
			next = l.waiting.take(groupLimit - len(group))
		}
		return l.endGroup()
	})
	if err == nil {
		err = l.checkPlace()
	}
	if err == nil {
		err = l.checkGeneration()
	}
	switch {
	case l.overwritten:
		l.failure = err
	case err != nil:
		l.failure = l.unwritable(err)
	}
	return group, l.failure
}

// endGroup adds to a transaction what belongs to all of its changes.
func (l *Ledger) endGroup() error {
	if err := l.logTokens(); err != nil {
		return err
	}
	return l.stmt.raise.QueryRow().Scan(&l.generation.number)
}

// unwritable says what failed, and what to do about it.
func (l *Ledger) unwritable(err error) error {
	if d := damaged(l.path, err); d != err { //nolint:errorlint // whether it was put into other words
		return fmt.Errorf("the ledger %s cannot be written: %w", l.path, d)
	}
	return fmt.Errorf("the ledger %s cannot be written: %w; hint: see that its disk has room and can be written, then run the same command again", l.path, err)
}

// unreadable is the same for reading.
func (l *Ledger) unreadable(err error) error {
	if d := damaged(l.path, err); d != err { //nolint:errorlint // whether it was put into other words
		return fmt.Errorf("the ledger %s cannot be read: %w", l.path, d)
	}
	return fmt.Errorf("the ledger %s cannot be read: %w; hint: see that its disk is well, then run the same command again", l.path, err)
}

// immediate runs do in a transaction that holds the write lock from its start:
// one that reads first and locks later fails when another process wrote between.
//
// Whoever writes all the time lets go of the lock for moments only, and SQLite
// has no queue: it looks ten times a second, and gives up after busy_timeout. A
// transaction that did not begin has written nothing, so it may wait longer.
func immediate(conn *sql.Conn, do func() error) error {
	ctx := context.Background()
	err := patiently(lockPatience, func() error {
		_, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE")
		return err
	})
	if err != nil {
		return fmt.Errorf("it cannot be locked: %w", err)
	}
	err = do()
	if err == nil {
		_, err = conn.ExecContext(ctx, "COMMIT")
	}
	if err != nil {
		_, _ = conn.ExecContext(ctx, "ROLLBACK") // SQLite may have rolled back already
	}
	return err
}
