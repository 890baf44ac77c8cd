package sqlite

import (
	"context"
	"database/sql"

	"onboard/pkg/ledger"
)

// adoptTokens fills the log of a ledger that had none. Of its partners some may have a
// token or link in common: they keep it, and each but the first refers to the first.
func (l *Ledger) adoptTokens() error {
	for last := int64(0); ; {
		rows, err := l.tokensAfter(last)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, r := range rows {
			if err := l.adopt(&r); err != nil {
				return err
			}
			last = r.id
		}
		if err := l.logTokens(); err != nil {
			return err
		}
	}
}

func (l *Ledger) adopt(r *tokenRow) error {
	other, err := l.holder(r.scope, r.key, r.token, r.link)
	if err == nil && other != nil {
		err = l.contest(r.scope, r.key, other.id)
	}
	if err != nil {
		return err
	}
	return l.keepTokens(r.scope, r.key, r.id, r.token, r.link)
}

type tokenRow struct {
	id, scope   int64
	key         ledger.Key
	token, link string
}

// tokensAfter reads the next rows that have a token or link.
func (l *Ledger) tokensAfter(id int64) (all []tokenRow, err error) {
	rows, err := l.conn.QueryContext(context.Background(), `SELECT id, scope_id, key, token, link FROM partners
		WHERE id > ? AND (token <> '' OR link <> '') ORDER BY id LIMIT 8192`, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var key sql.RawBytes
	for rows.Next() {
		var r tokenRow
		if err := rows.Scan(&r.id, &r.scope, &key, &r.token, &r.link); err != nil {
			return nil, err
		}
		copy(r.key[:], key)
		all = append(all, r)
	}
	return all, rows.Err()
}
