//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"onboard/pkg/sandbox"
)

// TestSecrets is T16: the credentials, and what the API gives, are in no place
// where they do not belong: not in a file, on the screen, in the process list or
// in the stack trace of a crash.
func TestSecrets(t *testing.T) {
	t.Parallel()
	var faults []sandbox.Rule
	for _, text := range []string{"429#2", "400@00003", "empty-token@00005", "not-json@00009", "cut-json@00013", "reset-after@00020", "huge@00025"} {
		faults = append(faults, mustRule(t, text))
	}
	for _, level := range []string{"debug", "info", "error"} {
		t.Run(level, func(t *testing.T) {
			server, address := serve(t, sandbox.Config{Faults: faults, Latency: 20 * time.Millisecond})
			dir := t.TempDir()
			generate(t, filepath.Join(dir, "list.csv"), 40)
			cmd := onboardCommand(dir, fast(address, "--log-file", "run.log", "--log-level", level, "--concurrency", "1", "--report", "report.html")...)
			screen, err := os.Create(filepath.Join(dir, "screen.txt")) // the judge reads it with the rest
			if err != nil {
				t.Fatal(err)
			}
			defer screen.Close()
			cmd.Stdout, cmd.Stderr = screen, screen
			started(t, cmd, server, 5)
			line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", cmd.Process.Pid))
			if err != nil || bytes.Contains(line, []byte(sandboxSecret)) || bytes.Contains(line, []byte(sandboxToken)) {
				t.Errorf("the process list: %q %v", line, err)
			}
			_ = cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != 4 {
				t.Errorf("exit code %d", code)
			}
			verdict(t, server, dir, filepath.Join(dir, "list"), 40)
			for _, path := range files(t, dir) {
				if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 && filepath.Base(path) != "screen.txt" {
					t.Errorf("%s has mode %v", path, info.Mode())
				}
			}
		})
	}
}

// TestCrashTellsNothing asks the runtime for the stacks of all goroutines in the
// middle of a run, as a panic would print them.
func TestCrashTellsNothing(t *testing.T) {
	t.Parallel()
	server, address := serve(t, sandbox.Config{Latency: 50 * time.Millisecond})
	dir := t.TempDir()
	generate(t, filepath.Join(dir, "list.csv"), 100)
	cmd := plainCommand(t, dir, fast(address)...)
	cmd.Env = append(cmd.Env, "GOTRACEBACK=all")
	var screen bytes.Buffer
	cmd.Stderr = &screen
	started(t, cmd, server, 20)
	_ = cmd.Process.Signal(syscall.SIGQUIT)
	_ = cmd.Wait()
	if !strings.Contains(screen.String(), "goroutine ") {
		t.Fatalf("no stacks: %s", screen.String())
	}
	if err := os.WriteFile(filepath.Join(dir, "screen.txt"), screen.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	_ = plainCommand(t, dir, fast(address)...).Run()
	if n := inDoubt(verdict(t, server, dir, filepath.Join(dir, "list"), 100)); n > workers {
		t.Errorf("%d rows are in doubt", n)
	}
}

// TestBadSecretIsNotQuoted: a credential that cannot be a header is refused, and
// its text is kept back.
func TestBadSecretIsNotQuoted(t *testing.T) {
	for _, name := range []string{tokenVariable, secretVariable} {
		for _, spoilt := range []string{sandboxSecret + "\n", "\t" + sandboxSecret, sandboxSecret + "é\x7f"} {
			s := newSession(t, sandbox.Config{})
			t.Setenv(name, spoilt)
			generate(t, "list.csv", 3)
			code, screen := s.submit("list.csv")
			if strings.Contains(screen, sandboxSecret) || s.server.Snapshot().Posts > 0 || code != 2 {
				t.Errorf("%s=%q: exit %d, %d requests\n%s", name, spoilt, code, s.server.Snapshot().Posts, screen)
			}
		}
	}
}
