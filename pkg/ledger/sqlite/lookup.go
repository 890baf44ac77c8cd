package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"

	"onboard/pkg/ledger"
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

// Created implements [ledger.Run].
func (r *Run) Created(ctx context.Context, keys []ledger.Key) (map[ledger.Key]ledger.Fingerprint, error) {
	found := make(map[ledger.Key]ledger.Fingerprint, len(keys))
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
			found[ledger.Key(key)] = ledger.Fingerprint(hash)
		}
		if err := errors.Join(err, rows.Err(), rows.Close()); err != nil {
			return nil, fmt.Errorf("cannot look up partners: %w", err)
		}
	}
	return found, nil
}

// joined puts keys into one blob.
func joined(keys []ledger.Key) []byte {
	blob := make([]byte, 0, len(keys)*len(ledger.Key{}))
	for _, k := range keys {
		blob = append(blob, k[:]...)
	}
	return blob
}

// Lookup implements [ledger.Run].
func (r *Run) Lookup(ctx context.Context, keys []ledger.Key) (map[ledger.Key]ledger.Entry, error) {
	var (
		found = make(map[ledger.Key]ledger.Entry, len(keys))
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

func (r *Run) lookup(ctx context.Context, keys []ledger.Key) ([]ledger.Entry, error) {
	rows, err := r.l.lookup.QueryContext(ctx, joined(keys), r.scope)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	entries := make([]ledger.Entry, 0, len(keys))
	for rows.Next() {
		e, err := scanEntry(rows)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, rows.Err()
}

// Empty implements [ledger.Run].
func (r *Run) Empty(ctx context.Context) (empty bool, err error) {
	err = r.l.reader.QueryRowContext(ctx, "SELECT NOT EXISTS(SELECT 1 FROM partners WHERE scope_id = ?)", r.scope).Scan(&empty)
	return empty, err
}
