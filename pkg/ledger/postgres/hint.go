package postgres

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"onboard/pkg/ledger"
)

// writable is what to do about a database that takes no change.
const writable = "hint: give the address of the primary server; if it is that one, let an administrator take default_transaction_read_only off the database and off this role, and run the same command again"

// worded is an error in fewer words.
type worded struct {
	text string
	err  error
}

func (w *worded) Error() string { return w.text }
func (w *worded) Unwrap() error { return w.err }

// inShort is what an error of waiting says: its last line, or that nothing came.
func inShort(err error) string {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return "it does not answer"
	}
	return lastLine(err)
}

// hinted adds to an error of a run what to do about it, unless it says so itself.
func (l *Ledger) hinted(err error) error {
	var e *pgconn.PgError
	code := ""
	if errors.As(err, &e) {
		code = e.Code
	}
	switch {
	case strings.Contains(err.Error(), "hint: "):
		return err
	case code == "42P01" || code == "3F000": // no such table or schema, or no right to see it
		return fmt.Errorf("%w: %w; hint: let an administrator look for the schema %s. If it is gone, restore its latest backup before anything else is submitted, as docs/team.md says: new tables know nobody, and all would be created again. If it is there: %s", ledger.ErrGone, err, l.schema, l.grants())
	case code == "42501":
		return fmt.Errorf("%w; hint: let an administrator run, in the database %s, %s, then run the same command again, on this computer", err, l.config.Database, l.grants())
	case code == "25006":
		return fmt.Errorf("%w; %s", err, writable)
	}
	return fmt.Errorf("%w; hint: see that the database can be reached and has room, and that its standby runs if it waits for one, then run the same command again, on this computer, which keeps the answers that the database did not take", err)
}

// grants are the rights that a role needs, as docs/team.md has them.
func (l *Ledger) grants() string {
	return fmt.Sprintf("GRANT USAGE ON SCHEMA %s TO %s; GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA %[1]s TO %[2]s", l.schema, pgx.Identifier{l.config.User}.Sanitize())
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
	case errors.As(err, &e) && e.Code == "25006":
		return fmt.Errorf("%s; %s", text, writable)
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
