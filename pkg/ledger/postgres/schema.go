package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"onboard/pkg/ledger"
)

// migrations bring a schema from one version to the next; an empty one is of
// version 0. What the server may have put into a text is kept as bytes: text of
// PostgreSQL holds no NUL. Nothing is ever deleted, so a role needs no right to.
var migrations = []string{`
CREATE TABLE meta(version integer NOT NULL, ledger text NOT NULL);
CREATE TABLE scopes(
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, endpoint text NOT NULL, account text NOT NULL, key_fields text NOT NULL,
	next_slot timestamptz NOT NULL DEFAULT '-infinity', held_until timestamptz NOT NULL DEFAULT '-infinity',
	UNIQUE(endpoint, account));
CREATE TABLE runs(
	number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text NOT NULL UNIQUE, lock bigint NOT NULL,
	scope_id bigint NOT NULL REFERENCES scopes(id), host text NOT NULL, "user" text NOT NULL, file text NOT NULL,
	sha256 text NOT NULL, target text NOT NULL, rate double precision NOT NULL DEFAULT 0, paced_at timestamptz NOT NULL DEFAULT '-infinity',
	started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	ended_at timestamptz, exit_code integer NOT NULL DEFAULT 0, counts text NOT NULL DEFAULT '{}');
CREATE INDEX runs_open ON runs(scope_id) WHERE ended_at IS NULL;
CREATE TABLE partners(
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, scope_id bigint NOT NULL REFERENCES scopes(id), key uuid NOT NULL,
	fingerprint bytea NOT NULL, owner bigint NOT NULL REFERENCES runs(number), attempt integer NOT NULL,
	state text NOT NULL CHECK(state IN ('sending', 'created', 'rejected', 'released', 'in_doubt')),
	trace_id text NOT NULL, line bigint NOT NULL, claimed_at timestamptz NOT NULL, body bytea NOT NULL,
	settled_at timestamptz, http_status integer NOT NULL DEFAULT 0,
	reason bytea NOT NULL DEFAULT '', token text NOT NULL DEFAULT '', link text NOT NULL DEFAULT '',
	answer bytea NOT NULL DEFAULT '',
	UNIQUE(scope_id, key));
CREATE INDEX partners_open ON partners(state, owner) WHERE state IN ('sending', 'in_doubt');
CREATE TABLE attempts(
	partner_id bigint NOT NULL REFERENCES partners(id), attempt integer NOT NULL, owner bigint NOT NULL,
	trace_id text NOT NULL, http_status integer NOT NULL, verdict text NOT NULL, reason bytea NOT NULL,
	bytes bigint, at timestamptz, PRIMARY KEY(partner_id, attempt));
CREATE TABLE decisions(
	partner_id bigint NOT NULL REFERENCES partners(id), attempt integer NOT NULL, run bigint NOT NULL REFERENCES runs(number),
	state text NOT NULL, who text NOT NULL, why text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY(partner_id, attempt));
CREATE TABLE tracking(
	partner_id bigint PRIMARY KEY REFERENCES partners(id), state text NOT NULL, final boolean NOT NULL,
	platform_id text NOT NULL, user_id text NOT NULL, checked_at timestamptz NOT NULL);
CREATE FUNCTION claimed_again() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	INSERT INTO SCHEMA.attempts VALUES(
		old.id, old.attempt, old.owner, old.trace_id, old.http_status, old.state, old.reason, NULL, old.settled_at);
	RETURN NULL;
END $$;
CREATE TRIGGER claimed_again AFTER UPDATE OF attempt ON partners
	FOR EACH ROW WHEN (old.state <> 'sending') EXECUTE FUNCTION claimed_again();
`, `
ALTER TABLE decisions DROP CONSTRAINT decisions_pkey, ADD PRIMARY KEY(partner_id, attempt, run);
`,
	// Partners of older versions may have a token or link in common. They keep it, and
	// each of them but the first refers to the first.
	`
ALTER TABLE partners ADD COLUMN holder_id bigint;
ALTER TABLE runs ADD COLUMN command text NOT NULL DEFAULT '';
CREATE INDEX partners_token ON partners USING hash(token) WHERE token <> '';
CREATE INDEX partners_link ON partners USING hash(link) WHERE link <> '';
UPDATE partners p SET holder_id = (SELECT min(q.id) FROM partners q JOIN scopes t ON t.id = q.scope_id
	WHERE q.id < p.id AND q.key <> p.key AND t.endpoint = (SELECT endpoint FROM scopes WHERE id = p.scope_id)
	AND (q.token = p.token AND q.token <> '' OR q.link = p.link AND q.link <> ''))
WHERE p.token IN (SELECT token FROM partners WHERE token <> '' GROUP BY token HAVING count(*) > 1)
	OR p.link IN (SELECT link FROM partners WHERE link <> '' GROUP BY link HAVING count(*) > 1);
CREATE INDEX partners_contested ON partners(holder_id) WHERE holder_id IS NOT NULL;
`}

