package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"onboard/pkg/sandbox"
)

// TestStoppedAndLost: a run that is to end already, and then loses its ledger, tells
// the second. No file says of a row that it was not sent when its answer is where
// the ledger would have been asked; the message names that place.
func TestStoppedAndLost(t *testing.T) {
	t.Parallel()
	const rows = 12
	server, address := serve(t, sandbox.Config{Latency: time.Second})
	dir := t.TempDir()
	base := filepath.Join(dir, "list")
	generate(t, base+".csv", rows)
	cmd := plainCommand(t, dir, fast(address)...)
	screen := &strings.Builder{}
	cmd.Stderr = screen
	started(t, cmd, server, 3)
	// Enough for answers in a file of their own, and too little for a ledger.
	if err := unix.Prlimit(cmd.Process.Pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 4096, Max: 4096}, nil); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	posts := server.Snapshot().Posts
	saved, _ := filepath.Glob(filepath.Join(dir, "state", "onboard", "*.spill-*"))
	if code := cmd.ProcessState.ExitCode(); code != 3 || len(saved) != 1 || !strings.Contains(screen.String(), "are in "+saved[0]+", and") {
		t.Fatalf("exit %d after %d requests; saved: %v\n%s", code, posts, saved, screen)
	}
	if _, err := os.Stat(base + ".errors.csv"); err == nil {
		t.Error("files of a run whose answers are elsewhere")
	}
	if err := plainCommand(t, dir, fast(address)...).Run(); err != nil {
		t.Fatal(err)
	}
	verdict(t, server, dir, base, rows)
	if n := server.Snapshot().Posts; n != rows {
		t.Errorf("%d requests for %d rows", n, rows)
	}
}
