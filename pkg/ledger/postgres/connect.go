package postgres

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	connectTimeout = 5 * time.Second
	replyTimeout   = 30 * time.Second       // of a change; a network that swallows packets tells nothing
	readTimeout    = 10 * time.Minute       // of a question about the whole ledger
	retryEvery     = 100 * time.Millisecond // between two attempts to connect
)

// connect opens one connection and sees that what is committed on it is on disk.
func (l *Ledger) connect(ctx context.Context) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, l.config.Copy())
	if err != nil {
		return nil, err
	}
	if err := verify(ctx, conn, l.schema); err != nil {
		_ = conn.Close(ctx)
		return nil, err
	}
	return conn, nil
}

// refusal is a database that must not be used, however often it is asked.
type refusal struct{ error }

// Unwrap gives what was refused.
func (r refusal) Unwrap() error { return r.error }

func refuse(format string, args ...any) error { return refusal{fmt.Errorf(format, args...)} }

// settings hold for each of our sessions, as far as the server knows them. It
// notices within half a minute that a computer is gone, so that its lock does not
// outlive it by hours.
const settings = `SET search_path = %s, pg_catalog; SELECT set_config(name, value, false) FROM pg_settings JOIN (VALUES
	('default_transaction_isolation', 'read committed'), ('statement_timeout', '0'), ('lock_timeout', '0'),
	('idle_session_timeout', '0'), ('idle_in_transaction_session_timeout', '0'), ('standard_conforming_strings', 'on'),
	('tcp_keepalives_idle', '10'), ('tcp_keepalives_interval', '5'), ('tcp_keepalives_count', '3')) ours(name, value) USING (name);
	SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local')`

// verify settles what a session can settle, and reads back what it can't.
func verify(ctx context.Context, conn *pgx.Conn, schema string) error {
	if _, err := conn.PgConn().Exec(ctx, fmt.Sprintf(settings, schema)).ReadAll(); err != nil {
		return err
	}
	var fsync, synchronous, readOnly string
	var replica bool
	err := conn.QueryRow(ctx, `SELECT current_setting('fsync'), current_setting('synchronous_commit'),
		current_setting('default_transaction_read_only'), pg_is_in_recovery()`, pgx.QueryExecModeSimpleProtocol).Scan(&fsync, &synchronous, &readOnly, &replica)
	switch {
	case err != nil:
		return err
	case replica || readOnly == "on": // it may be on its way to become the primary
		return errors.New("it is a copy (a replica), or set to be read only; hint: give the address of the primary server")
	case fsync != "on":
		return refuse("the server runs with fsync=%s, and would forget after a power cut what was sent; hint: set fsync=on in postgresql.conf, and restart the server", fsync)
	case synchronous == "off" || synchronous == "local":
		return refuse("synchronous_commit stays %s, so a commit may not be on disk; hint: set synchronous_commit=on", synchronous)
	}
	return nil
}

// verifySessions refuses a proxy that hands each transaction another connection:
// locks of a session would be somebody else's. With nobody else there it may well
// hand out the same one each time, but then to both of ours. It asks in the plainest
// form, which every proxy lets through.
func verifySessions(ctx context.Context, conn, second *pgx.Conn) error {
	const probe = 0x4F4E4244 // "ONBD"
	ask := func(conn *pgx.Conn, query string, dst ...any) error {
		return conn.QueryRow(ctx, query, pgx.QueryExecModeSimpleProtocol, probe).Scan(dst...)
	}
	var taker int
	if err := ask(conn, "SELECT pg_backend_pid() FROM pg_advisory_lock_shared($1)", &taker); err != nil {
		return err
	}
	const holds = `SELECT pg_backend_pid(), EXISTS(SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted
		AND pid = pg_backend_pid() AND classid = 0 AND objid = $1 AND objsubid = 1)`
	for range 5 { // each its own transaction
		var mine, others int
		var held, unasked bool
		if err := errors.Join(ask(second, holds, &others, &unasked), ask(conn, holds, &mine, &held)); err != nil {
			return err
		}
		if mine != taker || others == taker || !held || unasked {
			return refuse("a proxy gives each transaction another connection, so locks can't be relied on; hint: give the address of the database itself, or of a proxy in session mode")
		}
	}
	return ask(conn, "SELECT pg_advisory_unlock_shared($1)", new(bool))
}

