package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"onboard/pkg/crash"
	"onboard/pkg/ledger"
)

// statements are prepared once, on the writing connection.
type statements struct{ insert, claim, entry, retry, attempt, settle, issued, issue, holder, raise *sql.Stmt }

const (
	// insertSQL is what most claims are. Those of known partners need RETURNING,
	// which costs as much as the rest.
	insertSQL = `INSERT INTO partners(scope_id, key, fingerprint, owner, attempt, state, trace_id, line, claimed_at, body)
	VALUES(?, ?, ?, ?, 1, 'sending', ?, ?, ?, ?) ON CONFLICT(scope_id, key) `
	claimSQL = insertSQL + `DO UPDATE SET fingerprint = excluded.fingerprint, owner = excluded.owner,
		attempt = partners.attempt + 1, state = 'sending', trace_id = excluded.trace_id, line = excluded.line,
		claimed_at = excluded.claimed_at, body = excluded.body,
		settled_at = 0, http_status = 0, reason = '', token = '', link = '', answer = '', holder_id = NULL
	WHERE partners.state = 'released' OR partners.state = 'rejected' AND (
		partners.fingerprint <> excluded.fingerprint OR partners.fingerprint = x'' AND partners.body <> excluded.body)
	RETURNING attempt`
	entrySQL = `SELECT ` + entryColumns + `, p.owner FROM partners p JOIN runs r ON r.number = p.owner WHERE p.scope_id = ? AND p.key = ?`
	retrySQL = `UPDATE partners SET attempt = attempt + 1, trace_id = ?, claimed_at = ?
	WHERE scope_id = ? AND key = ? AND owner = ? AND attempt = ? AND state = 'sending' RETURNING id`
	attemptSQL = `INSERT INTO attempts VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)`
	// The place is where to look, and what is compared is the same as without. The +
	// keeps SQLite from searching by key all the same.
	settleSQL = `UPDATE partners SET state = ?1, http_status = ?2, reason = ?3, token = ?4, link = ?5, answer = ?6, settled_at = ?7
	WHERE id = coalesce(?8, (SELECT id FROM partners WHERE scope_id = ?9 AND key = ?10))
	AND +scope_id = ?9 AND +key = ?10 AND owner = ?11 AND attempt = ?12
	AND (state = 'sending' OR state = 'in_doubt' AND (?1 <> 'released' OR token = '' AND link = '') OR ?1 = 'created' AND (state = 'released' OR
		state = 'created' AND (token = '' OR link = '') AND token IN ('', ?4) AND link IN ('', ?5)))`
)

func (s *statements) prepare(conn *sql.Conn) (err error) {
	for query, stmt := range map[string]**sql.Stmt{insertSQL + "DO NOTHING": &s.insert, claimSQL: &s.claim, entrySQL: &s.entry,
		retrySQL: &s.retry, attemptSQL: &s.attempt, settleSQL: &s.settle,
		issuedSQL: &s.issued, issueSQL: &s.issue, holderSQL: &s.holder, raiseSQL: &s.raise} {
		if *stmt, err = conn.PrepareContext(context.Background(), query); err != nil {
			return err
		}
	}
	return nil
}

func (s *statements) close() (err error) {
	for _, stmt := range []*sql.Stmt{s.insert, s.claim, s.entry, s.retry, s.attempt, s.settle, s.issued, s.issue, s.holder, s.raise} {
		if stmt != nil {
			err = errors.Join(err, stmt.Close())
		}
	}
	return err
}

// Claim implements [ledger.Run].
func (r *Run) Claim(in ledger.Intent) (e ledger.Entry, won bool, err error) {
	now := time.Now().UnixMilli()
	err = r.l.write(func() error {
		attempt, err := r.claim(in, now)
		if errors.Is(err, sql.ErrNoRows) {
			e, _, err = r.l.entry(r.scope, in.Key)
			return err
		}
		crash.Point("claiming")
		won = true
		e = ledger.Entry{Key: in.Key, Fingerprint: in.Fingerprint, State: ledger.Sending, Owner: r.id, Attempt: attempt,
			TraceID: in.TraceID, Line: in.Line, Body: in.Body, ClaimedAt: fromMillis(now)}
		return err
	})
	return e, won && err == nil, err
}

// claim is the compare-and-set of Claim; sql.ErrNoRows: the row stays as it is.
func (r *Run) claim(in ledger.Intent, now int64) (attempt int, err error) {
	values := []any{r.scope, in.Key[:], in.Fingerprint[:], r.number, in.TraceID, int64(in.Line), now, in.Body}
	res, err := r.l.stmt.insert.Exec(values...)
	if err != nil {
		return 0, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		r.open[in.Key], _ = res.LastInsertId()
		return 1, err
	}
	delete(r.open, in.Key) // of a claim that was taken back
	err = r.l.stmt.claim.QueryRow(values...).Scan(&attempt)
	return attempt, err
}

// Retry implements [ledger.Run].
func (r *Run) Retry(key ledger.Key, attempt int, last ledger.Attempt, traceID string) (next int, err error) {
	lost := false
	err = r.l.write(func() error {
		var id int64
		err := r.l.stmt.retry.QueryRow(traceID, last.At.UnixMilli(), r.scope, key[:], r.number, attempt).Scan(&id)
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
		err = fmt.Errorf("cannot start attempt %d of partner %x: %w", attempt+1, key, ledger.ErrLost)
	}
	if err != nil {
		return 0, err
	}
	return attempt + 1, nil
}

// entry reads a row inside the transaction; a row that is not there is zero.
func (l *Ledger) entry(scope int64, key ledger.Key) (e ledger.Entry, owner int64, err error) {
	rows, err := l.stmt.entry.Query(scope, key[:])
	if err == nil {
		e, _, err = scanOne(rows, &owner)
	}
	return e, owner, err
}
