//go:build postgres

package postgres

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"onboard/pkg/ledger/ledgertest"
)

func refused(t *testing.T, place, want string) {
	t.Helper()
	l, err := Open(place, t.TempDir())
	if err == nil {
		l.Close()
		t.Fatal("opened")
	}
	for _, want := range []string{want, "hint: "} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "synthetic-password") {
		t.Errorf("it tells the password: %v", err)
	}
}

func TestRefusedPlaces(t *testing.T) {
	other, newer := newPlace(t), newPlace(t)
	_, schema, err := parsePlace(other)
	if err != nil {
		t.Fatal(err)
	}
	execute(t, other, "CREATE SCHEMA "+schema+"; CREATE TABLE "+schema+".orders(id int)")
	mustOpen(t, newer).Close()
	_, schema, err = parsePlace(newer)
	if err != nil {
		t.Fatal(err)
	}
	execute(t, newer, fmt.Sprintf("UPDATE %s.meta SET version = %d", schema, len(migrations)+1))
	readOnly := newPlace(t)
	execute(t, readOnly, "CREATE ROLE reader LOGIN; ALTER ROLE reader SET default_transaction_read_only = on; CREATE ROLE stranger LOGIN PASSWORD 'synthetic-password'")
	for name, tt := range map[string]struct{ place, want string }{
		"another program's tables": {other, "tables of another program"},
		"a newer format":           {newer, "newer onboard"},
		"no address":               {"postgres://ann:synthetic-password@[/x", "no address"},
		"a bad name of a schema":   {server.URL("schema=Robert'"), "no name of a schema"},
		"read only":                {strings.Replace(readOnly, "postgres@", "reader@", 1), "set to be read only"},
		"no such user":             {strings.Replace(newPlace(t), "postgres@", "nobody:synthetic-password@", 1), "does not exist"},
		"no rights":                {strings.Replace(newPlace(t), "postgres@", "stranger:synthetic-password@", 1), "administrator"},
		"nobody there":             {"postgres://ann:synthetic-password@127.0.0.1:1/x", "can't be reached"},
		"pooled by transaction":    {pooling(t, newPlace(t)), "proxy"},
	} {
		t.Run(name, func(t *testing.T) { refused(t, tt.place, tt.want) })
	}
}

// TestRefusedServers: a server that doesn't wait for its disk, and one that is a
// copy.
func TestRefusedServers(t *testing.T) {
	refused(t, newServer(t, "fsync = off").URL(""), "fsync=off")
	standby, err := newServer(t).Standby()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(standby.Remove)
	refused(t, standby.URL(""), "a copy (a replica)")
}

// TestSynchronous: a database that is set to forget is told not to.
func TestSynchronous(t *testing.T) {
	place := newPlace(t)
	execute(t, place, "CREATE ROLE hasty LOGIN; ALTER ROLE hasty SET synchronous_commit = off; GRANT CREATE ON DATABASE postgres TO hasty")
	r := mustBegin(t, mustOpen(t, strings.Replace(place, "postgres@", "hasty@", 1)))
	var set string
	err := r.l.make(&change{run: r, alone: func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, "SELECT current_setting('synchronous_commit')").Scan(&set)
	}})
	if err != nil || set != "on" {
		t.Errorf("synchronous_commit is %q, %v", set, err)
	}
}

// TestStrings: a role for which a backslash means something in each text.
func TestStrings(t *testing.T) {
	place := newPlace(t)
	execute(t, place, "CREATE ROLE old LOGIN; ALTER ROLE old SET standard_conforming_strings = off; GRANT CREATE ON DATABASE postgres TO old")
	r := mustBegin(t, mustOpen(t, strings.Replace(place, "postgres@", "old@", 1)))
	in := ledgertest.Intent(1)
	in.TraceID = `a\'b\\`
	ledgertest.MustClaim(t, r, in)
	if got := ledgertest.MustLookup(t, r, in.Key); got.TraceID != in.TraceID {
		t.Errorf("%q came back as %q", in.TraceID, got.TraceID)
	}
}

// TestRole: a role needs no more than docs/team.md says; it can neither drop nor
// delete anything.
func TestRole(t *testing.T) {
	place := newPlace(t)
	_, schema, err := parsePlace(place)
	if err != nil {
		t.Fatal(err)
	}
	mustOpen(t, place).Close() // the administrator makes the tables
	execute(t, place, strings.ReplaceAll(`CREATE ROLE partners_team LOGIN;
		GRANT USAGE ON SCHEMA onboard TO partners_team;
		GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA onboard TO partners_team`, "onboard", schema))
	l := mustOpen(t, strings.Replace(place, "postgres@", "partners_team@", 1))
	r := mustBegin(t, l)
	ledgertest.MustClaim(t, r, ledgertest.Intent(1))
	if err := r.Settle(ledgertest.Created(1, 1)); err != nil {
		t.Fatal(err)
	}
	ledgertest.Doubtful(t, r, 9)
	if err := r.End(0, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Runs(t.Context(), 5); err != nil {
		t.Error(err)
	}
	for _, harm := range []string{"DELETE FROM partners", "DROP TABLE partners", "TRUNCATE tracking"} {
		err := l.read(t.Context(), func(ctx context.Context, conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, harm)
			return err
		})
		if err == nil {
			t.Errorf("it can %s", harm)
		}
	}
}
