//go:build postgres && torture

package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"onboard/pkg/ledger/postgres/pgtest"
	"onboard/pkg/sandbox"
)

// standbyAway is for how many seconds the standby is away in each round, around the
// 20 and 40 after which an exchange is tried again, and the 60 after which it is not.
var standbyAway = []int{2, 8, 15, 19, 22, 25, 30, 35, 39, 41, 43, 45, 48, 50, 52, 54, 56, 58, 61, 66}

// roundsAtOnce: they wait most of the time.
const roundsAtOnce = 5

// TestPostgresFailover has a standby go away under a run, the server die, and the
// standby take over; then a colleague runs the same list. Nothing leaves while the
// standby is away, nothing is created twice, and no token is lost.
func TestPostgresFailover(t *testing.T) {
	var wait sync.WaitGroup
	for first := range roundsAtOnce {
		wait.Go(func() {
			for i := first; i < len(standbyAway); i += roundsAtOnce {
				t.Run(fmt.Sprint(i), func(t *testing.T) { failover(t, i) })
			}
		})
	}
	wait.Wait()
}

func failover(t *testing.T, round int) {
	const rows = 160
	server, address := serve(t, sandbox.Config{Latency: 100 * time.Millisecond})
	primary, standby := serversOf(t)
	place := strings.Replace(primary.URL("target_session_attrs=read-write&schema=failover"), primary.Address(), primary.Address()+","+standby.Address(), 1)
	args := fast(address, "--ledger", place)
	mine, other := t.TempDir(), t.TempDir() // two computers
	for _, dir := range []string{mine, other} {
		generate(t, filepath.Join(dir, "list.csv"), rows)
	}
	cmd := plainCommand(t, mine, args...)
	screen := &strings.Builder{}
	cmd.Stderr = screen
	started(t, cmd, server, 10+5*round)
	must(t, standby.Stop("fast"))
	time.Sleep(time.Second) // what was claimed before is answered
	before := server.Snapshot().Posts
	away := time.Duration(standbyAway[round])*time.Second - time.Second
	time.Sleep(away / 2)
	disturb(t, primary, round)
	time.Sleep(away / 2)
	if n := server.Snapshot().Posts - before; n != 0 {
		t.Errorf("%d requests left while the standby was away", n)
	}
	must(t, errors.Join(primary.Stop("immediate"), standby.Start(), standby.Promote()))
	_ = plainCommand(t, other, args...).Run()
	_ = cmd.Wait()
	first := cmd.ProcessState.ExitCode()
	for _, dir := range []string{mine, other} { // read back what was saved, and see what the other has
		_ = plainCommand(t, dir, args...).Run()
	}
	kept, lost := inDatabase(standby, "failover"), 0
	for _, dir := range []string{mine, other} {
		found := verdictOn(kept, t, server, dir, filepath.Join(dir, "list"), rows)
		for name := range server.Snapshot().Created {
			if found[name]["file"] != "results" {
				lost++
			}
		}
		t.Logf("%d s, exit code %d, %d requests, %d created, %d in doubt, %d tokens lost", standbyAway[round], first, server.Snapshot().Posts, len(server.Snapshot().Created), inDoubt(found), lost)
	}
	if lost > 0 || first != 0 && first != 3 && first != 4 {
		t.Errorf("exit code %d, %d tokens lost\n%s", first, lost, screen)
	}
}

// disturb is what may befall a server that waits for its standby: nothing, somebody
// who ends the wait, and a restart.
func disturb(t *testing.T, primary *pgtest.Server, round int) {
	t.Helper()
	switch round % 4 {
	case 1:
		must(t, errors.Join(primary.Stop("immediate"), primary.Start()))
	case 2, 3:
		conn, err := pgx.Connect(t.Context(), primary.URL(""))
		must(t, err)
		defer conn.Close(t.Context())
		function := map[int]string{2: "pg_cancel_backend", 3: "pg_terminate_backend"}[round%4]
		_, err = conn.Exec(t.Context(), "SELECT "+function+"(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
		must(t, err)
	}
}

// serversOf is a server whose commits wait for a standby, and that standby.
func serversOf(t *testing.T) (primary, standby *pgtest.Server) {
	t.Helper()
	primary, err := pgtest.Start()
	must(t, err)
	t.Cleanup(primary.Remove)
	standby, err = primary.Standby()
	must(t, err)
	t.Cleanup(standby.Remove)
	must(t, primary.WaitForStandby())
	return primary, standby
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
