package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"onboard/pkg/ledger"
)

// groupLimit is the most operations that one transaction commits, and that wait
// for the next one: a claim and an outcome of each row that is usually on its way.
const groupLimit = 128

// lockPatience is how long a transaction waits for other runs to let it begin.
const lockPatience = 2 * time.Minute

// op is one change: do runs inside a transaction, done hears how that ended.
type op struct {
	do   func() error
	done chan error
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
	select {
	case l.ops <- o:
	case <-l.stopped:
	}
	return func() error {
		select {
		case err := <-o.done:
			return err
		case <-l.stopped:
		}
		select { // it may have been the last one
		case err := <-o.done:
			return err
		default:
			return ledger.ErrClosed
		}
	}
}

// writeLoop commits what is waiting, as one group, and tells each waiter. It
// waits for nobody: while one group is on its way to the disk, the next gathers.
func (l *Ledger) writeLoop() {
	defer close(l.stopped)
	for {
		select {
		case o := <-l.ops:
			group := l.gather(o)
			err := l.commit(group)
			for _, o := range group {
				o.done <- err
			}
		case <-l.quit:
			return
		}
	}
}

func (l *Ledger) gather(first op) []op {
	group := []op{first}
	for len(group) < groupLimit {
		select {
		case o := <-l.ops:
			group = append(group, o)
		default:
			return group
		}
	}
	return group
}

// commit runs a group in one transaction. After one failure it refuses all:
// whether a failed commit is on disk cannot be known, so nothing may build on it.
func (l *Ledger) commit(group []op) error {
	if l.failure != nil {
		return l.failure
	}
	err := immediate(l.conn, func() error {
		for _, o := range group {
			if err := o.do(); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = l.checkPlace()
	}
	if err != nil {
		l.failure = fmt.Errorf("the ledger %s cannot be written, so nothing more is sent: %w; hint: check its disk, then run again", l.path, err)
	}
	return l.failure
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
