package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"onboard/pkg/ledger"
)

var settling = &statement{`UPDATE partners p SET state = i.state, http_status = i.status, reason = i.reason, token = i.token, link = i.link, answer = i.answer, settled_at = i.at,
		holder_id = i.holder
	FROM (SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::integer[], $5::text[], $6::integer[], $7::bytea[], $8::text[], $9::text[], $10::bytea[], $11::timestamptz[], $12::bigint[])
		AS i(scope, key, owner, attempt, state, status, reason, token, link, answer, at, holder) ORDER BY scope, key) i
	WHERE p.scope_id = i.scope AND p.key = i.key AND p.owner = i.owner AND p.attempt = i.attempt
		AND (p.state = 'sending' OR p.state = 'in_doubt' AND (i.state <> 'released' OR p.token = '' AND p.link = '') OR i.state = 'created' AND (p.state = 'released' OR
			p.state = 'created' AND (p.token = '' OR p.link = '') AND p.token IN ('', i.token) AND p.link IN ('', i.link)))
		AND ` + holderOf("i.scope", "i.key", "i.token", "i.link") + ` IS NULL
	RETURNING p.scope_id, p.key, p.attempt`,
	func(g []*change) []any {
		return []any{scopes(g), keys(g), owners(g), attempts(g),
			column(g, func(c *change) string { return string(c.outcome.State) }),
			column(g, func(c *change) int { return c.outcome.HTTPStatus }),
			column(g, func(c *change) []byte { return []byte(c.outcome.Reason) }),
			column(g, func(c *change) string { return c.outcome.Token }),
			column(g, func(c *change) string { return c.outcome.Link }),
			column(g, func(c *change) []byte { return []byte(c.outcome.Answer) }),
			column(g, func(c *change) time.Time { return c.outcome.At }),
			column(g, func(c *change) *int64 { return c.holder })}
	}}

// Settle implements [ledger.Run].
func (r *Run) Settle(o ledger.Outcome) error { return r.Settling(o)() }

// Settling implements [ledger.Run].
func (r *Run) Settling(o ledger.Outcome) (durable func() error) {
	if err := o.Check(); err != nil {
		return func() error { return err }
	}
	settled := r.settle(o, false)
	return func() error {
		lost, holder, err := settled()
		return o.Settled(lost, holder, err, r.save)
	}
}

// save spills an outcome, into a folder that is made when it is needed.
func (r *Run) save(o ledger.Outcome, cause error) error {
	_ = ledger.MakeFolder(r.l.folder) // if that fails, there is the folder for temporary files
	return r.spill.Save(o, cause)
}

// Spilled implements [ledger.Run].
func (r *Run) Spilled() ledger.Spillage { return r.spill.Spilled() }

// settle is the compare-and-set of Settle. lost: the ledger holds anything else
// than this very outcome; holder: another partner that has its token or link. again: it
// may be there already, and is to be confirmed.
func (r *Run) settle(o ledger.Outcome, again bool) (settled func() (lost bool, holder *ledger.Entry, err error)) {
	o.Token, o.Link = text(o.Token), text(o.Link)
	made := r.settled(o, nil, again)
	return func() (bool, *ledger.Entry, error) {
		lost, err := made()
		if !lost || err != nil || o.Token == "" && o.Link == "" {
			return lost, nil, err
		}
		other, err := r.holder(&o)
		if other == nil || err != nil {
			return lost, nil, err
		}
		lost, err = r.settled(o.Contested(&other.Entry), &other.ID, again)()
		return lost, &other.Entry, err
	}
}

func (r *Run) settled(o ledger.Outcome, holder *int64, again bool) (made func() (lost bool, err error)) {
	c := &change{run: r, kind: settling, key: o.Key, attempt: o.Attempt, outcome: o, holder: holder, again: again}
	done := r.l.queue(c)
	return func() (bool, error) {
		err := done()
		return c.taken == 0 && (c.entry.Owner != r.id || !o.Same(&c.entry)), err
	}
}

// Kept implements [ledger.Run].
func (r *Run) Kept() []ledger.Kept { return r.spill.Kept() }

// restore settles a spilled outcome and reads the row as it stands then. A run of
// another ledger has no rows.
func (l *Ledger) restore(line ledger.Spilled) (e ledger.Entry, err error) {
	o, ctx := line.Outcome, context.Background()
	owner, known, err := l.runNamed(line.Run)
	if err != nil || !known {
		return e, err
	}
	_, holder, err := owner.settle(o, true)()
	if err != nil {
		return e, err
	}
	if holder != nil {
		defer func() { err = errors.Join(err, &ledger.TakenError{Holder: *holder}) }()
	}
	found, err := owner.Lookup(ctx, []ledger.Key{o.Key})
	e = found[o.Key]
	if err != nil || e.Attempt <= o.Attempt {
		return e, err
	}
	traces, err := list(ctx, l, "look up an attempt", pgx.RowTo[string], `SELECT a.trace_id FROM attempts a JOIN partners p ON p.id = a.partner_id
		WHERE p.scope_id = $1 AND p.key = $2 AND a.attempt = $3`, owner.scope, [16]byte(o.Key), o.Attempt)
	if len(traces) > 0 {
		e.TraceID = traces[0]
	}
	return e, err
}
