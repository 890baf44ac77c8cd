package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"onboard/pkg/crash"
)

// ErrLost says that a partner is not, or no longer, this run's in that attempt
// and state: it was not changed, and nothing may be sent for it.
var ErrLost = errors.New("the ledger holds this partner in another state, or for another run")

// Intent is what is about to be sent.
type Intent struct {
	Key         Key
	Fingerprint Fingerprint
	Body        []byte
	TraceID     string
	Line        int
}

// Attempt is what came of one request that is to be repeated.
type Attempt struct {
	TraceID         string
	HTTPStatus      int
	Verdict, Reason string
	Bytes           int64 // of the request, written to the connection
	At              time.Time
}

// statements are prepared once, on the writing connection.
type statements struct{ claim, entry, retry, attempt, settle *sql.Stmt }

const (
	claimSQL = `INSERT INTO partners(scope_id, key, fingerprint, owner, attempt, state, trace_id, line, claimed_at, body)
	VALUES(?, ?, ?, ?, 1, 'sending', ?, ?, ?, ?)
	ON CONFLICT(scope_id, key) DO UPDATE SET fingerprint = excluded.fingerprint, owner = excluded.owner,
		attempt = partners.attempt + 1, state = 'sending', trace_id = excluded.trace_id, line = excluded.line,
		claimed_at = excluded.claimed_at, body = excluded.body,
		settled_at = 0, http_status = 0, reason = '', token = '', link = '', answer = ''
	WHERE partners.state = 'released' OR partners.state = 'rejected' AND (
		partners.fingerprint <> excluded.fingerprint OR partners.fingerprint = x'' AND partners.body <> excluded.body)
	RETURNING attempt`
	entrySQL = `SELECT ` + entryColumns + `, p.owner FROM partners p JOIN runs r ON r.number = p.owner WHERE p.scope_id = ? AND p.key = ?`
	retrySQL = `UPDATE partners SET attempt = attempt + 1, trace_id = ?
	WHERE scope_id = ? AND key = ? AND owner = ? AND attempt = ? AND state = 'sending' RETURNING id`
	attemptSQL = `INSERT INTO attempts VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)`
	settleSQL  = `UPDATE partners SET state = ?, http_status = ?, reason = ?, token = ?, link = ?, answer = ?, settled_at = ?
	WHERE scope_id = ? AND key = ? AND owner = ? AND attempt = ?
	AND (state = 'sending' OR state = 'in_doubt' AND ? <> 'released')`
)

func (s *statements) prepare(conn *sql.Conn) (err error) {
	for query, stmt := range map[string]**sql.Stmt{claimSQL: &s.claim, entrySQL: &s.entry,
		retrySQL: &s.retry, attemptSQL: &s.attempt, settleSQL: &s.settle} {
		if *stmt, err = conn.PrepareContext(context.Background(), query); err != nil {
			return err
		}
	}
	return nil
}

func (s *statements) close() (err error) {
	for _, stmt := range []*sql.Stmt{s.claim, s.entry, s.retry, s.attempt, s.settle} {
		if stmt != nil {
			err = errors.Join(err, stmt.Close())
		}
	}
	return err
}

// Claim makes a partner this run's to send, durably. Of all runs that try, one
// wins; for the others e is the row as it stands, and nothing may be sent. On an
// error nothing may be sent either; the claim may be on disk all the same, and
// settling e.Attempt as Released then gives it back.
func (r *Run) Claim(in Intent) (e Entry, won bool, err error) {
	now := time.Now().UnixMilli()
	err = r.l.write(func() error {
		var attempt int
		err := r.l.stmt.claim.QueryRow(r.scope, in.Key[:], in.Fingerprint[:], r.number,
			in.TraceID, in.Line, now, in.Body).Scan(&attempt)
		if errors.Is(err, sql.ErrNoRows) {
			e, _, err = r.l.entry(r.scope, in.Key)
			return err
		}
		crash.Point("claiming")
		won = true
		e = Entry{Key: in.Key, Fingerprint: in.Fingerprint, State: Sending, Owner: r.id, Attempt: attempt,
			TraceID: in.TraceID, Line: in.Line, Body: in.Body, ClaimedAt: fromMillis(now)}
		return err
	})
	return e, won && err == nil, err
}

// Retry records how an attempt ended and starts the next one, durably, before
// its first byte. ErrLost: the row was taken away, nothing may be sent.
func (r *Run) Retry(key Key, attempt int, last Attempt, traceID string) (next int, err error) {
	lost := false
	err = r.l.write(func() error {
		var id int64
		err := r.l.stmt.retry.QueryRow(traceID, r.scope, key[:], r.number, attempt).Scan(&id)
		if lost = errors.Is(err, sql.ErrNoRows); lost {
			return nil
		}
		if err == nil {
			_, err = r.l.stmt.attempt.Exec(id, attempt, r.number, last.TraceID, last.HTTPStatus,
				last.Verdict, last.Reason, last.Bytes, last.At.UnixMilli())
		}
		return err
	})
	if err == nil && lost {
		err = fmt.Errorf("cannot start attempt %d of partner %x: %w", attempt+1, key, ErrLost)
	}
	if err != nil {
		return 0, err
	}
	return attempt + 1, nil
}

// entry reads a row inside the transaction; a row that is not there is zero.
func (l *Ledger) entry(scope int64, key Key) (e Entry, owner int64, err error) {
	rows, err := l.stmt.entry.Query(scope, key[:])
	if err != nil {
		return Entry{}, 0, err
	}
	defer rows.Close()
	if rows.Next() {
		if e, err = scanEntry(rows, &owner); err != nil {
			return Entry{}, 0, err
		}
	}
	return e, owner, rows.Err()
}
