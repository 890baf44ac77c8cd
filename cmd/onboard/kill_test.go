package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"onboard/pkg/sandbox"
)

const workers = 8 // of each process in the battery

// fast are the flags of a run that is not to wait.
func fast(address string, more ...string) []string {
	return append([]string{"submit", "list.csv", "--target", address, "--yes", "--rate-limit", "10000/s", "--concurrency", fmt.Sprint(workers), "--quiet"}, more...)
}

// TestKilled is T4: one process, killed at random moments and started again
// until the list is through.
func TestKilled(t *testing.T) {
	t.Parallel()
	killing(t, inFile, killsOfOne, 1, 15*killsOfOne)
}

// TestThreeKilled is T5: three processes with the same list on one ledger.
func TestThreeKilled(t *testing.T) {
	t.Parallel()
	killing(t, inFile, killsOfThree, 3, 8*killsOfThree)
}

// killing starts processes at once, each with an output folder of its own, and
// kills them until there were enough kills.
func killing(t *testing.T, kept keeping, kills, processes, rows int) {
	t.Helper()
	server, address := serve(t, sandbox.Config{Latency: 20 * time.Millisecond})
	dir := t.TempDir()
	generate(t, filepath.Join(dir, "list.csv"), rows)
	var killed atomic.Int64
	var wait sync.WaitGroup
	for p := range processes {
		out := fmt.Sprintf("out%d", p)
		if err := os.Mkdir(filepath.Join(dir, out), 0o700); err != nil {
			t.Fatal(err)
		}
		wait.Go(func() {
			random := rand.New(rand.NewPCG(uint64(p), 2))
			for !killOnce(t, server, dir, fast(address, append(kept.flags, "--out", out)...), &killed, int64(kills), time.Duration(random.IntN(30))*time.Millisecond) {
			}
		})
	}
	wait.Wait()
	var found map[string]map[string]string
	for p := range processes {
		// Once more, as the others may have been at work when this one ended.
		_ = plainCommand(t, dir, fast(address, append(kept.flags, "--out", fmt.Sprintf("out%d", p))...)...).Run()
		found = verdictOn(kept, t, server, dir, filepath.Join(dir, fmt.Sprintf("out%d", p), "list"), rows)
	}
	n := int(killed.Load())
	if doubts := inDoubt(found); doubts > n*workers || n < kills {
		t.Errorf("%d rows in doubt after %d kills with %d in flight", doubts, n, workers)
	}
	t.Logf("%d kills, %d rows, %d requests, %d in doubt", n, rows, server.Snapshot().Posts, inDoubt(found))
}

// killOnce starts the program and kills it a moment after it has done something,
// or lets it end when there were kills enough. done says that it got through.
func killOnce(t *testing.T, server *sandbox.Server, dir string, args []string, killed *atomic.Int64, kills int64, moment time.Duration) (done bool) {
	cmd := plainCommand(t, dir, args...)
	before := server.Snapshot().Posts
	if err := cmd.Start(); err != nil {
		t.Error(err)
		return true
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	if killed.Load() < kills {
		awaitPost(server, before, ended)
		time.Sleep(moment)
		if cmd.Process.Kill() == nil {
			killed.Add(1)
		}
	}
	<-ended
	switch code := cmd.ProcessState.ExitCode(); code {
	case -1:
		return false
	case 0, 4:
		return true
	default:
		t.Errorf("exit code %d", code)
		return true
	}
}

// awaitPost returns when the server got a request more, or the program ended.
func awaitPost(server *sandbox.Server, before int, ended <-chan struct{}) {
	for server.Snapshot().Posts == before {
		select {
		case <-ended:
			return
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// TestWaitingRowsAreNotClaimed kills a slow run: rows that wait for their turn
// are no rows in doubt.
func TestWaitingRowsAreNotClaimed(t *testing.T) {
	t.Parallel()
	server, address := serve(t, sandbox.Config{})
	dir := t.TempDir()
	generate(t, filepath.Join(dir, "list.csv"), 30)
	cmd := plainCommand(t, dir, fast(address, "--rate-limit", "10/s")...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	awaitPost(server, 11, ended) // the pool is open by now
	for server.Snapshot().Posts < 12 {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(50 * time.Millisecond)
	_ = cmd.Process.Kill()
	<-ended
	_ = plainCommand(t, dir, fast(address)...).Run()
	found := verdict(t, server, dir, filepath.Join(dir, "list"), 30)
	if n := inDoubt(found); n > 1 {
		t.Errorf("%d rows are in doubt after a kill between two requests", n)
	}
}
