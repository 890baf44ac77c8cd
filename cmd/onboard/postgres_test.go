//go:build postgres

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"onboard/pkg/ledger/postgres/pgtest"
	"onboard/pkg/sandbox"
)

// TestPostgres is the battery of several machines on one database; processes stand
// in for the machines.
func TestPostgres(t *testing.T) {
	server, err := pgtest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Remove)
	t.Run("Killed", func(t *testing.T) { killing(t, inDatabase(server, "killed"), pgKills, 3, pgKillRows) })
	t.Run("Stopped", func(t *testing.T) { crashing(t, server, inDatabase(server, "stopped"), pgStops, pgStopRows) })
	t.Run("Operators", func(t *testing.T) {
		for _, overlap := range []int{0, 50, 100} {
			t.Run(fmt.Sprint(overlap), func(t *testing.T) {
				testOperators(t, inDatabase(server, fmt.Sprintf("operators%d", overlap)), 3, operatorRows, operatorRows*(100-overlap)/100)
			})
		}
	})
	t.Run("Pause", func(t *testing.T) { pausing(t, inDatabase(server, "pause")) })
	t.Run("Split", func(t *testing.T) { splitting(t, inDatabase(server, "split")) })
	t.Run("Stalled", func(t *testing.T) { stalled(t, server, inDatabase(server, "stalled")) })
	t.Run("Gone", func(t *testing.T) { gone(t, server, inDatabase(server, "gone")) })
	t.Run("Status", func(t *testing.T) { statusOfAll(t, inDatabase(server, "split")) })
	t.Run("TrackKilled", func(t *testing.T) { trackKilled(t, inDatabase(server, "trackkilled")) })
	t.Run("LowerPace", func(t *testing.T) { lowerPace(t, inDatabase(server, "lower")) })
	for name, test := range sameAsInFile {
		t.Run(name, func(t *testing.T) {
			t.Setenv(ledgerVariable, server.URL("schema="+strings.ToLower(name)))
			test(t)
		})
	}
}

// inDatabase keeps the ledger in a schema of the server.
func inDatabase(server *pgtest.Server, schema string) keeping {
	place := server.URL("schema=" + schema)
	return keeping{[]string{"--ledger", place}, func(t *testing.T, _ string) {
		t.Helper()
		conn, err := pgx.Connect(context.Background(), server.URL(""))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background())
		var open, indexes int
		err = conn.QueryRow(context.Background(), "SELECT count(*) FROM "+schema+".partners WHERE state = 'sending'").Scan(&open)
		if err != nil || open > 0 {
			t.Errorf("%d rows are still on their way, %v", open, err)
		}
		_, err = conn.Exec(context.Background(), "CREATE EXTENSION IF NOT EXISTS amcheck")
		if err == nil {
			err = conn.QueryRow(context.Background(), `SELECT count(bt_index_check(indexrelid::regclass, true)) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
				JOIN pg_am a ON a.oid = c.relam WHERE a.amname = 'btree' AND c.relnamespace = $1::regnamespace`, schema).Scan(&indexes)
		}
		if err != nil || indexes < 8 {
			t.Errorf("of %d indexes: %v", indexes, err)
		}
	}}
}

// crashing is T9: three operators with one list, and a server that stops as in a
// crash while they work.
func crashing(t *testing.T, database *pgtest.Server, kept keeping, stops, rows int) {
	server, address := serve(t, sandbox.Config{Latency: 20 * time.Millisecond})
	dir := t.TempDir()
	generate(t, filepath.Join(dir, "list.csv"), rows)
	var through atomic.Int32
	var wait sync.WaitGroup
	base := func(o int) string { return filepath.Join(dir, fmt.Sprint(o), "list") }
	for o := range 3 {
		if err := os.Mkdir(filepath.Dir(base(o)), 0o700); err != nil {
			t.Fatal(err)
		}
		wait.Go(func() {
			defer through.Add(1)
			for range 50 { // a start at which the database is away is refused
				cmd := plainCommand(t, dir, fast(address, append(kept.flags, "--out", filepath.Dir(base(o)))...)...)
				text, _ := cmd.CombinedOutput()
				switch code := cmd.ProcessState.ExitCode(); code {
				case 0, 4:
					return
				case 2, 3:
					time.Sleep(100 * time.Millisecond)
				default:
					t.Errorf("exit code %d: %s", code, text)
					return
				}
			}
			t.Error("it never got through")
		})
	}
	done := 0
	for ; done < stops && through.Load() < 3; done++ {
		before := server.Snapshot().Posts
		for server.Snapshot().Posts < before+20 && through.Load() < 3 {
			time.Sleep(2 * time.Millisecond)
		}
		if err := database.Stop("immediate"); err != nil {
			t.Fatal(err)
		}
		if err := database.Start(); err != nil {
			t.Fatal(err)
		}
	}
	wait.Wait()
	for o := range 3 {
		// Once more, as the others may have been at work when this one ended.
		_ = plainCommand(t, dir, fast(address, append(kept.flags, "--out", filepath.Dir(base(o)))...)...).Run()
		found := verdictOn(kept, t, server, dir, base(o), rows)
		if n := inDoubt(found); n > 3*workers*stops {
			t.Errorf("%d rows in doubt after %d stops", n, stops)
		}
		if o == 0 {
			t.Logf("%d stops, %d rows, %d requests, %d in doubt", done, rows, server.Snapshot().Posts, inDoubt(found))
		}
	}
	if done < stops {
		t.Errorf("only %d stops of %d fell into the runs", done, stops)
	}
}

// splitting has three machines work on one list by the same command, once: every
// row is created once, and each machine's files are complete.
func splitting(t *testing.T, kept keeping) {
	const rows = 240
	server, address := serve(t, sandbox.Config{Latency: 5 * time.Millisecond})
	dir := t.TempDir()
	generate(t, filepath.Join(dir, "list.csv"), rows)
	var wait sync.WaitGroup
	for o := range 3 {
		out := filepath.Join(dir, fmt.Sprint(o))
		if err := os.Mkdir(out, 0o700); err != nil {
			t.Fatal(err)
		}
		wait.Go(func() {
			if text, err := plainCommand(t, dir, fast(address, append(kept.flags, "--out", out, "--rate-limit", "200/s")...)...).CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, text)
			}
		})
	}
	wait.Wait()
	for o := range 3 {
		verdictOn(kept, t, server, dir, filepath.Join(dir, fmt.Sprint(o), "list"), rows)
		if results := len(readRecords(t, filepath.Join(dir, fmt.Sprint(o), "list.results.csv"))) - 1; results != rows {
			t.Errorf("machine %d has %d results", o, results)
		}
	}
	if n := server.Snapshot().Posts; n != rows {
		t.Errorf("%d requests for %d rows", n, rows)
	}
}

// statusOfAll expects the runs of all machines, without a password.
func statusOfAll(t *testing.T, kept keeping) {
	place := strings.Replace(kept.flags[1], "postgres@", "postgres:synthetic-password@", 1)
	text, err := onboardCommand(t.TempDir(), "status", "--ledger", place).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	host, _ := os.Hostname()
	if n := strings.Count(string(text), "@"+host); n != 3 || strings.Contains(string(text), "synthetic-password") {
		t.Errorf("%d runs are shown:\n%s", n, text)
	}
	text, err = onboardCommand(t.TempDir(), "status", "--ledger", place, "--backup", "copy.db").CombinedOutput()
	if err == nil || !strings.Contains(string(text), "pg_dump") {
		t.Errorf("%v: %s", err, text)
	}
}
