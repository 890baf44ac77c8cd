package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"onboard/pkg/ledger"
)

// linksSQL reads in the order of rows, as onboardingsSQL does.
const linksSQL = `SELECT ` + entryColumns + `, p.id, r.file FROM partners p CROSS JOIN runs r ON r.number = p.owner
	WHERE p.id > ? AND +p.scope_id = ? AND p.state = 'created' AND p.token <> '' AND p.link <> ''
		AND p.settled_at >= ? AND (?4 = '' OR r.id = ?4) ORDER BY p.id LIMIT ?`

// View implements [ledger.Ledger]: a run that is not recorded can only read.
func (l *Ledger) View(ctx context.Context, scope ledger.Scope) (ledger.View, string, error) {
	r, fields := &Run{l: l}, ""
	err := l.reader.QueryRowContext(ctx, "SELECT id, key_fields FROM scopes WHERE endpoint = ? AND account = ?", scope.Endpoint, scope.Account).Scan(&r.scope, &fields)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, "", fmt.Errorf("the ledger %s knows no account %s of %s", l.path, scope.Account, scope.Endpoint)
	}
	return r, fields, l.failed("look up the account", err)
}

// Links implements [ledger.View].
func (r *Run) Links(ctx context.Context, want ledger.Wanted, after int64, limit int) ([]ledger.Linked, error) {
	rows, err := r.l.reader.QueryContext(ctx, linksSQL, after, r.scope, millis(want.Since), want.Run, limit)
	if err != nil {
		return nil, r.l.failed("list the links", err)
	}
	defer rows.Close()
	var list []ledger.Linked
	for rows.Next() {
		var k ledger.Linked
		if k.Entry, err = scanEntry(rows, &k.ID, &k.File); err != nil {
			return nil, err
		}
		list = append(list, k)
	}
	return list, r.l.failed("list the links", rows.Err())
}

// millis is a time as columns have it, rounded up; no time is 0.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Add(time.Millisecond - 1).UnixMilli()
}
