package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"onboard/pkg/ledger"
)

// groupLimit is the most changes that one transaction commits, and that wait for
// the next one: a claim and an outcome of each row that is usually on its way.
const groupLimit = 128

// change is what one caller wants to have on disk: a transaction of its own, or
// one of the changes of a partner, which go in groups. Made twice, it does no
// harm.
type change struct {
	run   *Run
	alone func(context.Context, pgx.Tx) error

	kind    *statement
	key     ledger.Key
	attempt int
	intent  ledger.Intent
	last    ledger.Attempt
	outcome ledger.Outcome
	holder  *int64 // the row of the partner that has what came for this one

	taken int          // the attempt in which the statement changed the row; 0: it did not
	entry ledger.Entry // the row as it stands, when it was not changed
	again bool         // it may have been made already, and is to be confirmed

	done chan error
}

// statement is a change of many partners at once, whose columns are arrays. It
// returns scope, key and attempt of those that it changed.
type statement struct {
	query string
	args  func([]*change) []any
}

// slot is where a change goes; a group has at most one change for each.
type slot struct {
	scope int64
	key   ledger.Key
}

func (c *change) slot() slot { return slot{c.run.scope, c.key} }

// fits says whether a group has no change yet for the same partner, token or link, and
// notes this one: a statement does not see what it changes itself.
func (c *change) fits(taken map[any]bool) bool {
	wants := []any{c.slot()}
	for _, text := range []string{c.outcome.Token, c.outcome.Link} {
		if text != "" {
			wants = append(wants, text)
		}
	}
	for _, w := range wants {
		if taken[w] {
			return false
		}
	}
	for _, w := range wants {
		taken[w] = true
	}
	return true
}

// column is one value of each change.
func column[T any](group []*change, of func(*change) T) []T {
	values := make([]T, len(group))
	for i, c := range group {
		values[i] = of(c)
	}
	return values
}

func scopes(g []*change) []int64 { return column(g, func(c *change) int64 { return c.run.scope }) }
func owners(g []*change) []int64 { return column(g, func(c *change) int64 { return c.run.number }) }
func keys(g []*change) [][16]byte {
	return column(g, func(c *change) [16]byte { return c.key })
}
func attempts(g []*change) []int { return column(g, func(c *change) int { return c.attempt }) }

// make has the writing goroutine make a change and returns when it is on disk. An
// error of alone rolls back, so it returns errors of the database alone, and
// reports a refusal through its variables. There is no context: what an API has
// answered is written down whoever has lost patience.
func (l *Ledger) make(c *change) error { return l.queue(c)() }

// queue returns when a change has its place in the order of changes; made then
// does the rest of make.
func (l *Ledger) queue(c *change) (made func() error) {
	c.done = make(chan error, 1)
	select {
	case l.changes <- c:
	case <-l.written:
	}
	return func() error {
		select {
		case err := <-c.done:
			return err
		case <-l.written:
		}
		select { // it may have been the last one
		case err := <-c.done:
			return err
		default:
			return ledger.ErrClosed
		}
	}
}

// write commits what is waiting, as one group, and tells each waiter. It waits
// for nobody: while one group is on its way, the next gathers.
func (l *Ledger) write() {
	defer close(l.written)
	var next *change
	for {
		first := next
		if first == nil {
			select {
			case first = <-l.changes:
			case <-l.quit:
				return
			}
		}
		var group []*change
		group, next = l.gather(first)
		err := l.commit(group)
		for _, c := range group {
			c.done <- err
		}
	}
}

// gather takes what waits into one group; next is what can't be part of it.
func (l *Ledger) gather(first *change) (group []*change, next *change) {
	group = []*change{first}
	if first.alone != nil {
		return group, nil
	}
	taken := map[any]bool{}
	first.fits(taken)
	for len(group) < groupLimit {
		select {
		case c := <-l.changes:
			if c.alone != nil || !c.fits(taken) {
				return group, c
			}
			group = append(group, c)
		default:
			return group, nil
		}
	}
	return group, nil
}

