package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	applicationID = 0x4F4E4244 // "ONBD", so that no other database is taken for a ledger
	schemaVersion = 3
)

// schema1 is the first version. It keeps one row per partner. Rows lie in the
// order of their claims, not of their keys, which are random: a claim then
// writes to the last page, and a sheet is looked up page by page. The open index
// stays as small as the number of open rows. A partner claimed again leaves its
// last verdict in attempts.
const schema1 = `
CREATE TABLE scopes(
	id INTEGER PRIMARY KEY, endpoint TEXT NOT NULL, account TEXT NOT NULL, key_fields TEXT NOT NULL,
	UNIQUE(endpoint, account));
CREATE TABLE runs(
	id TEXT NOT NULL UNIQUE, number INTEGER PRIMARY KEY, scope_id INTEGER NOT NULL REFERENCES scopes(id),
	host TEXT NOT NULL, user TEXT NOT NULL, file TEXT NOT NULL, sha256 TEXT NOT NULL, target TEXT NOT NULL,
	started_at INTEGER NOT NULL, ended_at INTEGER NOT NULL DEFAULT 0, exit_code INTEGER NOT NULL DEFAULT 0,
	counts TEXT NOT NULL DEFAULT '{}');
CREATE TABLE partners(
	id INTEGER PRIMARY KEY, scope_id INTEGER NOT NULL REFERENCES scopes(id), key BLOB NOT NULL,
	fingerprint BLOB NOT NULL, owner INTEGER NOT NULL REFERENCES runs(number), attempt INTEGER NOT NULL,
	state TEXT NOT NULL CHECK(state IN ('sending', 'created', 'rejected', 'released', 'in_doubt')),
	trace_id TEXT NOT NULL, line INTEGER NOT NULL, claimed_at INTEGER NOT NULL, body BLOB NOT NULL,
	settled_at INTEGER NOT NULL DEFAULT 0, http_status INTEGER NOT NULL DEFAULT 0,
	reason TEXT NOT NULL DEFAULT '', token TEXT NOT NULL DEFAULT '', link TEXT NOT NULL DEFAULT '',
	answer TEXT NOT NULL DEFAULT '',
	UNIQUE(scope_id, key));
CREATE INDEX open ON partners(state, owner) WHERE state = 'sending' OR state = 'in_doubt';
CREATE TABLE attempts(
	partner_id INTEGER NOT NULL REFERENCES partners(id), attempt INTEGER NOT NULL, owner INTEGER NOT NULL,
	trace_id TEXT NOT NULL, http_status INTEGER NOT NULL, verdict TEXT NOT NULL, reason TEXT NOT NULL,
	bytes INTEGER, at INTEGER NOT NULL, PRIMARY KEY(partner_id, attempt)) WITHOUT ROWID;
CREATE TABLE decisions(
	partner_id INTEGER NOT NULL REFERENCES partners(id), attempt INTEGER NOT NULL, run INTEGER NOT NULL REFERENCES runs(number),
	state TEXT NOT NULL, who TEXT NOT NULL, why TEXT NOT NULL, at INTEGER NOT NULL);
CREATE TRIGGER claimed_again AFTER UPDATE OF attempt ON partners WHEN old.state <> 'sending' BEGIN
	INSERT INTO attempts VALUES(
		old.id, old.attempt, old.owner, old.trace_id, old.http_status, old.state, old.reason, NULL, old.settled_at);
END;`

// migrations lead from each version to the next: the first one from no schema
// to version 1. They add and change nothing that is there, and one transaction has
// them all: whatever ends it leaves the older ledger.
var migrations = [schemaVersion]string{
	schema1,
	`CREATE TABLE tracking(
	partner_id INTEGER PRIMARY KEY REFERENCES partners(id), state TEXT NOT NULL, final INTEGER NOT NULL,
	platform_id TEXT NOT NULL, user_id TEXT NOT NULL, checked_at INTEGER NOT NULL);`,
	// adoptTokens fills these tables (see tokens.go).
	`
CREATE TABLE token_log(number INTEGER PRIMARY KEY, entries BLOB NOT NULL);
ALTER TABLE partners ADD COLUMN holder_id INTEGER;
ALTER TABLE runs ADD COLUMN command TEXT NOT NULL DEFAULT '';
CREATE INDEX contested ON partners(holder_id) WHERE holder_id IS NOT NULL;
CREATE TABLE generation(id INTEGER PRIMARY KEY, number INTEGER NOT NULL);
INSERT INTO generation VALUES(1, ` + newGeneration + `);`,
}

// migrate brings a file to the present version, and checks again what probe
// found: another process may have been faster. It runs inside a transaction.
func (l *Ledger) migrate(upgrading func()) error {
	version, err := identify(l.conn)
	if err != nil || version == schemaVersion {
		return errors.Join(err, l.stmt.prepare(l.conn))
	}
	if version > 0 {
		upgrading()
		if err := l.refuseOlderRuns(); err != nil {
			return err
		}
	}
	_, err = l.conn.ExecContext(context.Background(), fmt.Sprintf("%s PRAGMA application_id=%d; PRAGMA user_version=%d",
		strings.Join(migrations[version:], ""), applicationID, schemaVersion))
	if err == nil {
		err = l.stmt.prepare(l.conn)
	}
	if err == nil && version > 0 {
		err = l.adoptTokens()
	}
	return err
}

