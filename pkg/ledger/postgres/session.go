package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// patience is how long a change or a question is repeated while the database is
	// away: a restart, or the change to another server, takes less.
	patience = time.Minute

	// connections is on how many, one after the other, an exchange is tried within
	// patience when the database accepts and does not answer: perhaps only one hangs.
	connections = 3

	replyTimeout = patience / connections // of an exchange that is not repeated, or for ever
	haste        = time.Second            // patience of a run that is to stop at once
	retryEvery   = 100 * time.Millisecond // between two attempts
)

// session is a connection that comes back. One goroutine uses it at a time.
type session struct {
	l       *Ledger
	conn    *pgx.Conn
	since   atomic.Int64                           // when what patiently does began, in ms since 1970; 0: nothing is waited for
	prepare func(context.Context, *pgx.Conn) error // of each new connection
}

// do runs one exchange, on a new connection when there is none. ctx has a deadline:
// a network that swallows packets tells nothing. A connection on which anything but an ordinary error occurred is not used again.
func (s *session) do(ctx context.Context, exchange func(context.Context, *pgx.Conn) error) (err error) {
	if s.conn == nil || s.conn.IsClosed() {
		if s.conn, err = s.l.connect(ctx); err != nil {
			s.conn = nil
			return err
		}
		if s.prepare != nil {
			err = s.prepare(ctx, s.conn)
		}
	}
	if err == nil {
		err = exchange(ctx, s.conn)
	}
	switch {
	case err == nil || rolledBack(err):
		return err
	case ctx.Err() == nil && !s.conn.IsClosed() && !errors.Is(err, errUnreplicated) && !errors.As(err, new(*pgconn.PgError)):
		err = refusal{err} // the connection is well, so it would be the same again
	}
	s.close()
	return err
}

// patiently repeats an exchange as long as its errors pass. When the ledger's
// patience has run out, the ledger is given up for all who use it: so there is
// one wait in all, and not one for each question.
func (s *session) patiently(ctx context.Context, exchange func(context.Context, *pgx.Conn) error) error {
	s.since.Store(time.Now().UnixMilli())
	defer s.since.Store(0)
	waiting, leave := context.WithTimeout(s.l.lost, s.l.patience)
	defer leave()
	defer context.AfterFunc(ctx, leave)()
	var last error
	for {
		try, over := context.WithTimeout(waiting, s.l.patience/connections)
		err := s.do(try, exchange)
		over()
		if last == nil || waiting.Err() == nil { // one that was cut short says less than the one before
			last = err
		}
		if err == nil || waiting.Err() == nil && !passing(err) || ctx.Err() != nil {
			return err
		}
		sleep(waiting, retryEvery)
		if waiting.Err() != nil && ctx.Err() == nil {
			return s.l.giveUp(s.l.patience, last)
		}
	}
}

// giveUp ends all waiting for the database, and says why it came to that first.
// Nothing is asked or written from then on.
func (l *Ledger) giveUp(after time.Duration, err error) error {
	l.lose(&worded{fmt.Sprintf("tried for %v: %s", after, inShort(err)), err})
	return context.Cause(l.lost)
}

// Hurry implements [ledger.Shared].
func (r *Run) Hurry() {
	for began := time.Now(); r.l.lost.Err() == nil; sleep(r.l.lost, retryEvery) {
		if min(r.Away(), time.Since(began)) >= haste {
			_ = r.l.giveUp(haste, context.DeadlineExceeded)
		}
	}
}

// Away implements [ledger.Shared]. It counts from the start of the oldest exchange
// that has not been answered.
func (r *Run) Away() (away time.Duration) {
	for _, s := range slices.Concat(r.l.asking, []*session{&r.l.writer, &r.pace.session}) {
		if since := s.since.Load(); since > 0 {
			away = max(away, time.Since(time.UnixMilli(since)))
		}
	}
	return away
}

func (s *session) close() {
	if s.conn != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = s.conn.Close(ctx)
		s.conn = nil
	}
}

// rolledBack says that the server itself reported the error, in a session that
// lives: then nothing of the transaction is there. Whatever else happened leaves
// it unknown.
func rolledBack(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.SeverityUnlocalized == "ERROR"
}

// passing says whether to try again: the connection broke, the database is away
// or starting, or two changes got into each other's way.
func passing(err error) bool {
	var e *pgconn.PgError
	if errors.As(err, new(refusal)) {
		return false
	}
	if !errors.As(err, &e) {
		return true
	}
	class := e.Code[:min(2, len(e.Code))]
	return class == "40" || class == "08" || slices.Contains([]string{"57P01", "57P02", "57P03", "57P05", "53300", "25006", "25P03"}, e.Code)
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
