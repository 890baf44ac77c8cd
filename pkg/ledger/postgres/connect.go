package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const connectTimeout = 5 * time.Second

// connect opens one connection and sees that what is committed on it is on disk.
//
// The driver sends a cancel request whenever it gives up a connection. On that a
// server stops waiting for its standby and shows the commit to everybody, though
// a failover would lose it. So an open connection can't dial another one.
func (l *Ledger) connect(ctx context.Context) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	config := l.config.Copy()
	var open atomic.Bool
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		if open.Load() {
			return nil, errors.New("no cancel request is sent")
		}
		return l.config.DialFunc(ctx, network, address)
	}
	config.OnNotice = noteUnreplicated
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	open.Store(true)
	if err := verify(ctx, conn, l.schema); err != nil {
		_ = conn.Close(ctx)
		return nil, err
	}
	return conn, nil
}

// errUnreplicated is a commit that the standby may not have: somebody ended the
// wait for it. It is not confirmed, and visible to all.
var errUnreplicated = errors.New("the server stopped waiting for its standby, which may lack the change")

// noteUnreplicated hears the warning with which a server ends the wait for its
// standby. The text may be translated; the name of the function in it is not.
func noteUnreplicated(conn *pgconn.PgConn, n *pgconn.Notice) {
	if n.Routine == "SyncRepWaitForLSN" {
		conn.CustomData()["unreplicated"] = true
	}
}

// replicated says whether the server waited for its standby at every commit.
func replicated(conn *pgx.Conn) error {
	if conn.PgConn().CustomData()["unreplicated"] != nil {
		return errUnreplicated
	}
	return nil
}

// refusal is a database that must not be used, however often it is asked.
type refusal struct{ error }

// Unwrap gives what was refused.
func (r refusal) Unwrap() error { return r.error }

func refuse(format string, args ...any) error { return refusal{fmt.Errorf(format, args...)} }

// settings hold for each of our sessions, as far as the server knows them. It
// notices within half a minute that a computer is gone, so that its lock does not
// outlive it by hours. Behind a proxy only the end of an idle transaction tells.
const settings = `SET search_path = %s, pg_catalog; SELECT set_config(name, value, false) FROM pg_settings JOIN (VALUES
	('default_transaction_isolation', 'read committed'), ('statement_timeout', '0'), ('lock_timeout', '0'),
	('transaction_timeout', '0'), ('idle_session_timeout', '0'), ('idle_in_transaction_session_timeout', '30s'), ('standard_conforming_strings', 'on'),
	('tcp_keepalives_idle', '10'), ('tcp_keepalives_interval', '5'), ('tcp_keepalives_count', '3')) ours(name, value) USING (name);
	SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') <> 'remote_apply'`

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
	case synchronous != "on" && synchronous != "remote_apply":
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
