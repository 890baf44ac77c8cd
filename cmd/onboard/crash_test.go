//go:build crashpoints

package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"onboard/pkg/crash"
	"onboard/pkg/sandbox"
)

// TestCrashPoints is T6: the program dies at each named point, at several
// passages of each, and the next run finds what the table of crash points says.
// C9, C10 and C12 are not points: see TestPowerLoss, TestFailingDisk and
// TestKilledInCheckpoint.
func TestCrashPoints(t *testing.T) {
	const rows = 20
	for _, p := range []struct {
		number, point string
		passages      int // how often a run comes by
		doubts        int // rows in doubt afterwards
		created       int // of them, on the server
	}{
		{"C1", "claiming", rows, 0, 0},
		{"C2", "claimed", rows, 1, 0},
		{"C3", "written", rows, 1, 1},
		{"C4", "head", rows, 1, 1},
		{"C5", "answered", rows, 1, 1},
		{"C6", "settled", rows, 0, 0},
		{"C7", "exporting", 4, 0, 0},
		{"C8", "renamed", 4, 0, 0},
		{"C11", "sweeping", 1, 1, 1},
		{"C11", "swept", 1, 1, 1},
	} {
		for i := range crashes {
			passage := 1 + i*7%p.passages
			t.Run(fmt.Sprintf("%s/%s:%d/%d", p.number, p.point, passage, i), func(t *testing.T) {
				t.Parallel()
				server, address := serve(t, sandbox.Config{})
				dir := t.TempDir()
				base := filepath.Join(dir, "list")
				generate(t, base+".csv", rows)
				args := fast(address, "--concurrency", "1")
				if p.number == "C7" || p.number == "C8" { // older files, of which nothing may be lost
					if err := plainCommand(t, dir, append(args, "--limit", "5")...).Run(); err == nil {
						t.Fatal("the limit did not hold")
					}
				}
				if p.number == "C11" {
					dieAt(t, dir, fmt.Sprintf("answered:%d", 1+i%rows), args)
					age(t, dir)
				}
				dieAt(t, dir, fmt.Sprintf("%s:%d", p.point, passage), args)
				whole(t, base)
				age(t, dir)
				_ = plainCommand(t, dir, args...).Run()
				found := verdict(t, server, dir, base, rows)
				stats := server.Snapshot()
				// The claim of the next row goes to the disk together with an outcome: after
				// it the next row may be in doubt, and while it is made the row before.
				doubts := inDoubt(found)
				together := p.point == "settled" || p.point == "claiming"
				if doubts != p.doubts && (!together || doubts != 1) {
					t.Errorf("%d rows are in doubt, want %d", doubts, p.doubts)
				}
				// What was written may be read or not when its sender is dead.
				unsure := p.point == "written" || p.point == "settled"
				if n := len(stats.Created); n != rows-p.doubts+p.created && (!unsure || n != rows-doubts) {
					t.Errorf("%d companies exist", n)
				}
				if stats.Posts > rows {
					t.Errorf("%d requests for %d rows", stats.Posts, rows)
				}
				for _, path := range files(t, dir) {
					if strings.HasSuffix(path, ".tmp") {
						t.Errorf("%s was left", path)
					}
				}
			})
		}
	}
}

// dieAt runs the program until it dies at a point.
func dieAt(t *testing.T, dir, point string, args []string) {
	t.Helper()
	cmd := plainCommand(t, dir, args...)
	cmd.Env = append(cmd.Env, crash.Variable+"="+point)
	_ = cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != -1 {
		t.Fatalf("it was to die at %s, and ended with %d", point, code)
	}
}
