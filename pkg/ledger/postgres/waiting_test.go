//go:build postgres

package postgres

import (
	"os"
	"strings"
	"testing"
	"time"

	"onboard/pkg/ledger"
	"onboard/pkg/ledger/ledgertest"
)

// TestAnswersWait: a missing right and a locked table are no reason to move a file
// with answers away; when they are mended, the next run reads it back.
func TestAnswersWait(t *testing.T) {
	t.Parallel()
	for name, trouble := range map[string]struct {
		make func(t *testing.T, r *Run, schema string) (mend func())
		want string
	}{
		"a right is missing": {func(t *testing.T, _ *Run, schema string) func() {
			execute(t, server.URL(""), "REVOKE UPDATE ON "+schema+".partners FROM waiting")
			return func() { execute(t, server.URL(""), "GRANT UPDATE ON "+schema+".partners TO waiting") }
		}, "GRANT"},
		"the table is locked": {func(t *testing.T, r *Run, _ string) func() { return lockIn(t, r, "SHARE") }, "does not answer"},
	} {
		t.Run(name, func(t *testing.T) {
			place, folder := newPlace(t), t.TempDir()
			_, schema, err := parsePlace(place)
			must(t, err)
			mustOpen(t, place).Close()
			execute(t, place, "DROP ROLE IF EXISTS waiting; CREATE ROLE waiting LOGIN; GRANT USAGE ON SCHEMA "+schema+" TO waiting; GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA "+schema+" TO waiting")
			t.Cleanup(func() { execute(t, place, "DROP OWNED BY waiting; DROP ROLE waiting") })
			begin := func() *Run {
				l, err := Open(strings.Replace(place, "postgres@", "waiting@", 1), folder)
				must(t, err)
				t.Cleanup(func() { l.Close() })
				return mustBegin(t, l)
			}
			r, next := begin(), begin()
			ledgertest.MustClaim(t, r, ledgertest.Intent(1))
			r.l.lose(ledger.ErrClosed) // as if the database were away
			file := ledgertest.MustSpill(t, r, ledgertest.Created(1, 1))
			r.l.Close()
			eventually(t, "the run is dead", func() bool { return !next.OwnerAlive(r.ID()) })
			mend := trouble.make(t, next, schema)
			next.l.patience = 3 * time.Second
			err = next.Sweep(t.Context())
			if err == nil || strings.Contains(err.Error(), "move it") || !strings.Contains(err.Error(), "waiting in "+file) || !strings.Contains(err.Error(), trouble.want) {
				t.Errorf("%v", err)
			}
			mend()
			if got := ledgertest.MustLookup(t, begin(), ledgertest.Key(1)); got.Token != ledgertest.Created(1, 1).Token {
				t.Errorf("it is %s", got.State)
			}
			if _, err := os.Lstat(file); !os.IsNotExist(err) {
				t.Errorf("it is still there: %v", err)
			}
		})
	}
}
