package sqlite

import (
	"bytes"
	"database/sql"
	"errors"
	"time"

	"onboard/pkg/ledger"
)

// entryColumns is what scanEntry reads, in its order.
const entryColumns = `p.key, p.fingerprint, p.state, r.id, p.attempt, p.trace_id, p.line,
	p.http_status, p.reason, p.token, p.link, p.body, p.claimed_at, p.settled_at`

// scanEntry reads entryColumns from a row, and into more what follows them.
func scanEntry(rows *sql.Rows, more ...any) (ledger.Entry, error) {
	var (
		e                ledger.Entry
		key, hash, body  sql.RawBytes
		claimed, settled int64
	)
	err := rows.Scan(append([]any{&key, &hash, &e.State, &e.Owner, &e.Attempt, &e.TraceID, &e.Line,
		&e.HTTPStatus, &e.Reason, &e.Token, &e.Link, &body, &claimed, &settled}, more...)...)
	if err != nil {
		return ledger.Entry{}, err
	}
	copy(e.Key[:], key)
	copy(e.Fingerprint[:], hash)
	e.Body = bytes.Clone(body)
	e.ClaimedAt, e.SettledAt = fromMillis(claimed), fromMillis(settled)
	return e, nil
}

// scanOne is scanEntry of the only row of a query, if there is one.
func scanOne(rows *sql.Rows, more ...any) (e ledger.Entry, found bool, err error) {
	defer rows.Close()
	if found = rows.Next(); found {
		e, err = scanEntry(rows, more...)
	}
	return e, found && err == nil, errors.Join(err, rows.Err())
}

// fromMillis is the time of a column in Unix milliseconds; 0 is no time.
func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
