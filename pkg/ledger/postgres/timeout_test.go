//go:build postgres

package postgres

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"onboard/pkg/ledger/ledgertest"
)

// TestTimeouts: what a role, a database or a server sets to end sessions, does not
// end ours; but a transaction ends whose process has gone, and waits for nobody.
func TestTimeouts(t *testing.T) {
	place := newPlace(t)
	settings := []string{"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout", "transaction_timeout"}
	script := "CREATE ROLE hurried LOGIN; GRANT CREATE ON DATABASE postgres TO hurried"
	for _, name := range settings {
		if count(t, server.URL(""), "SELECT count(*) FROM pg_settings WHERE name = '"+name+"'") > 0 { // 14 has no transaction_timeout
			script += "; ALTER ROLE hurried SET " + name + " = '3s'"
		}
	}
	execute(t, place, script)
	r := mustBegin(t, mustOpen(t, strings.Replace(place, "postgres@", "hurried@", 1)))
	err := r.l.make(&change{run: r, alone: func(ctx context.Context, tx pgx.Tx) error {
		var others string
		err := tx.QueryRow(ctx, `SELECT coalesce(string_agg(name || '=' || setting, ' '), '') FROM pg_settings
			WHERE name = ANY($1) AND setting <> CASE name WHEN 'idle_in_transaction_session_timeout' THEN '30000' ELSE '0' END`, settings).Scan(&others)
		if others != "" {
			t.Errorf("in force are %s", others)
		}
		return err
	}})
	must(t, err)
	tries := 0
	must(t, r.l.make(&change{run: r, alone: func(ctx context.Context, tx pgx.Tx) error {
		if tries++; tries == 1 { // as a computer that sleeps within a transaction
			if _, err := tx.Exec(ctx, "SET LOCAL idle_in_transaction_session_timeout = '50ms'"); err != nil {
				return err
			}
			time.Sleep(time.Second)
		}
		_, err := tx.Exec(ctx, "SELECT 1")
		return err
	}}))
	ledgertest.MustClaim(t, r, ledgertest.Intent(1))
	if tries != 2 {
		t.Errorf("%d tries", tries)
	}
}