// refuseOlderRuns keeps the ledger from runs that know it by its older version: what
// they write would lack what the new one relies on.
func (l *Ledger) refuseOlderRuns() error {
	owners, err := listOwners(context.Background(), l.conn, "SELECT number, id FROM runs WHERE ended_at = 0")
	for _, o := range owners {
		if l.alive(o.id) {
			return fmt.Errorf("run %s of an older onboard is still at work on it; hint: wait for its end", o.id)
		}
	}
	return err
}

// querier is what *sql.DB and *sql.Conn have in common.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// identify says in which version of our format a database is, 0 for an empty
// one, and refuses one that is not ours.
func identify(c querier) (version int, err error) {
	var id, objects int
	err = c.QueryRowContext(context.Background(), `SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
		FROM pragma_application_id, pragma_user_version`).Scan(&id, &version, &objects)
	switch {
	case isCode(err, sqlite3.SQLITE_NOTADB):
		return 0, errors.New("it cannot be read as a database; hint: name another file with --ledger, or, if it was a ledger, put its latest backup in its place")
	case err != nil:
		return 0, fmt.Errorf("it cannot be read: %w", err)
	case id == 0 && version == 0 && objects == 0:
		return 0, nil
	case id != applicationID || version < 1:
		return 0, errors.New("it is a database of another program; hint: name another file with --ledger")
	case version > schemaVersion:
		return 0, fmt.Errorf("it was written by a newer onboard (its format is %d, known is %d); hint: use the newer program", version, schemaVersion)
	}
	return version, nil
}

// probe identifies the file before a setting of ours could change it.
func probe(path string) error {
	db, err := sql.Open("sqlite", dsn(path, []pragma{busy}))
	if err != nil {
		return err
	}
	_, err = identify(db)
	return errors.Join(err, db.Close())
}

// pragma is a setting of a connection: as it is written, and as it reads back.
type pragma struct{ name, set, want string }

var (
	busy          = pragma{"busy_timeout", "10000", "10000"}
	writerPragmas = []pragma{
		busy,
		{"journal_mode", "WAL", "wal"},
		{"synchronous", "FULL", "2"},
		{"foreign_keys", "1", "1"},
		// To compare a row's state with five words SQLite fills a table with them, for
		// each row anew. The statements and Check let no other word in.
		{"ignore_check_constraints", "1", "1"},
		{"fullfsync", "1", "1"}, // macOS alone heeds these two: a plain fsync does not reach the disk there
		{"checkpoint_fullfsync", "1", "1"},
	}
	readerPragmas = []pragma{busy, {"query_only", "1", "1"}}
)

// dsn sets the pragmas for every connection of a pool; an Exec would reach one.
func dsn(path string, pragmas []pragma) string {
	query := []string{"_txlock=immediate"}
	for _, p := range pragmas {
		query = append(query, fmt.Sprintf("_pragma=%s(%s)", p.name, p.set))
	}
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") { // C:/…
		path = "/" + path
	}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: strings.Join(query, "&")}).String()
}

// connect opens a pool of at most limit connections and verifies its pragmas.
func connect(path string, pragmas []pragma, limit int) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dsn(path, pragmas))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(limit)
	db.SetMaxIdleConns(limit)
	// Another process may just be making the file: the change to WAL needs it
	// alone, and does not heed busy_timeout.
	if err := patiently(10*time.Second, func() error { return verify(db, pragmas) }); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// patiently repeats do while another process is in its way, for about as long as
// limit.
func patiently(limit time.Duration, do func() error) error {
	for deadline := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		err := do()
		if !isCode(err, sqlite3.SQLITE_BUSY) || time.Now().After(deadline) {
			return err
		}
	}
}

// isCode says whether an error is one of SQLite, of one of these kinds.
func isCode(err error, kinds ...int) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && slices.Contains(kinds, e.Code()&0xff)
}

// diskTrouble says that it is the disk, or a right to it, that fails. The file
// may be sound, and its records are needed.
func diskTrouble(err error) bool {
	return isCode(err, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM) ||
		errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EIO) || errors.Is(err, syscall.EROFS)
}

// verify reads every pragma back: SQLite accepts a misspelt one in silence.
func verify(c querier, pragmas []pragma) error {
	for _, p := range pragmas {
		var got string
		err := c.QueryRowContext(context.Background(), "PRAGMA "+p.name).Scan(&got)
		if err == nil && got != p.want {
			err = fmt.Errorf("it says %q", got)
		}
		if diskTrouble(err) {
			return fmt.Errorf("the database does not take %s=%s: %w", p.name, p.set, err)
		}
		if err != nil {
			return fmt.Errorf("the database does not take %s=%s: %w; hint: put the ledger on a local disk", p.name, p.set, err)
		}
	}
	return nil
}
