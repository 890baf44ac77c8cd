package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"onboard/pkg/ledger"
)

// holderOf is the first other partner, at the endpoint of a scope, that has a token or
// link. Another partner is one with another key: the same key in the scope of another
// account is the same company, sent with another access token. A subquery with a limit
// is answered row by row, by the indexes, whatever the planner thinks of the tables.
func holderOf(scope, key, token, link string) string {
	const one = `(SELECT q.id FROM partners q WHERE q.%[1]s = %[2]s AND q.%[1]s <> '' AND q.key <> %[3]s
		AND q.scope_id IN (SELECT o.id FROM scopes o JOIN scopes s ON s.endpoint = o.endpoint WHERE s.id = %[4]s) LIMIT 1)`
	return "coalesce(" + fmt.Sprintf(one, "token", token, key, scope) + ", " + fmt.Sprintf(one, "link", link, key, scope) + ")"
}

var (
	holderSQL = `SELECT ` + entryColumns + `, p.id FROM partners p JOIN runs r ON r.number = p.owner
		WHERE p.id = ` + holderOf("$1::bigint", "$2::uuid", "$3::text", "$4::text")

	// A conflict ends when an operator settles the partner, or gives one of the two the
	// token that it really has.
	conflictsSQL = `SELECT ` + entryColumns + `, s.endpoint, s.account FROM partners c JOIN partners h ON h.id = c.holder_id
		JOIN partners p ON p.id IN (c.id, h.id) JOIN runs r ON r.number = p.owner JOIN scopes s ON s.id = p.scope_id
		WHERE c.holder_id IS NOT NULL AND (c.state = 'in_doubt' OR c.token <> '' AND c.token = h.token OR c.link <> '' AND c.link = h.link)
		ORDER BY c.id, p.id = h.id LIMIT 2 * $1::bigint`
)

// holder is another partner that has a token or link, and its row.
type holder struct {
	ledger.Entry
	ID int64
}

func scanHolder(row pgx.CollectableRow) (h holder, err error) {
	h.Entry, err = scanMore(row, &h.ID)
	return h, err
}

// holder finds who has the token or link of an outcome; nil when nobody else has.
func (r *Run) holder(o *ledger.Outcome) (*holder, error) {
	found, err := list(context.Background(), r.l, "look up who has a token", scanHolder, holderSQL, r.scope, [16]byte(o.Key), o.Token, o.Link)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// lockTokensSQL lets one transaction at a time give out a token or link: the next one
// sees then who has it. All take their locks first, and in the same order.
const lockTokensSQL = `SELECT pg_advisory_xact_lock(token) FROM unnest($1::bigint[]) token`

func (l *Ledger) tokenLocks(texts []string) (locks []int64) {
	for _, text := range texts {
		if text != "" {
			locks = append(locks, lockKey("token "+l.schema+" "+text))
		}
	}
	slices.Sort(locks)
	return slices.Compact(locks)
}

// takenBy is holder in a transaction, which keeps others from giving out the token.
func (r *Run) takenBy(ctx context.Context, tx pgx.Tx, key ledger.Key, token, link string) ([]holder, error) {
	if token == "" && link == "" {
		return nil, nil
	}
	if _, err := tx.Exec(ctx, lockTokensSQL, r.l.tokenLocks([]string{token, link})); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, holderSQL, r.scope, [16]byte(key), token, link)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanHolder)
}

// Conflicts implements [ledger.Ledger].
func (l *Ledger) Conflicts(ctx context.Context, limit int) ([]ledger.Conflict, error) {
	all, err := list(ctx, l, "list the partners with the same token", scanDoubt, conflictsSQL, limit)
	return ledger.Paired(all), err
}