// commit makes a group of changes, again and again until the database confirms
// it. After one failure it refuses all: nothing may build on what may be there.
func (l *Ledger) commit(group []*change) error {
	if l.failure != nil {
		return l.failure
	}
	err := l.writer.patiently(context.Background(), func(ctx context.Context, conn *pgx.Conn) error {
		err := l.transact(ctx, conn, group)
		if err == nil {
			err = replicated(conn)
		}
		for _, c := range group {
			c.again = c.again || err != nil
		}
		return err
	})
	if err != nil {
		l.failure = l.hinted(fmt.Errorf("the ledger %s cannot be written: %w", l.place, err))
	}
	return l.failure
}

// transact makes a group in one transaction. To find one's own rows there proves
// nothing: they may be on this server alone, and a commit that changes nothing waits
// for no standby. So whatever may have been made already writes in any case.
func (l *Ledger) transact(ctx context.Context, conn *pgx.Conn, group []*change) error {
	alone := group[0].alone
	again := slices.ContainsFunc(group, func(c *change) bool { return c.again })
	if alone == nil && !again {
		return l.send(ctx, conn, group)
	}
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) (err error) {
		if alone != nil {
			err = alone(ctx, tx)
		} else {
			err = l.send(ctx, tx, group)
		}
		if err == nil && again {
			err = group[0].run.touch(ctx, tx)
		}
		return err
	})
}

// touch writes the run's row. All that was there before is on the standby when it
// is. A run that is being recorded writes by itself.
func (r *Run) touch(ctx context.Context, tx pgx.Tx) error {
	if r.number == 0 {
		return nil
	}
	tag, err := tx.Exec(ctx, "UPDATE runs SET lock = lock WHERE number = $1", r.number)
	if err == nil && tag.RowsAffected() != 1 {
		err = refuse("it does not know this run any more, as an older copy would; hint: let an administrator see which server took over, and that it has the latest commits")
	}
	return err
}

// sender is what a connection and a transaction have in common here.
type sender interface {
	SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults
	Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
}

// send makes a group in one round trip, which is one transaction. The rows are
// locked in the order of their keys, so that two groups seldom lock each other out.
func (l *Ledger) send(ctx context.Context, conn sender, group []*change) error {
	slices.SortFunc(group, func(a, b *change) int { return cmp.Compare(string(a.key[:]), string(b.key[:])) })
	at := map[slot]*change{}
	kinds := map[*statement][]*change{}
	for _, c := range group {
		c.taken = 0
		at[c.slot()] = c
		kinds[c.kind] = append(kinds[c.kind], c)
	}
	batch := &pgx.Batch{}
	if locks := l.tokenLocks(slices.Concat(column(kinds[settling], tokenOf), column(kinds[settling], linkOf))); len(locks) > 0 {
		batch.Queue(lockTokensSQL, locks)
	}
	for _, kind := range []*statement{claiming, retrying, settling} {
		if some := kinds[kind]; len(some) > 0 {
			batch.Queue(kind.query, kind.args(some)...).Query(func(rows pgx.Rows) error { return mark(rows, at) })
		}
	}
	if err := conn.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	return readBack(ctx, conn, at)
}

func tokenOf(c *change) string { return c.outcome.Token }
func linkOf(c *change) string  { return c.outcome.Link }

// mark notes which changes were made.
func mark(rows pgx.Rows, at map[slot]*change) error {
	for rows.Next() {
		var s slot
		var attempt int
		if err := rows.Scan(&s.scope, (*[16]byte)(&s.key), &attempt); err != nil {
			return err
		}
		at[s].taken = attempt
	}
	return rows.Err()
}

// readBack reads the rows that were not changed: somebody else has them, or they
// were changed before the connection broke.
func readBack(ctx context.Context, conn sender, at map[slot]*change) error {
	left := map[int64][][16]byte{}
	for s, c := range at {
		if c.taken == 0 {
			left[s.scope] = append(left[s.scope], s.key)
		}
	}
	for scope, keys := range left {
		rows, err := conn.Query(ctx, lookupSQL, keys, scope)
		if err != nil {
			return err
		}
		entries, err := pgx.CollectRows(rows, scanEntry)
		if err != nil {
			return err
		}
		for _, e := range entries {
			at[slot{scope, e.Key}].entry = e
		}
	}
	return nil
}

// text is what PostgreSQL takes as text, which holds no NUL and nothing but UTF-8.
func text(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
