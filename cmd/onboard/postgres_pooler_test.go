//go:build postgres && pgbouncer

package main

import (
	"testing"

	"onboard/pkg/ledger/postgres/pgtest"
)

// TestPostgresPooled is T5 behind PgBouncer in session mode, which has to let go of
// a killed machine's locks.
func TestPostgresPooled(t *testing.T) {
	server, err := pgtest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Remove)
	place, stop, err := server.Pooler("session", "schema=pooled")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	kept := inDatabase(server, "pooled")
	kept.flags = []string{"--ledger", place}
	killing(t, kept, pgKills, 3, pgKillRows)
}
