package postgres

import (
	"fmt"
	"time"

	"onboard/pkg/ledger"
)

// claiming leaves rows that can't be had out before it locks anything: they are
// their owners' to settle.
var claiming = &statement{`INSERT INTO partners AS p(scope_id, key, owner, fingerprint, trace_id, line, claimed_at, body, attempt, state)
	SELECT i.*, 1, 'sending' FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::bytea[], $5::text[], $6::bigint[], $7::timestamptz[], $8::bytea[])
		AS i(scope, key, owner, fingerprint, trace, line, at, body)
	WHERE NOT EXISTS(SELECT FROM partners o WHERE o.scope_id = i.scope AND o.key = i.key AND o.state IN ('sending', 'created', 'in_doubt'))
	ORDER BY i.scope, i.key
	ON CONFLICT(scope_id, key) DO UPDATE SET fingerprint = excluded.fingerprint, owner = excluded.owner,
		attempt = p.attempt + 1, state = 'sending', trace_id = excluded.trace_id, line = excluded.line,
		claimed_at = excluded.claimed_at, body = excluded.body,
		settled_at = NULL, http_status = 0, reason = '', token = '', link = '', answer = '', holder_id = NULL
	WHERE p.state = 'released' OR p.state = 'rejected' AND p.fingerprint <> excluded.fingerprint
	RETURNING p.scope_id, p.key, p.attempt`,
	func(g []*change) []any {
		return []any{scopes(g), keys(g), owners(g),
			column(g, func(c *change) []byte { return c.intent.Fingerprint[:] }),
			column(g, func(c *change) string { return c.intent.TraceID }),
			column(g, func(c *change) int { return c.intent.Line }),
			column(g, func(c *change) time.Time { return c.last.At }),
			column(g, func(c *change) []byte { return c.intent.Body })}
	}}

// Claim implements [ledger.Run].
func (r *Run) Claim(in ledger.Intent) (ledger.Entry, bool, error) {
	in.TraceID = text(in.TraceID)
	now := time.Now().UTC().Truncate(time.Millisecond)
	c := &change{run: r, kind: claiming, key: in.Key, intent: in, last: ledger.Attempt{At: now}}
	if err := r.l.make(c); err != nil {
		return ledger.Entry{}, false, err
	}
	if c.taken == 0 {
		e := c.entry
		return e, c.again && e.State == ledger.Sending && e.Owner == r.id && e.TraceID == in.TraceID, nil
	}
	return ledger.Entry{Key: in.Key, Fingerprint: in.Fingerprint, State: ledger.Sending, Owner: r.id, Attempt: c.taken,
		TraceID: in.TraceID, Line: in.Line, Body: in.Body, ClaimedAt: now}, true, nil
}

var retrying = &statement{`WITH i AS (
		SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::integer[], $5::text[], $6::text[], $7::integer[], $8::text[], $9::bytea[], $10::bigint[], $11::timestamptz[])
		AS i(scope, key, owner, attempt, next, trace, status, verdict, reason, bytes, at)
	), changed AS (
		UPDATE partners p SET attempt = p.attempt + 1, trace_id = i.next, claimed_at = i.at FROM i
		WHERE p.scope_id = i.scope AND p.key = i.key AND p.owner = i.owner AND p.attempt = i.attempt AND p.state = 'sending'
		RETURNING p.scope_id, p.key, p.id, p.attempt
	), kept AS (
		INSERT INTO attempts SELECT c.id, i.attempt, i.owner, i.trace, i.status, i.verdict, i.reason, i.bytes, i.at
		FROM changed c JOIN i ON i.scope = c.scope_id AND i.key = c.key
	) SELECT scope_id, key, attempt FROM changed`,
	func(g []*change) []any {
		return []any{scopes(g), keys(g), owners(g), attempts(g),
			column(g, func(c *change) string { return c.intent.TraceID }),
			column(g, func(c *change) string { return text(c.last.TraceID) }),
			column(g, func(c *change) int { return c.last.HTTPStatus }),
			column(g, func(c *change) string { return text(c.last.Verdict) }),
			column(g, func(c *change) []byte { return []byte(c.last.Reason) }),
			column(g, func(c *change) int64 { return c.last.Bytes }),
			column(g, func(c *change) time.Time { return c.last.At })}
	}}

// Retry implements [ledger.Run].
func (r *Run) Retry(key ledger.Key, attempt int, last ledger.Attempt, traceID string) (next int, err error) {
	traceID = text(traceID)
	c := &change{run: r, kind: retrying, key: key, attempt: attempt, last: last, intent: ledger.Intent{TraceID: traceID}}
	if err := r.l.make(c); err != nil {
		return 0, err
	}
	e := c.entry
	if c.taken == 0 && (!c.again || e.State != ledger.Sending || e.Owner != r.id || e.Attempt != attempt+1 || e.TraceID != traceID) {
		return 0, fmt.Errorf("cannot start attempt %d of partner %x: %w", attempt+1, key, ledger.ErrLost)
	}
	return attempt + 1, nil
}
