package sqlite

import (
	"context"
	"database/sql"

	"onboard/pkg/ledger"
)

const (
	// Another partner is one with another key. The same key in the scope of another
	// account is the same company, sent with another access token.
	holderSQL = `SELECT ` + entryColumns + ` FROM partners p JOIN runs r ON r.number = p.owner JOIN scopes s ON s.id = p.scope_id
	WHERE p.id = ?1 AND p.key <> ?2 AND s.endpoint = (SELECT endpoint FROM scopes WHERE id = ?3)
	AND (p.token = ?4 AND p.token <> '' OR p.link = ?5 AND p.link <> '')`
	issuedSQL = `SELECT number, entries FROM token_log WHERE number > ? ORDER BY number`
	issueSQL  = `INSERT INTO token_log(number, entries) VALUES(?, ?)`

	// A conflict ends when an operator settles the partner, or gives one of the two the
	// token that it really has.
	conflictsSQL = `SELECT ` + entryColumns + `, s.endpoint, s.account FROM partners c JOIN partners h ON h.id = c.holder_id
	JOIN partners p ON p.id IN (c.id, h.id) JOIN runs r ON r.number = p.owner JOIN scopes s ON s.id = p.scope_id
	WHERE c.holder_id IS NOT NULL AND (c.state = 'in_doubt' OR c.token <> '' AND c.token = h.token OR c.link <> '' AND c.link = h.link)
	ORDER BY c.id, p.id = h.id LIMIT 2 * ?`
)

// tokens are all tokens and links of the ledger, as the writing goroutine knows them.
type tokens struct {
	tokenIndex
	read  int64    // the last number of the log that is in the index
	fresh bool     // nobody can have added to the log since: this transaction has read it
	added []uint64 // in this transaction
}

// holder is another partner that has a token or link, and its row.
type holder struct {
	ledger.Entry
	id int64
}

// holder finds the first other partner at the endpoint of a scope that has a token or
// link; nil when there is none. It runs inside a transaction.
func (l *Ledger) holder(scope int64, key ledger.Key, token, link string) (*holder, error) {
	if token == "" && link == "" {
		return nil, nil
	}
	if err := l.readTokens(); err != nil {
		return nil, err
	}
	for _, id := range append(l.tokens.rows(token), l.tokens.rows(link)...) {
		rows, err := l.stmt.holder.Query(id, key[:], scope, token, link)
		if err != nil {
			return nil, err
		}
		e, found, err := scanOne(rows)
		if found || err != nil {
			return &holder{e, id}, err
		}
	}
	return nil, nil
}

// contest notes who has what came for a partner.
func (l *Ledger) contest(scope int64, key ledger.Key, holder int64) error {
	_, err := l.conn.ExecContext(context.Background(), "UPDATE partners SET holder_id = ? WHERE scope_id = ? AND key = ?", holder, scope, key[:])
	return err
}

// readTokens reads what was added to the log since the last transaction, here or by
// another process.
func (l *Ledger) readTokens() error {
	t := &l.tokens
	if t.fresh {
		return nil
	}
	rows, err := l.stmt.issued.Query(t.read)
	if err != nil {
		return err
	}
	defer rows.Close()
	var data sql.RawBytes
	var entries []uint64
	for rows.Next() {
		if err := rows.Scan(&t.read, &data); err != nil {
			return err
		}
		entries = append(entries, unpacked(data)...)
	}
	t.add(entries...)
	t.fresh = true
	return rows.Err()
}

// keepTokens adds the token and link that a row has now. place is where the row is,
// if that is known.
func (l *Ledger) keepTokens(scope int64, key ledger.Key, place any, texts ...string) error {
	id, known := place.(int64)
	for _, text := range texts {
		if text == "" {
			continue
		}
		if !known {
			err := l.conn.QueryRowContext(context.Background(), "SELECT id FROM partners WHERE scope_id = ? AND key = ?", scope, key[:]).Scan(&id)
			if err != nil {
				return err
			}
			known = true
		}
		e := tokenEntry(text, id)
		l.tokens.add(e)
		l.tokens.added = append(l.tokens.added, e)
	}
	return nil
}

// logTokens ends a transaction: what it added to the index goes into the log.
func (l *Ledger) logTokens() error {
	t := &l.tokens
	t.fresh = false
	if len(t.added) == 0 {
		return nil
	}
	t.read++
	_, err := l.stmt.issue.Exec(t.read, packed(t.added))
	t.added = t.added[:0]
	return err
}

// Conflicts implements [ledger.Ledger].
func (l *Ledger) Conflicts(ctx context.Context, limit int) ([]ledger.Conflict, error) {
	all, err := l.doubts(ctx, "list the partners with the same token", conflictsSQL, limit)
	return ledger.Paired(all), err
}
