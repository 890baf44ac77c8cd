//go:build postgres

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"onboard/pkg/ledger/postgres/pgtest"
	"onboard/pkg/sandbox"
)

// stalled is T11 with a database that accepts and does not answer: the second signal
// ends a run long before its patience does, the answers are saved, and the next run
// reads them back.
func stalled(t *testing.T, database *pgtest.Server, kept keeping) {
	const rows = 40
	proxy, err := pgtest.Stall(database.Address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Close)
	server, address := serve(t, sandbox.Config{Latency: time.Second})
	dir := t.TempDir()
	base := filepath.Join(dir, "list")
	generate(t, base+".csv", rows)
	behind := strings.Replace(kept.flags[1], database.Address(), proxy.Address(), 1)
	cmd := plainCommand(t, dir, fast(address, "--ledger", behind)...)
	screen := &strings.Builder{}
	cmd.Stderr = screen
	started(t, cmd, server, 1+workers)
	proxy.Asks.All()
	for range 2 {
		_ = cmd.Process.Signal(syscall.SIGINT)
		time.Sleep(200 * time.Millisecond)
	}
	second := time.Now()
	_ = cmd.Wait()
	took := time.Since(second)
	t.Logf("ended %v after the second signal", took)
	saved, _ := filepath.Glob(filepath.Join(dir, "state", "onboard", "*.spill-*"))
	if code := cmd.ProcessState.ExitCode(); code != 3 || took > 20*time.Second || len(saved) != 1 || !strings.Contains(screen.String(), "are in "+saved[0]) {
		t.Fatalf("exit %d after %v; saved: %v\n%s", code, took, saved, screen)
	}
	if _, err := os.Stat(base + ".errors.csv"); err == nil {
		t.Error("files of a run whose answers are elsewhere")
	}
	proxy.Asks.None()
	_ = plainCommand(t, dir, fast(address, "--ledger", behind)...).Run()
	found := verdictOn(kept, t, server, dir, base, rows)
	if n := inDoubt(found); n == 0 || n > workers {
		t.Errorf("%d rows in doubt", n)
	}
}

// gone takes the tables away within a run. What is said then must not lead anybody to
// make new ones and go on: these would know nobody.
func gone(t *testing.T, database *pgtest.Server, kept keeping) {
	server, address := serve(t, sandbox.Config{Latency: 50 * time.Millisecond})
	dir := t.TempDir()
	base := filepath.Join(dir, "list")
	generate(t, base+".csv", 300)
	old := []byte("onboard_line,onboard_status,onboard_token,onboard_link,onboard_trace_id,onboard_at," + sheetHeader)
	if err := os.WriteFile(base+".results.csv", old, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := plainCommand(t, dir, fast(address, kept.flags...)...)
	screen := &strings.Builder{}
	cmd.Stderr = screen
	started(t, cmd, server, 3*workers)
	conn, err := pgx.Connect(t.Context(), database.URL(""))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), "DROP SCHEMA gone CASCADE"); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 3 || !strings.Contains(screen.String(), "restore its latest backup") {
		t.Errorf("exit code %d: %s", code, screen)
	}
	for _, promise := range []string{"Next", "nothing is created twice", "is recorded"} {
		if strings.Contains(screen.String(), promise) {
			t.Errorf("%q: %s", promise, screen)
		}
	}
	if got, err := os.ReadFile(base + ".results.csv"); err != nil || !bytes.Equal(got, old) {
		t.Errorf("the results of an earlier run are %q: %v", got, err)
	}
	text, _ := os.ReadFile(base + ".results.rescued-1.csv")
	saved, _ := filepath.Glob(filepath.Join(dir, "state", "onboard", "*.spill-*"))
	for _, path := range saved {
		answers, _ := os.ReadFile(path)
		text = append(text, answers...)
	}
	created := server.Snapshot().Created
	for name, tokens := range created {
		if !bytes.Contains(text, []byte(tokens[0])) {
			t.Errorf("the token of %s is lost", name)
		}
	}
	if len(created) < 2*workers || !bytes.Contains(text, []byte("onboard_token")) {
		t.Errorf("%d partners: %s", len(created), screen)
	}
}