// session is a connection that comes back. One goroutine uses it at a time.
type session struct {
	l       *Ledger
	limit   time.Duration // of one exchange
	conn    *pgx.Conn
	since   atomic.Int64                           // when the exchange began that goes on, or is to be repeated, in ms since 1970; 0: none
	prepare func(context.Context, *pgx.Conn) error // of each new connection
}

// do runs one exchange, on a new connection when there is none. A connection on
// which anything but an ordinary error occurred is not used again.
func (s *session) do(ctx context.Context, exchange func(context.Context, *pgx.Conn) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	s.since.CompareAndSwap(0, time.Now().UnixMilli())
	defer func() {
		if err == nil || !passing(err) {
			s.since.Store(0)
		}
	}()
	if s.conn == nil || s.conn.IsClosed() {
		if s.conn, err = s.l.connect(ctx); err != nil {
			s.conn = nil
			return err
		}
		if s.prepare != nil {
			err = s.prepare(ctx, s.conn)
		}
	}
	if err == nil {
		err = exchange(ctx, s.conn)
	}
	switch {
	case err == nil || rolledBack(err):
		return err
	case !s.conn.IsClosed() && !errors.As(err, new(*pgconn.PgError)):
		err = refusal{err} // the connection is well, so it would be the same again
	}
	s.close()
	return err
}

func (s *session) close() {
	if s.conn != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = s.conn.Close(ctx)
		s.conn = nil
	}
}

// rolledBack says that the server itself reported the error, in a session that
// lives: then nothing of the transaction is there. Whatever else happened leaves
// it unknown.
func rolledBack(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.SeverityUnlocalized == "ERROR"
}

// passing says whether to try again: the connection broke, the database is away
// or starting, or two changes got into each other's way.
func passing(err error) bool {
	var e *pgconn.PgError
	if errors.As(err, new(refusal)) {
		return false
	}
	if !errors.As(err, &e) {
		return true
	}
	class := e.Code[:min(2, len(e.Code))]
	return class == "40" || class == "08" || slices.Contains([]string{"57P01", "57P02", "57P03", "57P05", "53300", "25006"}, e.Code)
}

// patiently repeats do as long as its errors pass, and at most for l.patience.
func (l *Ledger) patiently(ctx context.Context, do func() error) error {
	for began := time.Now(); ; {
		err := do()
		if err == nil || !passing(err) || ctx.Err() != nil {
			return err
		}
		if time.Since(began) > l.patience {
			return fmt.Errorf("tried for %v: %s", l.patience, lastLine(err))
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(retryEvery):
		}
	}
}

// hinted adds to an error of a run what to do about it.
func hinted(err error) error {
	return fmt.Errorf("%w; hint: see that the database can be reached and has room, then run the same command again, on this computer, which keeps the answers that the database did not take", err)
}

// lastLine is what an error says of the last of several addresses or tries.
func lastLine(err error) string {
	text := err.Error()
	return strings.TrimSpace(text[strings.LastIndex(text, "\n")+1:])
}

// readable adds to an error of opening what to do about it.
func readable(err error) error {
	var e *pgconn.PgError
	var connect *pgconn.ConnectError
	text := lastLine(err)
	switch {
	case strings.Contains(text, "hint: "):
		return err
	case errors.As(err, &e) && strings.HasPrefix(e.Code, "28"):
		return fmt.Errorf("%s; hint: put the password into the file that PGPASSFILE names, or into PGPASSWORD", text)
	case errors.As(err, &e) && (e.Code == "42501" || e.Code == "42P01"):
		return fmt.Errorf("%s; hint: let an administrator give this role its rights, see docs/team.md", text)
	case errors.As(err, &e) && e.Code == "53300", !errors.As(err, &connect) && errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s; hint: each run uses up to five connections: see that the server (max_connections), or the proxy before it (default_pool_size), has as many to spare", text)
	case errors.As(err, new(*tls.CertificateVerificationError)):
		return fmt.Errorf("it does not prove to be the server of that name: %s; hint: see that sslrootcert names the certificate of who signed the server's, and that the server is addressed by the name in it", text)
	case errors.As(err, &connect):
		return fmt.Errorf("it can't be reached: %s; hint: see that the address is right, and that the database runs and can be reached from here", text)
	}
	return err
}
