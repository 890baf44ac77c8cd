package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"onboard/pkg/ledger"
)

// entryColumns is what scanEntry reads, in its order.
const entryColumns = `p.key, p.fingerprint, p.state, r.id, p.attempt, p.trace_id, p.line,
	p.http_status, p.reason, p.token, p.link, p.body, p.claimed_at, p.settled_at`

const lookupSQL = `SELECT ` + entryColumns + ` FROM unnest($1::uuid[]) AS wanted(key)
	JOIN partners p ON p.scope_id = $2 AND p.key = wanted.key JOIN runs r ON r.number = p.owner`

// scanEntry reads entryColumns from a row.
func scanEntry(row pgx.CollectableRow) (ledger.Entry, error) { return scanMore(row) }

// scanMore reads entryColumns from a row, and into more what follows them.
func scanMore(row pgx.CollectableRow, more ...any) (e ledger.Entry, err error) {
	var hash, reason []byte
	var settled *time.Time
	err = row.Scan(append([]any{(*[16]byte)(&e.Key), &hash, (*string)(&e.State), &e.Owner, &e.Attempt, &e.TraceID, &e.Line,
		&e.HTTPStatus, &reason, &e.Token, &e.Link, &e.Body, &e.ClaimedAt, &settled}, more...)...)
	copy(e.Fingerprint[:], hash)
	e.Reason, e.ClaimedAt = string(reason), e.ClaimedAt.UTC()
	if settled != nil {
		e.SettledAt = settled.UTC()
	}
	return e, err
}

// read asks the database, on one of the connections that are for reading, and
// again when that breaks.
func (l *Ledger) read(ctx context.Context, ask func(context.Context, *pgx.Conn) error) error {
	select {
	case s := <-l.readers:
		defer func() { l.readers <- s }()
		return s.patiently(ctx, ask)
	case <-l.quit:
		return ledger.ErrClosed
	}
}

// Lookup implements [ledger.Run].
func (r *Run) Lookup(ctx context.Context, wanted []ledger.Key) (map[ledger.Key]ledger.Entry, error) {
	entries, err := list(ctx, r.l, "look up partners", scanEntry, lookupSQL, uuids(wanted), r.scope)
	found := make(map[ledger.Key]ledger.Entry, len(entries))
	for _, e := range entries {
		found[e.Key] = e
	}
	return found, err
}

const tracedSQL = `SELECT ` + entryColumns + `, t.trace_id FROM (
	SELECT id, trace_id FROM partners WHERE scope_id = $2 AND trace_id = ANY($1)
	UNION SELECT partner_id, trace_id FROM attempts WHERE trace_id = ANY($1)) t
	JOIN partners p ON p.id = t.id JOIN runs r ON r.number = p.owner WHERE p.scope_id = $2`

// Traced implements [ledger.Run].
func (r *Run) Traced(ctx context.Context, traceIDs []string) (map[string]ledger.Entry, error) {
	wanted := make([]string, len(traceIDs))
	for i, id := range traceIDs {
		wanted[i] = text(id)
	}
	type traced struct {
		id    string
		entry ledger.Entry
	}
	all, err := list(ctx, r.l, "look up trace ids", func(row pgx.CollectableRow) (t traced, err error) {
		t.entry, err = scanMore(row, &t.id)
		return t, err
	}, tracedSQL, wanted, r.scope)
	found := make(map[string]ledger.Entry, len(all))
	for _, t := range all {
		found[t.id] = t.entry
	}
	return found, err
}

// Empty implements [ledger.Run].
func (r *Run) Empty(ctx context.Context) (empty bool, err error) {
	err = r.l.read(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, "SELECT NOT EXISTS(SELECT FROM partners WHERE scope_id = $1)", r.scope).Scan(&empty)
	})
	if err != nil {
		err = r.l.hinted(fmt.Errorf("cannot look into the ledger %s: %w", r.l.place, err))
	}
	return empty, err
}

func uuids(keys []ledger.Key) [][16]byte {
	all := make([][16]byte, len(keys))
	for i, k := range keys {
		all[i] = k
	}
	return all
}
