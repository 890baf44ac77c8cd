//go:build postgres

package postgres

import (
	"errors"
	"strings"
	"testing"
	"time"

	"onboard/pkg/ledger"
	"onboard/pkg/ledger/ledgertest"
)

// TestHints: what goes wrong within a run says what to do about it, once.
func TestHints(t *testing.T) {
	for name, tt := range map[string]struct {
		harm, hint string
		gone       bool
	}{
		"tables gone": {"DROP TABLE SCHEMA.partners CASCADE", "restore its latest backup", true},
		"schema gone": {"DROP SCHEMA SCHEMA CASCADE", "restore its latest backup", true},
		"no rights on a table": {"REVOKE INSERT ON SCHEMA.partners FROM ROLE",
			`GRANT USAGE ON SCHEMA SCHEMA TO "ROLE"; GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA SCHEMA TO "ROLE", then run`, false},
		"no rights on the schema": {"REVOKE USAGE ON SCHEMA SCHEMA FROM ROLE", `GRANT USAGE ON SCHEMA SCHEMA TO "ROLE"`, true},
		"read only": {"ALTER ROLE ROLE SET default_transaction_read_only = on; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'ROLE'",
			"take default_transaction_read_only off", false},
	} {
		t.Run(name, func(t *testing.T) {
			place := newPlace(t)
			_, schema, err := parsePlace(place)
			if err != nil {
				t.Fatal(err)
			}
			role := "member_of_" + schema
			in := func(text string) string {
				return strings.NewReplacer("SCHEMA SCHEMA", "SCHEMA "+schema, "SCHEMA.", schema+".", "ROLE ROLE", "ROLE "+role, "ROLE", role).Replace(text)
			}
			mustOpen(t, place).Close()
			execute(t, place, "CREATE "+in("ROLE ROLE LOGIN; GRANT USAGE ON SCHEMA SCHEMA TO ROLE; GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA SCHEMA TO ROLE"))
			l := mustOpen(t, strings.Replace(place, "postgres@", role+"@", 1))
			r := mustBegin(t, l)
			l.patience = time.Second
			execute(t, place, in(tt.harm))
			_, won, err := r.Claim(ledgertest.Intent(1))
			if err == nil || won {
				t.Fatalf("won %v, %v", won, err)
			}
			if errors.Is(err, ledger.ErrGone) != tt.gone || strings.Count(err.Error(), "hint: ") != 1 || !strings.Contains(err.Error(), "; hint: ") || !strings.Contains(err.Error(), in(tt.hint)) {
				t.Errorf("%v", err)
			}
			if tt.gone && strings.Contains(err.Error(), "run the same command again") {
				t.Errorf("what it promises would create all again: %v", err)
			}
		})
	}
}
