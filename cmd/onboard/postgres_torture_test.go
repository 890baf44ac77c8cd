//go:build postgres && torture && linux

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"onboard/pkg/ledger/postgres/pgtest"
	"onboard/pkg/partner"
	"onboard/pkg/sandbox"
)

// TestPostgresPace has three machines share 60 starts a second, on one list and on
// three, and kills one of them: the server sees no more than 61 in any second, and
// not much less than 60.
func TestPostgresPace(t *testing.T) {
	database, err := pgtest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(database.Remove)
	for name, lists := range map[string]int{"one list": 1, "three lists": 3} {
		t.Run(name, func(t *testing.T) { sharedPace(t, inDatabase(database, fmt.Sprintf("pace%d", lists)), lists) })
	}
}

func sharedPace(t *testing.T, kept keeping, lists int) {
	const rate, rows = 60, 3000
	server, address := serve(t, sandbox.Config{Latency: 20 * time.Millisecond})
	dir := t.TempDir()
	var running []*exec.Cmd
	for o := range 3 {
		out := filepath.Join(dir, fmt.Sprint(o))
		if err := os.Mkdir(out, 0o700); err != nil {
			t.Fatal(err)
		}
		generateFrom(t, filepath.Join(out, "list.csv"), o%lists*rows, rows)
		args := fast(address, append(kept.flags, "--out", out, "--rate-limit", fmt.Sprintf("%d/s", rate))...)
		args[1] = filepath.Join(out, "list.csv")
		cmd := plainCommand(t, dir, args...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		running = append(running, cmd)
	}
	for server.Snapshot().Posts < rate {
		time.Sleep(10 * time.Millisecond)
	}
	began := time.Now()
	time.Sleep(15 * time.Second)
	killed := time.Now()
	_ = running[1].Process.Kill()
	time.Sleep(20 * time.Second)
	ended := time.Now()
	for _, cmd := range running {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	var times []time.Time
	for _, c := range server.Creations() {
		times = append(times, c.Time)
	}
	slices.SortFunc(times, time.Time.Compare)
	most, first := 0, 0
	for i, at := range times {
		for at.Sub(times[first]) >= time.Second {
			first++
		}
		most = max(most, i-first+1)
	}
	mean := func(from, to time.Time) float64 {
		n := 0
		for _, at := range times {
			if at.After(from) && at.Before(to) {
				n++
			}
		}
		return float64(n) / to.Sub(from).Seconds()
	}
	three, two := mean(began, killed), mean(killed, ended)
	t.Logf("at most %d in one second; %.1f/s with three, %.1f/s with two", most, three, two)
	if most > rate+1 || three < 0.95*rate || two < 0.95*rate {
		t.Errorf("set were %d/s", rate)
	}
}

// TestPostgresMillion is T22 on PostgreSQL.
func TestPostgresMillion(t *testing.T) {
	database, err := pgtest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(database.Remove)
	millionFinished(t, inDatabase(database, "million"), func(t *testing.T, _ string, n int) {
		ctx := t.Context()
		conn, err := pgx.Connect(ctx, database.URL(""))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(ctx)
		var first []byte
		if err := conn.QueryRow(ctx, "SELECT body FROM million.partners").Scan(&first); err != nil {
			t.Fatal(err)
		}
		rules, i := partner.NewRules(), 0
		_, err = conn.CopyFrom(ctx, pgx.Identifier{"million", "partners"},
			[]string{"scope_id", "key", "fingerprint", "owner", "attempt", "state", "trace_id", "line", "claimed_at", "body", "settled_at", "http_status", "token", "link"},
			pgx.CopyFromFunc(func() ([]any, error) {
				if i++; i == n {
					return nil, nil
				}
				key, sum, body := generated(rules, string(first), i)
				now := time.Now()
				return []any{1, key, sum[:], 1, 1, "created", fmt.Sprintf("00000000-0000-4000-8000-%012x", i), i + 2, now, []byte(body), now, 200,
					fmt.Sprintf("tok-%d", i), fmt.Sprintf("https://activation.example/partner?t=%d", i)}, nil
			}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(context.Background(), "ANALYZE million.partners"); err != nil {
			t.Fatal(err)
		}
	})
}