// upgradeLimit is how long a step to the next version may take, here or in another
// process for which this one waits: large tables get new indexes.
const upgradeLimit = 10 * time.Minute

// migrate makes the schema, or brings it up to date, one process at a time. A
// schema that is up to date is only read: a role may then have no right to more.
func (l *Ledger) migrate(ctx context.Context, conn *pgx.Conn, upgrading func()) error {
	version, err := l.identify(ctx, conn)
	if err != nil || version == len(migrations) {
		return err
	}
	if version > 0 {
		upgrading()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), upgradeLimit)
	defer cancel()
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", lockKey("schema "+l.schema)); err != nil {
		return err
	}
	if version, err = l.identify(ctx, tx); err != nil { // another may have been faster
		return err
	}
	if err = l.extend(ctx, tx, version); err != nil {
		var e *pgconn.PgError
		if errors.As(err, &e) && e.Code == "42501" {
			return fmt.Errorf("its tables are not made yet, or not for this version, and this role may not make them: %w; hint: let an administrator do what docs/team.md says under 'Setting it up'", err)
		}
		return err
	}
	return tx.Commit(ctx)
}

// extend runs the migrations that are missing.
func (l *Ledger) extend(ctx context.Context, tx pgx.Tx, version int) error {
	if version == 0 {
		var there bool // IF NOT EXISTS would want the right to create one that is there
		if err := tx.QueryRow(ctx, "SELECT EXISTS(SELECT FROM pg_namespace WHERE nspname = $1)", l.schema).Scan(&there); err != nil {
			return err
		}
		if !there {
			if _, err := tx.Exec(ctx, "CREATE SCHEMA "+l.schema); err != nil {
				return err
			}
		}
	}
	if version > 0 && version < len(migrations) {
		if err := refuseOlderRuns(ctx, tx); err != nil {
			return err
		}
	}
	for ; version < len(migrations); version++ {
		script := strings.ReplaceAll(migrations[version], "SCHEMA.", l.schema+".")
		if version == 0 {
			script += fmt.Sprintf("INSERT INTO meta VALUES(1, '%s')", ledger.NewRunID())
		} else {
			script += fmt.Sprintf("UPDATE meta SET version = %d", version+1)
		}
		if _, err := tx.Conn().PgConn().Exec(ctx, script).ReadAll(); err != nil {
			return err
		}
	}
	_, err := l.identify(ctx, tx) // for the name of a new ledger
	return err
}

// refuseOlderRuns keeps the tables from runs that know them by their older version:
// what they write would lack what the new one relies on.
func refuseOlderRuns(ctx context.Context, tx pgx.Tx) error {
	var id, host string
	err := tx.QueryRow(ctx, "SELECT r.id, r.host FROM runs r WHERE "+aliveSQL+" LIMIT 1").Scan(&id, &host)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return refuse("run %s of an older onboard, on %s, is still at work on it; hint: wait for its end", id, host)
}

// querier is what a connection and a transaction have in common.
type querier interface {
	QueryRow(ctx context.Context, query string, args ...any) pgx.Row
	Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
	Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error)
}

// identify says of which version the schema is, 0 for an empty one, and refuses
// one that is not ours. It learns the ledger's name.
func (l *Ledger) identify(ctx context.Context, c querier) (version int, err error) {
	var ours bool
	var tables int
	err = c.QueryRow(ctx, `SELECT count(*), coalesce(bool_or(relname = 'meta'), false) AND coalesce(bool_or(relname = 'partners'), false)
		FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1)`, l.schema).Scan(&tables, &ours)
	switch {
	case err != nil || tables == 0:
		return 0, err
	case !ours:
		return 0, refuse("its schema %q holds tables of another program; hint: name another schema with ?schema=NAME", l.schema)
	}
	if err = c.QueryRow(ctx, "SELECT version, ledger FROM meta").Scan(&version, &l.name); err != nil {
		return 0, err
	}
	if version > len(migrations) {
		return 0, refuse("it was written by a newer onboard (its format is %d, known is %d); hint: use the newer program", version, len(migrations))
	}
	return version, nil
}
