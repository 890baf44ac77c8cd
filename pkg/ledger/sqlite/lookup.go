package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"

	"onboard/pkg/ledger"
)

const lookupSQL = keysSQL + `SELECT ` + entryColumns + byKey + ` CROSS JOIN runs r ON r.number = p.owner`

// lookupPart is how many keys one query takes: large enough to hide its fixed
// cost, small enough that a batch is answered by more than one core.
const lookupPart = 1000

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
		return nil, r.l.failed("look up partners", fails)
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

const tracedSQL = `SELECT ` + entryColumns + `, t.trace_id FROM (
	SELECT id, trace_id FROM partners WHERE trace_id IN (SELECT value FROM json_each(?1))
	UNION SELECT partner_id, trace_id FROM attempts WHERE trace_id IN (SELECT value FROM json_each(?1))) t
	JOIN partners p ON p.id = t.id JOIN runs r ON r.number = p.owner WHERE p.scope_id = ?2`

// Traced implements [ledger.Run].
func (r *Run) Traced(ctx context.Context, traceIDs []string) (map[string]ledger.Entry, error) {
	list, err := json.Marshal(traceIDs)
	if err != nil {
		return nil, err
	}
	rows, err := r.l.reader.QueryContext(ctx, tracedSQL, string(list), r.scope)
	if err != nil {
		return nil, r.l.failed("look up trace IDs", err)
	}
	defer rows.Close()
	found := map[string]ledger.Entry{}
	for rows.Next() {
		var asked string
		e, err := scanEntry(rows, &asked)
		if err != nil {
			return nil, err
		}
		found[asked] = e
	}
	return found, rows.Err()
}

// Empty implements [ledger.Run].
func (r *Run) Empty(ctx context.Context) (empty bool, err error) {
	err = r.l.reader.QueryRowContext(ctx, "SELECT NOT EXISTS(SELECT 1 FROM partners WHERE scope_id = ?)", r.scope).Scan(&empty)
	return empty, r.l.failed("look up partners", err)
}
