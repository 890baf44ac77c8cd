//go:build postgres

package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"onboard/pkg/ledger"
	"onboard/pkg/ledger/ledgertest"
	"onboard/pkg/ledger/postgres/pgtest"
)

// server is the one for the tests of this package; each test has a schema.
var server *pgtest.Server

var schemas atomic.Int64

func open(place string) (ledger.Ledger, error) {
	l, err := Open(place, os.Getenv(folderVariable))
	if err != nil {
		return nil, err
	}
	return l, nil
}

// folderVariable tells the process that gets killed where to spill to.
const folderVariable = "LEDGER_TEST_FOLDER"

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if os.Getenv(folderVariable) == "" { // not the process that gets killed
		folder, err := os.MkdirTemp("", "onboard-spill-*")
		if err == nil {
			defer os.RemoveAll(folder)
			err = os.Setenv(folderVariable, folder)
		}
		if err == nil {
			server, err = pgtest.Start()
		}
		if err != nil {
			fmt.Println(err)
			return 1
		}
		defer server.Remove()
		time.Sleep(3 * time.Second) // soon after a start nobody counts as dead
	}
	return ledgertest.Main(m, open)
}

func newPlace(testing.TB) string {
	return server.URL(fmt.Sprintf("schema=test%d", schemas.Add(1)))
}

func TestLedger(t *testing.T) {
	ledgertest.Run(t, ledgertest.Store{
		Place:   newPlace,
		Open:    open,
		Spills:  func(l ledger.Ledger) string { return l.(*Ledger).spillPrefix() },
		Forsake: forsake,
		Attempts: func(t testing.TB, l ledger.Ledger) []ledger.Attempt {
			all, err := list(context.Background(), l.(*Ledger), "list attempts", func(row pgx.CollectableRow) (a ledger.Attempt, err error) {
				var reason []byte
				err = row.Scan(&a.TraceID, &a.HTTPStatus, &a.Verdict, &reason, &a.Bytes, &a.At)
				a.Reason, a.At = string(reason), a.At.UTC()
				return a, err
			}, "SELECT trace_id, http_status, verdict, reason, coalesce(bytes, -1), at FROM attempts ORDER BY partner_id, attempt")
			if err != nil {
				t.Fatal(err)
			}
			return all
		},
		Decisions: func(t testing.TB, l ledger.Ledger, who string) int {
			all, err := list(context.Background(), l.(*Ledger), "list decisions", pgx.RowTo[int], "SELECT attempt FROM decisions WHERE who = $1", who)
			if err != nil {
				t.Fatal(err)
			}
			return len(all)
		},
		Why: func(t testing.TB, l ledger.Ledger, who string) string {
			all, err := list(context.Background(), l.(*Ledger), "list decisions", pgx.RowTo[string], "SELECT why FROM decisions WHERE who = $1", who)
			if err != nil || len(all) != 1 {
				t.Fatal(all, err)
			}
			return all[0]
		},
		Answer: func(t testing.TB, l ledger.Ledger, scope ledger.Scope, key ledger.Key) string {
			all, err := list(context.Background(), l.(*Ledger), "read an answer", pgx.RowTo[[]byte],
				"SELECT answer FROM partners p JOIN scopes s ON s.id = p.scope_id WHERE key = $1 AND account = $2", [16]byte(key), scope.Account)
			if err != nil || len(all) != 1 {
				t.Fatal(all, err)
			}
			return string(all[0])
		},
	})
}

// forsake lets go of a run's lock on all connections of its ledger, which keeps
// them and takes it for held.
func forsake(t testing.TB, r ledger.Run) {
	t.Helper()
	run := r.(*Run)
	run.l.mu.Lock()
	delete(run.l.runs, run)
	run.l.mu.Unlock()
	for done := false; !done; { // the guard takes it in its own time
		err := run.l.make(&change{run: run, alone: func(ctx context.Context, tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "SELECT pg_advisory_unlock_shared($1)", run.lock); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid() AND classid::bigint << 32 | objid::bigint = $1", run.lock)
			return err
		}})
		if err != nil && !errors.Is(err, ledger.ErrClosed) {
			t.Fatal(err)
		}
		err = run.l.read(t.Context(), func(ctx context.Context, conn *pgx.Conn) error {
			return conn.QueryRow(ctx, "SELECT NOT EXISTS(SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid::bigint << 32 | objid::bigint = $1)", run.lock).Scan(&done)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
