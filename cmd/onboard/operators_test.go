package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onboard/pkg/sandbox"
)

// TestOperators is T9: two and four operators at once on one ledger, whose lists
// have nothing, half and all in common. Each partner is sent by one of them, and
// all who have it get its link.
func TestOperators(t *testing.T) {
	for _, operators := range []int{2, 4} {
		for _, overlap := range []int{0, 50, 100} {
			t.Run(fmt.Sprintf("%d/%d%%", operators, overlap), func(t *testing.T) {
				t.Parallel()
				testOperators(t, inFile, operators, operatorRows, operatorRows*(100-overlap)/100)
			})
		}
	}
}

func testOperators(t *testing.T, kept keeping, operators, rows, step int) {
	t.Helper()
	server, address := serve(t, sandbox.Config{Latency: 2 * time.Millisecond})
	dir := t.TempDir()
	whole := filepath.Join(dir, "whole.csv")
	generate(t, whole, step*(operators-1)+rows)
	text, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	type operator struct {
		*exec.Cmd
		screen strings.Builder
	}
	var started []*operator
	for o := range operators {
		list := filepath.Join(dir, fmt.Sprint(o), "list.csv")
		if err := os.Mkdir(filepath.Dir(list), 0o700); err != nil {
			t.Fatal(err)
		}
		mine := lines[0] + strings.Join(lines[1+o*step:1+o*step+rows], "")
		if err := os.WriteFile(list, []byte(mine), 0o600); err != nil {
			t.Fatal(err)
		}
		args := fast(address, append(kept.flags, "--out", filepath.Dir(list))...)
		args[1] = list
		op := &operator{Cmd: plainCommand(t, dir, args...)}
		op.Stderr = &op.screen
		if err := op.Start(); err != nil {
			t.Fatal(err)
		}
		started = append(started, op)
	}
	all := map[string]map[string]string{}
	for o, op := range started {
		if err := op.Wait(); err != nil {
			t.Fatalf("operator %d: %v\n%s", o, err, &op.screen)
		}
		base := filepath.Join(dir, fmt.Sprint(o), "list")
		found := outputs(t, base, rows)
		sums(t, base, found)
		for name, row := range found {
			if had := all[name]; had != nil && had["onboard_token"] != row["onboard_token"] {
				t.Errorf("%s has two tokens", name)
			}
			all[name] = row
		}
	}
	judge(t, server, all)
	kept.intact(t, dir)
	secretless(t, dir, server)
	if n := server.Snapshot().Posts; n != len(all) || len(all) != len(lines)-2 {
		t.Errorf("%d requests for %d partners", n, len(all))
	}
}
