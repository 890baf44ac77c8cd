package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"onboard/pkg/ledger"
)

const (
	// No body and no name of a run, which would cost as much again.
	createdSQL = `SELECT p.key, p.fingerprint, p.trace_id, p.settled_at, p.token, p.link,
		p.state = 'created' AND p.token <> '' AND p.link <> '' FROM `

	byKeySQL   = createdSQL + `unnest($2::uuid[]) AS wanted(key) JOIN partners p ON p.scope_id = $1 AND p.key = wanted.key`
	stretchSQL = createdSQL + `partners p WHERE p.id BETWEEN $2 AND $3 AND p.scope_id = $1`
	placesSQL  = `SELECT coalesce(min(p.id), 0), coalesce(max(p.id), -1) FROM unnest($2::uuid[]) AS wanted(key)
		JOIN partners p ON p.scope_id = $1 AND p.key = wanted.key`
)

const (
	probeEvery = 64 // one key of so many is asked for its place
	spread     = 4  // a stretch has at most so many rows for each key
)

// Created implements [ledger.Run]. Rows lie in the order of their claims, and a
// sheet that comes back has mostly the same order. So a few keys tell between
// which rows the others lie, and these are read in one go. What does not turn up
// there is looked up by its key.
func (r *Run) Created(ctx context.Context, keys []ledger.Key) ([]ledger.Entry, error) {
	places := make(map[ledger.Key]int, len(keys))
	var probes []ledger.Key
	for i, k := range keys {
		places[k] = i
		if i%probeEvery == 0 {
			probes = append(probes, k)
		}
	}
	type stretch struct{ First, Last int64 }
	found, err := list(ctx, r.l, "look up partners", pgx.RowToStructByPos[stretch], placesSQL, r.scope, uuids(probes))
	if err != nil {
		return nil, err
	}
	entries := make([]ledger.Entry, len(keys))
	take := func(row pgx.CollectableRow) (struct{}, error) { return struct{}{}, takeCreated(row, places, entries) }
	if s := found[0]; s.Last > s.First && s.Last-s.First < int64(spread*len(keys)) {
		if _, err = list(ctx, r.l, "look up partners", take, stretchSQL, r.scope, s.First-probeEvery, s.Last+probeEvery); err != nil {
			return nil, err
		}
	}
	var rest []ledger.Key
	for i, k := range keys {
		if entries[i].Key != k {
			rest = append(rest, k)
		}
	}
	if len(rest) > 0 {
		_, err = list(ctx, r.l, "look up partners", take, byKeySQL, r.scope, uuids(rest))
	}
	return entries, err
}

// takeCreated puts a row where its key is looked for, and passes over any other.
func takeCreated(row pgx.CollectableRow, places map[ledger.Key]int, entries []ledger.Entry) error {
	var key [16]byte
	var hash []byte
	var settled *time.Time
	var created bool
	e := ledger.Entry{State: ledger.Created}
	if err := row.Scan(&key, &hash, &e.TraceID, &settled, &e.Token, &e.Link, &created); err != nil {
		return err
	}
	switch i, wanted := places[key]; {
	case wanted && created:
		e.Key, e.SettledAt = key, settled.UTC()
		copy(e.Fingerprint[:], hash)
		entries[i] = e
	case wanted:
		entries[i].Key = key
	}
	return nil
}
