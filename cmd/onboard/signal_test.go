//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"onboard/pkg/sandbox"
)

// TestSignals is T11: the first signal drains, the second stops at once, and the
// next run continues.
func TestSignals(t *testing.T) {
	const rows = 120
	for name, tt := range map[string]struct {
		latency time.Duration
		signals []os.Signal
		doubts  int // at most
	}{
		"interrupt": {50 * time.Millisecond, []os.Signal{syscall.SIGINT}, 0},
		"terminate": {50 * time.Millisecond, []os.Signal{syscall.SIGTERM}, 0},
		"hang up":   {50 * time.Millisecond, []os.Signal{syscall.SIGHUP}, 0},
		"twice":     {400 * time.Millisecond, []os.Signal{syscall.SIGINT, syscall.SIGTERM}, workers},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, address := serve(t, sandbox.Config{Latency: tt.latency})
			dir := t.TempDir()
			generate(t, filepath.Join(dir, "list.csv"), rows)
			cmd := plainCommand(t, dir, fast(address)...)
			started(t, cmd, server, 12)
			posts := 0
			for _, s := range tt.signals {
				_ = cmd.Process.Signal(s)
				time.Sleep(100 * time.Millisecond)
				posts = server.Snapshot().Posts
			}
			_ = cmd.Wait()
			if code, n := cmd.ProcessState.ExitCode(), server.Snapshot().Posts; code != 130 || n > posts+workers || n == rows { // on a busy machine a request that was let go may arrive later
				t.Errorf("exit code %d, and %d requests after the signal", code, n-posts)
			}
			found := verdict(t, server, dir, filepath.Join(dir, "list"), rows)
			doubts := inDoubt(found)
			if doubts > tt.doubts || tt.doubts > 0 && doubts == 0 {
				t.Errorf("%d rows are in doubt, want at most %d", doubts, tt.doubts)
			}
			_ = plainCommand(t, dir, fast(address)...).Run()
			found = verdict(t, server, dir, filepath.Join(dir, "list"), rows)
			if n := inDoubt(found); n != doubts || server.Snapshot().Posts != rows {
				t.Errorf("%d rows in doubt, %d requests after the second run", n, server.Snapshot().Posts)
			}
		})
	}
}

// TestNoHangUp: under nohup a run goes on when its terminal is gone.
func TestNoHangUp(t *testing.T) {
	t.Parallel()
	server, address := serve(t, sandbox.Config{Latency: 20 * time.Millisecond})
	dir := t.TempDir()
	generate(t, filepath.Join(dir, "list.csv"), 100)
	cmd := shell(plainCommand(t, dir, fast(address)...), `trap "" HUP`)
	started(t, cmd, server, 12)
	_ = cmd.Process.Signal(syscall.SIGHUP)
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	verdict(t, server, dir, filepath.Join(dir, "list"), 100)
}

// shell runs a command after a line of shell that prepares its process.
func shell(cmd *exec.Cmd, prepare string) *exec.Cmd {
	in := exec.Command("/bin/sh", append([]string{"-c", prepare + `; exec "$0" "$@"`, cmd.Path}, cmd.Args[1:]...)...)
	in.Dir, in.Env = cmd.Dir, cmd.Env
	return in
}

// started starts the program and returns when the server got so many requests.
func started(t *testing.T, cmd *exec.Cmd, server *sandbox.Server, posts int) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); server.Snapshot().Posts < posts; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			_ = cmd.Process.Kill()
			t.Fatalf("%d requests in 30 s", server.Snapshot().Posts)
		}
	}
}

// TestTrackInterrupted: what was heard before a signal is in the file, and the
// next run asks the rest.
func TestTrackInterrupted(t *testing.T) {
	t.Parallel()
	const rows = 60
	server, address := serve(t, sandbox.Config{Latency: 30 * time.Millisecond})
	dir := t.TempDir()
	generate(t, filepath.Join(dir, "list.csv"), rows)
	if err := plainCommand(t, dir, fast(address)...).Run(); err != nil {
		t.Fatal(err)
	}
	args := []string{"track", "list.csv", "--target", address, "--rate-limit", "200/s", "--quiet"}
	cmd := plainCommand(t, dir, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for i := 0; server.Snapshot().Requests < rows+20 && i < 30000; i++ {
		time.Sleep(time.Millisecond)
	}
	_ = cmd.Process.Signal(syscall.SIGINT)
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d", code)
	}
	count := map[string]int{}
	for _, state := range states(t, dir, "onboard_state") {
		count[state]++
	}
	if count["success"] == 0 || count["not_asked"] == 0 || count["success"]+count["not_asked"] != rows {
		t.Errorf("after the signal: %v", count)
	}
	before := server.Snapshot().Requests
	if err := plainCommand(t, dir, args...).Run(); err != nil {
		t.Error(err)
	}
	if n := server.Snapshot().Requests - before; n != count["not_asked"] {
		t.Errorf("%d questions about %d partners", n, count["not_asked"])
	}
}
