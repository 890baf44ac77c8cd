//go:build postgres

package postgres

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"onboard/pkg/ledger"
	"onboard/pkg/ledger/ledgertest"
	"onboard/pkg/ledger/postgres/pgtest"
)

// pair is a server whose commits wait for a standby, and that standby.
func pair(t testing.TB) (primary, standby *pgtest.Server) {
	t.Helper()
	primary = newServer(t)
	standby, err := primary.Standby()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(standby.Remove)
	if err := primary.WaitForStandby(); err != nil {
		t.Fatal(err)
	}
	return primary, standby
}

// both is the address of two servers, the first of which may be written to.
func both(first, second *pgtest.Server, query string) string {
	return strings.Replace(first.URL("target_session_attrs=read-write&"+query), first.Address(), first.Address()+","+second.Address(), 1)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// count asks a server for a number, as an administrator.
func count(t testing.TB, place, query string) (n int) {
	t.Helper()
	config, schema, err := parsePlace(place)
	must(t, err)
	config.RuntimeParams["search_path"] = schema
	conn, err := pgx.ConnectConfig(context.Background(), config)
	must(t, err)
	defer conn.Close(context.Background())
	must(t, conn.QueryRow(context.Background(), query).Scan(&n))
	return n
}

// Commits that wait for the standby, and what an administrator may do about them.
const (
	waiting   = " FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
	waitCount = "SELECT count(*)" + waiting
)

// inRun is what one run does while the standby is away: prepared by the first,
// tried by the second, which says whether the ledger confirmed it.
type inRun struct {
	prepare func(t *testing.T, r *Run)
	try     func(r *Run) bool
	done    string // a condition on partners that holds when it was committed
}

var whileAway = map[string]inRun{
	"claim": {
		func(*testing.T, *Run) {},
		func(r *Run) bool { _, won, err := r.Claim(ledgertest.Intent(1)); return won || err == nil },
		"true",
	},
	"retry": {
		func(t *testing.T, r *Run) { ledgertest.MustClaim(t, r, ledgertest.Intent(1)) },
		func(r *Run) bool {
			_, err := r.Retry(ledgertest.Key(1), 1, ledger.Attempt{TraceID: "t", At: time.Now()}, "another")
			return err == nil
		},
		"attempt = 2",
	},
	"settle": {
		func(t *testing.T, r *Run) { ledgertest.MustClaim(t, r, ledgertest.Intent(1)) },
		func(r *Run) bool { return r.Settle(ledgertest.Created(1, 1)) == nil },
		"state = 'created'",
	},
	"decide": {
		func(t *testing.T, r *Run) { ledgertest.Doubtful(t, r, 1) },
		func(r *Run) bool {
			return r.Decide(ledger.Decision{Key: ledger.Key{1}, Attempt: 1, State: ledger.Released, Who: "ann"}) == nil
		},
		"state = 'released'",
	},
}

// TestStandbyAway: what the standby doesn't have is not confirmed, whatever ends the
// wait for it, and however often it is asked for again.
func TestStandbyAway(t *testing.T) {
	t.Parallel()
	primary, standby := pair(t)
	for name, end := range map[string]struct {
		wait    func(t *testing.T)
		visible bool // the server shows what it has alone
	}{
		"given up": {func(*testing.T) {}, false},
		"restarted": {func(t *testing.T) {
			must(t, primary.Stop("immediate"))
			must(t, primary.Start())
		}, true},
		"cancelled":  {func(t *testing.T) { execute(t, primary.URL(""), "SELECT pg_cancel_backend(pid)"+waiting) }, true},
		"terminated": {func(t *testing.T) { execute(t, primary.URL(""), "SELECT pg_terminate_backend(pid)"+waiting) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			place := func(what string) string { return newPlaceOn(primary, what) }
			places, runs := map[string]string{}, map[string]*Run{}
			for what, do := range whileAway {
				places[what] = place(what)
				runs[what] = mustBegin(t, mustOpen(t, places[what]))
				runs[what].l.patience = 4500 * time.Millisecond
				do.prepare(t, runs[what])
			}
			must(t, standby.Stop("fast"))
			var wait sync.WaitGroup
			for what, do := range whileAway {
				wait.Go(func() {
					if do.try(runs[what]) {
						t.Errorf("%s: confirmed without the standby", what)
					}
				})
			}
			eventually(t, "all wait for the standby", func() bool { return count(t, primary.URL(""), waitCount) == len(whileAway) })
			end.wait(t)
			wait.Wait()
			for what, do := range whileAway {
				n := count(t, places[what], "SELECT count(*) FROM partners WHERE key IS NOT NULL AND "+do.done)
				if visible := n == 1; visible != end.visible {
					t.Errorf("%s: visible %v, want %v", what, visible, end.visible)
				}
				runs[what].l.Close()
			}
			must(t, standby.Start())
			eventually(t, "the server has caught up", func() bool { return count(t, primary.URL(""), waitCount) == 0 })
		})
	}
}

// newPlaceOn is newPlace on another server.
func newPlaceOn(s *pgtest.Server, query string) string {
	return s.URL(fmt.Sprintf("schema=%s%d", query, schemas.Add(1)))
}

// TestFailover: a claim waits for the standby while that is away; the server dies,
// and the standby takes over. Of the run that waits and a colleague one may send.
func TestFailover(t *testing.T) {
	t.Parallel()
	primary, standby := pair(t)
	place := both(primary, standby, "")
	l := mustOpen(t, place)
	r := mustBegin(t, l)
	ledgertest.MustClaim(t, r, ledgertest.Intent(0))
	l.patience = 9 * time.Second // a try is given up after three
	must(t, standby.Stop("fast"))
	var wins [2]bool
	var wait sync.WaitGroup
	claim := func(i int, r *Run) {
		wait.Go(func() { _, wins[i], _ = r.Claim(ledgertest.Intent(1)) })
	}
	claim(0, r)
	eventually(t, "a try was given up", func() bool { return r.Away() > 4*time.Second })
	if wins[0] {
		t.Error("won without the standby")
	}
	must(t, primary.Stop("immediate"))
	must(t, standby.Start())
	must(t, standby.Promote())
	other := mustBegin(t, mustOpen(t, place))
	claim(1, other)
	wait.Wait()
	if got := ledgertest.MustLookup(t, other, ledgertest.Key(1)); wins[0] == wins[1] || got.State != ledger.Sending {
		t.Errorf("won %v; it is %s of %s", wins, got.State, got.Owner)
	}
	if got := ledgertest.MustLookup(t, other, ledgertest.Key(0)); got.Owner != r.ID() {
		t.Errorf("what was confirmed is %s of %q", got.State, got.Owner)
	}
}

// TestReadBackIsConfirmed: an answer stays in its file until the standby has it, too,
// even when the server at hand shows it.
func TestReadBackIsConfirmed(t *testing.T) {
	t.Parallel()
	primary, standby := pair(t)
	folder := t.TempDir()
	begin := func() *Run {
		l, err := Open(primary.URL(""), folder)
		must(t, err)
		t.Cleanup(func() { l.Close() })
		return mustBegin(t, l)
	}
	r, next := begin(), begin()
	ledgertest.MustClaim(t, r, ledgertest.Intent(1))
	r.l.patience, next.l.patience = 3*time.Second, 3*time.Second
	must(t, standby.Stop("fast"))
	file := ledgertest.MustSpill(t, r, ledgertest.Created(1, 1))
	r.l.Close()
	eventually(t, "the server has it alone", func() bool {
		execute(t, primary.URL(""), "SELECT pg_cancel_backend(pid)"+waiting)
		return ledgertest.MustLookup(t, next, ledgertest.Key(1)).State == ledger.Created && !next.OwnerAlive(r.ID())
	})
	if err := next.Sweep(t.Context()); err == nil {
		t.Error("read back without the standby")
	}
	saved := func() []string { all, _ := filepath.Glob(filepath.Join(folder, "*")); return all }
	if diff := cmp.Diff([]string{file}, saved()); diff != "" {
		t.Errorf("saved (-want +got)\n%s", diff)
	}
	must(t, standby.Start())
	last := begin()
	if got := ledgertest.MustLookup(t, last, ledgertest.Key(1)); got.Token != ledgertest.Created(1, 1).Token || len(saved()) != 0 {
		t.Errorf("with the standby: %s, saved are %v", got.State, saved())
	}
}
