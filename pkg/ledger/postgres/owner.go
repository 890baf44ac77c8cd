package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"onboard/pkg/crash"
	"onboard/pkg/ledger"
)

// aliveSQL says of a row r of runs whether that run still works: it has not ended,
// and its lock is held. Soon after the server started nobody has had the time to
// take his lock again; only a proven death changes anything.
const aliveSQL = `r.ended_at IS NULL AND (clock_timestamp() < pg_postmaster_start_time() + interval '` + graceSeconds + ` s' OR r.lock IN (
	SELECT classid::bigint << 32 | objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND mode = 'ShareLock'
	AND database = (SELECT oid FROM pg_database WHERE datname = current_database())))`

// graceSeconds is how long after the start of the server nobody counts as dead.
const graceSeconds = "3"

const (
	pingEvery = 5 * time.Second // a broken connection that says nothing is found after that
	channel   = "onboard_holds"
)

// guard holds the locks of this ledger's runs a second time, on a connection of
// its own, while the one that writes comes back; and it hears the notices of
// others. It ends with Close.
func (l *Ledger) guard() {
	s := session{l: l, prepare: func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "LISTEN "+channel)
		return err
	}}
	defer s.close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { <-l.quit; cancel() }()
	select {
	case <-l.roused: // without a run there is nothing to guard
	case <-l.quit:
		return
	}
	for ctx.Err() == nil {
		try, over := context.WithTimeout(ctx, replyTimeout)
		err := s.do(try, l.hold)
		over()
		if err != nil {
			sleep(ctx, retryEvery)
			continue
		}
		l.listen(ctx, s.conn)
	}
}

// listen hears notices until there is something else to do.
func (l *Ledger) listen(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(ctx, pingEvery)
	defer cancel()
	go func() {
		select {
		case <-l.roused:
			cancel()
		case <-ctx.Done():
		}
	}()
	for {
		notice, err := conn.WaitForNotification(ctx)
		if err != nil {
			return
		}
		l.heard(notice.Payload)
	}
}

// rouse tells the guard that the runs have changed.
func (l *Ledger) rouse() {
	select {
	case l.roused <- struct{}{}:
	default:
	}
}

// hold takes the locks of the runs that live here, and takes back the word of
// those that declared one of them dead while its connections were broken.
func (l *Ledger) hold(ctx context.Context, conn *pgx.Conn) error {
	locks := l.locks()
	if len(locks) == 0 {
		return nil
	}
	_, err := conn.Exec(ctx, `SELECT pg_advisory_lock_shared(mine) FROM unnest($1::bigint[]) mine WHERE NOT EXISTS(
		SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND pid = pg_backend_pid() AND classid::bigint << 32 | objid::bigint = mine)`, locks)
	if err == nil {
		_, err = conn.Exec(ctx, "UPDATE runs SET ended_at = NULL, exit_code = 0 WHERE lock = ANY($1) AND ended_at IS NOT NULL AND exit_code = $2", locks, ledger.Died)
	}
	return err
}

// locks are those of the runs that live here.
func (l *Ledger) locks() (all []int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for r := range l.runs {
		all = append(all, r.lock)
	}
	return all
}

// alive says whether the run with that name still works. What can't be asked
// counts as alive.
func (l *Ledger) alive(id string) bool {
	if !ledger.ValidRunID(id) {
		return false
	}
	alive := true
	_ = l.read(context.Background(), func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, "SELECT EXISTS(SELECT FROM runs r WHERE r.id = $1 AND "+aliveSQL+")", id).Scan(&alive)
	})
	return alive
}

// OwnerAlive implements [ledger.Run].
func (r *Run) OwnerAlive(owner string) bool { return r.l.alive(owner) }

// deadSQL finds runs of whose death something is still to be recorded.
const deadSQL = `SELECT r.number FROM runs r WHERE (r.ended_at IS NULL OR r.number IN (SELECT owner FROM partners WHERE state = 'sending')) AND NOT (` + aliveSQL + `)`

// Sweep implements [ledger.Run]. What dead runs saved is read back before they are
// swept, and after it is known which are dead: a run that dies in between is left to
// the next sweep.
func (r *Run) Sweep(ctx context.Context) error {
	dead, err := list(ctx, r.l, "look for runs that died", pgx.RowTo[int64], deadSQL)
	if err != nil {
		return err
	}
	if err := r.spill.ReadBack(r.l.alive, r.l.restore); err != nil || len(dead) == 0 {
		return err
	}
	err = r.l.make(&change{run: r, alone: func(ctx context.Context, tx pgx.Tx) error { return sweep(ctx, tx, dead, r.l.locks()) }})
	crash.Point("swept")
	return err
}

// sweep puts in doubt what dead runs were sending. It holds their locks alone
// until that is on disk: none of them can come back in between and claim. To the
// runs of this very session it would be given, so they are left out.
func sweep(ctx context.Context, tx pgx.Tx, dead, ours []int64) error {
	rows, err := tx.Query(ctx, `SELECT number FROM runs WHERE number = ANY($1) AND CASE WHEN ended_at IS NOT NULL THEN true
		WHEN lock = ANY($2) THEN false ELSE pg_try_advisory_xact_lock(lock) END`, dead, ours)
	if err != nil {
		return err
	}
	if dead, err = pgx.CollectRows(rows, pgx.RowTo[int64]); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE partners SET state = 'in_doubt', reason = $1, settled_at = clock_timestamp() WHERE state = 'sending' AND owner = ANY($2)",
		[]byte(ledger.SweptReason), dead)
	if err == nil { // so that the next sweep need not look at them again
		_, err = tx.Exec(ctx, "UPDATE runs SET ended_at = clock_timestamp(), exit_code = $1 WHERE number = ANY($2) AND ended_at IS NULL", ledger.Died, dead)
	}
	return err
}
