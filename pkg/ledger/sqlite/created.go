package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"onboard/pkg/ledger"
)

const (
	// Keys come as one blob: a parameter for each would cost more to parse than to
	// answer. CROSS JOIN keeps SQLite from turning the loops around.
	keysSQL = `WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 16 FROM n WHERE i + 16 < length(?1)) `
	byKey   = ` FROM n CROSS JOIN partners p ON p.scope_id = ?2 AND p.key = substr(?1, n.i, 16)`

	// No body and no name of a run, which would cost as much again.
	createdColumns = `SELECT p.key, p.fingerprint, p.trace_id, p.settled_at, p.token, p.link,
		p.state = 'created' AND p.token <> '' AND p.link <> ''`

	createdSQL = keysSQL + createdColumns + byKey
	// The + keeps SQLite from the index on the scope: it would read the whole ledger.
	stretchSQL = createdColumns + ` FROM partners p WHERE p.id BETWEEN ? AND ? AND +p.scope_id = ?`
	placesSQL  = keysSQL + `SELECT p.id` + byKey + ` ORDER BY p.id`
)

const (
	probeEvery = 64             // one key of so many is asked for its place: to read the next row is cheaper by far
	near       = 4 * probeEvery // rows no further apart belong to one stretch
)

// Created implements [ledger.Run]. Rows lie in the order of their claims, and a
// sheet that comes back has mostly the same order. So a few keys tell between
// which rows the others lie, and these are read in one go. What does not turn
// up there is looked up by its key.
func (r *Run) Created(ctx context.Context, keys []ledger.Key) ([]ledger.Entry, error) {
	f := newFinds(keys)
	err := r.stretches(ctx, keys, f)
	var rest []ledger.Key
	for i := range keys {
		if f.entries[i].Key != keys[i] {
			rest = append(rest, keys[i])
		}
	}
	for part := range slices.Chunk(rest, lookupPart) {
		if err == nil {
			err = f.take(r.l.created.QueryContext(ctx, joined(part), r.scope))
		}
	}
	if err != nil {
		return nil, r.l.failed("look up partners", err)
	}
	return f.entries, nil
}

// stretches reads the rows among which most of the keys probably lie.
func (r *Run) stretches(ctx context.Context, keys []ledger.Key, f *finds) error {
	places, err := r.places(ctx, keys)
	for len(places) > 0 && err == nil {
		n := 1
		for n < len(places) && places[n]-places[n-1] <= near {
			n++
		}
		if n > 1 { // one alone says nothing about the others
			err = f.take(r.l.stretch.QueryContext(ctx, places[0]-probeEvery, places[n-1]+probeEvery, r.scope))
		}
		places = places[n:]
	}
	return err
}

// places tells where a few of the keys lie, in order.
func (r *Run) places(ctx context.Context, keys []ledger.Key) (places []int64, err error) {
	var probes []ledger.Key
	for i := 0; i < len(keys); i += probeEvery {
		probes = append(probes, keys[i])
	}
	rows, err := r.l.places.QueryContext(ctx, joined(probes), r.scope)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var place int64
		if err := rows.Scan(&place); err != nil {
			return nil, err
		}
		places = append(places, place)
	}
	return places, rows.Err()
}

// finds are entries in the order of the keys that are looked for.
type finds struct {
	entries []ledger.Entry
	index   map[ledger.Key]int
}

func newFinds(keys []ledger.Key) *finds {
	f := &finds{make([]ledger.Entry, len(keys)), make(map[ledger.Key]int, len(keys))}
	for i, k := range keys {
		f.index[k] = i
	}
	return f
}

// take reads the rows of a query for createdColumns, and passes over what is
// not looked for.
func (f *finds) take(rows *sql.Rows, err error) error {
	if err != nil {
		return err
	}
	var key, hash sql.RawBytes
	var trace, token, link string
	var settled int64
	var created bool
	for rows.Next() {
		if err = rows.Scan(&key, &hash, &trace, &settled, &token, &link, &created); err != nil {
			break
		}
		switch i, ok := f.index[ledger.Key(key)]; {
		case ok && created:
			f.entries[i] = ledger.Entry{Key: ledger.Key(key), Fingerprint: ledger.Fingerprint(hash), State: ledger.Created,
				TraceID: trace, Token: token, Link: link, SettledAt: fromMillis(settled)}
		case ok:
			f.entries[i].Key = ledger.Key(key)
		}
	}
	return errors.Join(err, rows.Err(), rows.Close())
}
