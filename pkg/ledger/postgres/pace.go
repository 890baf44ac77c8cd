package postgres

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"onboard/pkg/ledger"
)

const (
	// paceShare of the rate is given out. The rest makes up for starts that come late by
	// some milliseconds more than others: no second has more than the rate.
	paceShare = 0.98

	// clockDrift is how much the clocks of two computers may part between two batches.
	clockDrift = 200 * time.Microsecond
)

// pace is a run's part of the pace of its scope.
type pace struct {
	mu      sync.Mutex
	session session
	offset  time.Duration // of this computer's clock against the database's; at most so much too large
	began   time.Time     // offset counts from here
	heed    func(time.Duration)
}

// hurried does not wait for the disk: a slot that is forgotten in a crash is none
// that anybody uses while the server is away.
func hurried(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, "SET synchronous_commit = off")
	return err
}

// reserveSQL gives out slots from where the last ones ended, or from now; a little
// in the past, so that nothing is lost while the question is on its way. Those who
// asked within ten seconds, or three slots of their own, take part. No clock that
// was set back makes anybody wait for longer than a minute, or a hold.
const reserveSQL = `WITH mine AS (
		UPDATE runs SET rate = $2, paced_at = clock_timestamp() WHERE number = $3 AND (rate <> $2 OR paced_at < clock_timestamp() - interval '1 s')
	), slow AS (
		SELECT least($2, min(rate)) AS rate FROM runs WHERE scope_id = $1 AND ended_at IS NULL AND number <> $3 AND rate > 0
			AND paced_at > clock_timestamp() - greatest(interval '10 s', interval '1 s' * (3 / rate))
	), given AS (
		UPDATE scopes s SET next_slot = greatest(least(s.next_slot, clock_timestamp() + interval '1 min'), least(s.held_until, clock_timestamp() + interval '16 min'),
			clock_timestamp() - interval '15 ms') + $4::integer * (interval '1 s' / (slow.rate * $5))
		FROM slow WHERE s.id = $1 RETURNING s.next_slot, s.held_until, slow.rate
	)
	SELECT extract(epoch FROM next_slot)::double precision, extract(epoch FROM clock_timestamp())::double precision,
		extract(epoch FROM held_until)::double precision, rate FROM given`

// Reserve implements [ledger.Shared].
func (r *Run) Reserve(ctx context.Context, rate float64, n int) (ledger.Slots, error) {
	p := &r.pace
	p.mu.Lock()
	defer p.mu.Unlock()
	var end, now, held, lowest float64 // seconds of the database's clock; held may be -Inf
	err := p.session.patiently(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, reserveSQL, r.scope, rate, r.number, n, paceShare).Scan(&end, &now, &held, &lowest)
	})
	if err != nil {
		return ledger.Slots{}, r.l.hinted(fmt.Errorf("cannot take part in the pace of %s: %w", r.l.place, err))
	}
	if held > now && p.heed != nil {
		p.heed(seconds(held - now))
	}
	every := seconds(1 / (lowest * paceShare))
	return ledger.Slots{First: p.here(now, end).Add(-time.Duration(n) * every), Every: every, Rate: lowest}, nil
}

// here turns a time of the database, at its present, into one of this computer. An
// answer takes a while, so what it says of now was so before: the quickest of
// the latest answers is nearest.
func (p *pace) here(now, at float64) time.Time {
	if p.began.IsZero() {
		p.began = time.Now()
	}
	offset := time.Since(p.began) - seconds(now)
	if quickest := p.offset + clockDrift; p.offset == 0 || offset < quickest || offset > quickest+time.Second {
		p.offset = offset
	} else {
		p.offset = quickest
	}
	return p.began.Add(p.offset + seconds(at))
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// holdSQL has the run take part in the pace until the hold is over, so that the
// lower rate counts from the first slot after it.
const holdSQL = `WITH held AS (UPDATE scopes SET held_until = greatest(held_until, clock_timestamp() + $2 * interval '1 us') WHERE id = $1
	), slower AS (UPDATE runs SET rate = $5, paced_at = clock_timestamp() + $2 * interval '1 us' WHERE number = $6)
	SELECT pg_notify($3, $4)`

// Hold implements [ledger.Shared].
func (r *Run) Hold(d time.Duration, rate float64) {
	go func() { // nothing waits for it, and if the database is away, nobody sends
		p := &r.pace
		p.mu.Lock()
		defer p.mu.Unlock()
		ctx, cancel := context.WithTimeout(r.l.lost, connectTimeout) // the next slots wait behind it
		defer cancel()
		_ = p.session.do(ctx, func(ctx context.Context, conn *pgx.Conn) error {
			notice := fmt.Sprintf("%s %s %d %d", r.l.schema, r.id, r.scope, d.Microseconds())
			_, err := conn.Exec(ctx, holdSQL, r.scope, d.Microseconds(), channel, notice, rate, r.number)
			return err
		})
	}()
}

// OnHold implements [ledger.Shared].
func (r *Run) OnHold(heed func(time.Duration)) {
	r.l.mu.Lock()
	defer r.l.mu.Unlock()
	r.pace.heed = heed
}

// heard hands a hold to the runs that it concerns.
func (l *Ledger) heard(notice string) {
	var schema, id string
	var scope, micros int64
	if _, err := fmt.Sscan(notice, &schema, &id, &scope, &micros); err != nil || schema != l.schema {
		return // another ledger's
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for r := range l.runs {
		if r.pace.heed != nil && r.scope == scope && r.id != id {
			r.pace.heed(time.Duration(micros) * time.Microsecond)
		}
	}
}

func (p *pace) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.session.close()
}
