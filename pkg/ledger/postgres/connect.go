package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const connectTimeout = 5 * time.Second

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
	case replica: // it may be on its way to become the primary
		return errors.New("it is a copy (a replica); hint: give the address of the primary server")
	case readOnly == "on":
		return fmt.Errorf("it is set to be read only; %s", writable)
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
