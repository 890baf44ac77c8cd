//go:build torture && linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"onboard/pkg/sandbox"
)

// traced runs a command under strace, which must be allowed here.
func traced(cmd *exec.Cmd, flags ...string) *exec.Cmd {
	in := exec.Command("strace", append(append([]string{"-f", "-qq"}, flags...), append([]string{cmd.Path}, cmd.Args[1:]...)...)...)
	in.Dir, in.Env = cmd.Dir, cmd.Env
	return in
}

// prepared is a folder with a list and a ledger that a first row has made.
func prepared(t *testing.T, address string, rows int) (dir, base, ledger string) {
	t.Helper()
	dir = t.TempDir()
	base, ledger = filepath.Join(dir, "list"), filepath.Join(dir, "state", "onboard", "ledger.db")
	generate(t, base+".csv", rows)
	_ = plainCommand(t, dir, fast(address, "--limit", "1")...).Run()
	return dir, base, ledger
}

// TestFailingDisk is T8: the n-th sync or write of the ledger fails, once or from
// then on. Nothing more is sent, and the next run finds all that was answered.
func TestFailingDisk(t *testing.T) {
	const rows = 60
	calls := map[string][]string{"fsync": {"EIO", "ENOSPC"}, "pwrite64": {"EIO", "ENOSPC"}}
	for call, faults := range calls {
		for _, fault := range faults {
			for _, persistent := range []string{"", "+"} {
				for _, n := range []int{1, 2, 3, 4, 5, 7, 10, 14, 20, 29, 41, 58, 71, 85, 100} {
					t.Run(fmt.Sprintf("%s/%s/%d%s", call, fault, n, persistent), func(t *testing.T) {
						t.Parallel()
						server, address := serve(t, sandbox.Config{})
						dir, base, ledger := prepared(t, address, rows)
						trace, log := filepath.Join(t.TempDir(), "calls"), filepath.Join(dir, "run.log")
						cmd := traced(plainCommand(t, dir, fast(address, "--log-file", log)...), "-ttt", "-o", trace, "-P", ledger, "-P", ledger+"-wal", "-e", "trace="+call,
							"-e", fmt.Sprintf("inject=%s:error=%s:when=%d%s", call, fault, n, persistent))
						screen := &strings.Builder{}
						cmd.Stderr = screen
						_ = cmd.Run()
						code := cmd.ProcessState.ExitCode()
						if failed := strings.Contains(screen.String(), "ledger"); code != 0 && (code != 2 && code != 3 || !failed) {
							t.Errorf("exit code %d\n%s", code, screen)
						}
						if code == 3 {
							silent(t, trace, log)
						}
						_ = plainCommand(t, dir, fast(address)...).Run()
						found := verdict(t, server, dir, base, rows)
						stats := server.Snapshot()
						if doubts := inDoubt(found); doubts > workers || len(stats.Created)+doubts < rows || stats.Posts > rows {
							t.Errorf("exit %d, %d rows in doubt, %d companies, %d requests", code, doubts, len(stats.Created), stats.Posts)
						}
					})
				}
			}
		}
	}
}

// silent expects that no request began after a run had stopped because its ledger
// failed, that it said so, and that between the failed call and the stop there left
// no more than had been claimed before.
func silent(t *testing.T, trace, log string) {
	t.Helper()
	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	call := regexp.MustCompile(`(?m)^\d+ +(\d+)\.(\d+) .*\(INJECTED\)$`).FindStringSubmatch(string(text))
	if call == nil {
		t.Fatalf("no call failed\n%s", text)
	}
	failed, err := time.ParseDuration(call[1] + "s" + call[2] + "us")
	if err != nil {
		t.Fatal(err)
	}
	patient(t, log, nil, 0)
	if text, err = os.ReadFile(log); err != nil {
		t.Fatal(err)
	}
	stops, after := 0, 0
	for _, l := range logLines(t, text) {
		if l.Msg == "stop" {
			stops++
		}
		if l.Begun.After(time.Unix(0, int64(failed))) {
			after++
		}
	}
	if stops != 1 || after >= workers {
		t.Errorf("%d stops were logged, and %d requests began after a call had failed\n%s", stops, after, text)
	}
}

// TestKilledInCheckpoint is C12: killed at the n-th write into the database
// itself, which only a checkpoint makes.
func TestKilledInCheckpoint(t *testing.T) {
	const rows = 400
	killed := 0
	for i := range crashes {
		server, address := serve(t, sandbox.Config{})
		dir, base, ledger := prepared(t, address, rows)
		cmd := traced(plainCommand(t, dir, fast(address)...), "-o", "/dev/null", "-P", ledger, "-e", "trace=pwrite64",
			"-e", fmt.Sprintf("inject=pwrite64:signal=KILL:when=%d", 1+3*i))
		_ = cmd.Run()
		if cmd.ProcessState.ExitCode() != 0 {
			killed++
		}
		_ = plainCommand(t, dir, fast(address)...).Run()
		found := verdict(t, server, dir, base, rows)
		if n := inDoubt(found); n > workers {
			t.Errorf("%d rows are in doubt", n)
		}
	}
	if killed < crashes/2 {
		t.Errorf("%d of %d runs came to a checkpoint", killed, crashes)
	}
	t.Logf("%d kills in a checkpoint", killed)
}

// TestPowerLoss is what T7 comes to without a replay of the disk: when a request
// leaves, all that was written to the ledger has been synced, so that there is
// nothing that a power cut could take.
func TestPowerLoss(t *testing.T) {
	const rows = 50
	server, address := serve(t, sandbox.Config{})
	dir, base, ledger := prepared(t, address, rows)
	record := filepath.Join(t.TempDir(), "calls")
	cmd := traced(plainCommand(t, dir, fast(address, "--concurrency", "1")...), "-y", "-s", "16", "-o", record, "-e", "trace=pwrite64,fsync,fdatasync,write")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	unsynced, requests, writes := 0, 0, 0
	for line := range strings.Lines(string(text)) {
		wal := strings.Contains(line, ledger+"-wal>")
		switch {
		case wal && strings.Contains(line, "pwrite64("):
			unsynced++
			writes++
		case wal && strings.Contains(line, "sync("):
			unsynced = 0
		case strings.Contains(line, `"POST /LMPI/`):
			requests++
			if unsynced > 0 {
				t.Fatalf("request %d leaves after %d writes that are not on disk", requests, unsynced)
			}
		}
	}
	if requests != rows-1 || writes < rows {
		t.Errorf("%d requests and %d writes were seen", requests, writes)
	}
	verdict(t, server, dir, base, rows)
}

// TestPauseOnASlowDisk: a row that was being recorded when everybody was asked to
// wait does wait.
func TestPauseOnASlowDisk(t *testing.T) {
	var faults []sandbox.Rule
	for _, text := range []string{"429-retry#20", "429-retry#35", "503-retry#50"} {
		faults = append(faults, mustRule(t, text))
	}
	server, address := serve(t, sandbox.Config{Faults: faults, RetryAfter: 2 * time.Second})
	dir, base, ledger := prepared(t, address, 60)
	cmd := traced(plainCommand(t, dir, fast(address)...), "-o", "/dev/null", "-P", ledger+"-wal", "-e", "trace=fsync", "-e", "inject=fsync:delay_exit=150000")
	if err := cmd.Run(); err != nil {
		t.Error(err)
	}
	verdict(t, server, dir, base, 60)
}
