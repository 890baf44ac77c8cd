package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// lookupSQL takes all keys as one blob: a parameter for each would cost more to
// parse than to answer. CROSS JOIN keeps SQLite from turning the loops around.
const lookupSQL = `WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 16 FROM n WHERE i + 16 < length(?1))
	SELECT ` + entryColumns + ` FROM n
	CROSS JOIN partners p ON p.scope_id = ?2 AND p.key = substr(?1, n.i, 16)
	CROSS JOIN runs r ON r.number = p.owner`

// lookupPart is how many keys one query takes: large enough to hide its fixed
// cost, small enough that a batch is answered by more than one core.
const lookupPart = 1000

// createdSQL is lookupSQL for what most rows of a resumed run are, without what
// is long: it takes a third of the time.
const createdSQL = `WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 16 FROM n WHERE i + 16 < length(?1))
	SELECT p.key, p.fingerprint FROM n
	CROSS JOIN partners p ON p.scope_id = ?2 AND p.key = substr(?1, n.i, 16)
	WHERE p.state = 'created' AND p.token <> '' AND p.link <> ''`

// Created tells of which keys the ledger has token and link, and with which
// details they were created.
func (r *Run) Created(ctx context.Context, keys []Key) (map[Key]Fingerprint, error) {
	found := make(map[Key]Fingerprint, len(keys))
	for part := range slices.Chunk(keys, lookupPart) {
		rows, err := r.l.created.QueryContext(ctx, joined(part), r.scope)
		if err != nil {
			return nil, fmt.Errorf("cannot look up partners: %w", err)
		}
		var key, hash sql.RawBytes
		for rows.Next() {
			if err = rows.Scan(&key, &hash); err != nil {
				break
			}
			found[Key(key)] = Fingerprint(hash)
		}
		if err := errors.Join(err, rows.Err(), rows.Close()); err != nil {
			return nil, fmt.Errorf("cannot look up partners: %w", err)
		}
	}
	return found, nil
}

// joined puts keys into one blob.
func joined(keys []Key) []byte {
	blob := make([]byte, 0, len(keys)*len(Key{}))
	for _, k := range keys {
		blob = append(blob, k[:]...)
	}
	return blob
}

// Lookup reads what the ledger knows of keys; a partner that it does not know
// is not in the map. It never waits for a writer. A few thousand keys at once
// are best.
func (r *Run) Lookup(ctx context.Context, keys []Key) (map[Key]Entry, error) {
	var (
		found = make(map[Key]Entry, len(keys))
		fails error
		mu    sync.Mutex
		wait  sync.WaitGroup
	)
	for part := range slices.Chunk(keys, lookupPart) {
		wait.Go(func() {
			entries, err := r.lookup(ctx, part)
			mu.Lock()
			defer mu.Unlock()
			fails = errors.Join(fails, err)
			for _, e := range entries {
				found[e.Key] = e
			}
		})
	}
	wait.Wait()
	if fails != nil {
		return nil, fmt.Errorf("cannot look up partners: %w", fails)
	}
	return found, nil
}

func (r *Run) lookup(ctx context.Context, keys []Key) ([]Entry, error) {
	rows, err := r.l.lookup.QueryContext(ctx, joined(keys), r.scope)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	entries := make([]Entry, 0, len(keys))
	for rows.Next() {
		e, err := scanEntry(rows)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, rows.Err()
}

// Empty says that the ledger knows no partner of the run's scope: then all that
// a sheet holds would be sent.
func (r *Run) Empty(ctx context.Context) (empty bool, err error) {
	err = r.l.reader.QueryRowContext(ctx, "SELECT NOT EXISTS(SELECT 1 FROM partners WHERE scope_id = ?)", r.scope).Scan(&empty)
	return empty, err
}
