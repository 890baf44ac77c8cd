package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"onboard/pkg/ledger"
)

const linksSQL = `SELECT ` + entryColumns + `, p.id, r.file FROM partners p JOIN runs r ON r.number = p.owner
	WHERE p.id > $1 AND p.scope_id = $2 AND p.state = 'created' AND p.token <> '' AND p.link <> ''
		AND p.settled_at >= $3 AND ($4 = '' OR r.id = $4) ORDER BY p.id LIMIT $5`

// View implements [ledger.Ledger]: a run that is not recorded can only read.
func (l *Ledger) View(ctx context.Context, scope ledger.Scope) (ledger.View, string, error) {
	r, fields, known := &Run{l: l}, "", true
	err := l.read(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		err := conn.QueryRow(ctx, "SELECT id, key_fields FROM scopes WHERE endpoint = $1 AND account = $2",
			text(scope.Endpoint), text(scope.Account)).Scan(&r.scope, &fields)
		if errors.Is(err, pgx.ErrNoRows) {
			known = false
			return nil
		}
		return err
	})
	if err != nil {
		return nil, "", l.hinted(fmt.Errorf("cannot look up the account: %w", err))
	}
	if !known {
		return nil, "", fmt.Errorf("the ledger %s knows no account %s of %s", l.place, scope.Account, scope.Endpoint)
	}
	return r, fields, nil
}

// Links implements [ledger.View].
func (r *Run) Links(ctx context.Context, want ledger.Wanted, after int64, limit int) ([]ledger.Linked, error) {
	return list(ctx, r.l, "list the links", func(row pgx.CollectableRow) (k ledger.Linked, err error) {
		k.Entry, err = scanMore(row, &k.ID, &k.File)
		return k, err
	}, linksSQL, after, r.scope, want.Since, text(want.Run), limit)
}
