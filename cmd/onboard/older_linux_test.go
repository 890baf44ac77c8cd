package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"onboard/pkg/sandbox"
)

// TestOlderOutputsShut: an older output that can't be opened is not replaced, and
// nothing is sent.
func TestOlderOutputsShut(t *testing.T) {
	for name, plant := range map[string]func(string) error{
		"a link to itself": func(p string) error { return os.Symlink(filepath.Base(p), p) },
		"a pipe":           func(p string) error { return syscall.Mkfifo(p, 0o600) },
		"a link to a pipe": func(p string) error {
			return os.Symlink("pipe", p)
		},
	} {
		for _, kind := range []string{"results", "in-doubt", "errors"} {
			t.Run(kind+", "+name, func(t *testing.T) {
				s := newSession(t, sandbox.Config{})
				s.write("list.csv", sheetHeader+sheetRow("A"))
				if err := syscall.Mkfifo("pipe", 0o600); err != nil {
					t.Fatal(err)
				}
				if err := plant("list." + kind + ".csv"); err != nil {
					t.Fatal(err)
				}
				code, screen := s.submit("list.csv")
				if code != 2 || !strings.Contains(screen, "can't be read as one") || s.server.Snapshot().Posts > 0 {
					t.Errorf("exit %d, %d requests\n%s", code, s.server.Snapshot().Posts, screen)
				}
			})
		}
	}
}

// TestOlderOutputsNotReadable: the same for files that this user may not read, in a
// folder that is his. The program runs as nobody where the tests run as root.
func TestOlderOutputsNotReadable(t *testing.T) {
	server, address := serve(t, sandbox.Config{})
	dir, err := os.MkdirTemp("", "onboard-not-readable-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	generate(t, filepath.Join(dir, "list.csv"), 2)
	if err := os.Chmod(filepath.Join(dir, "list.csv"), 0o644); err != nil {
		t.Fatal(err)
	}
	program := ""
	for _, kind := range []string{"results", "in-doubt", "errors"} {
		path := filepath.Join(dir, "list."+kind+".csv")
		if err := os.WriteFile(path, []byte("onboard_token,onboard_link,onboard_trace_id\n"), 0); err != nil {
			t.Fatal(err)
		}
		cmd := plainCommand(t, dir, fast(address)...)
		if os.Getuid() == 0 {
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
			if program == "" {
				program = copyOf(t, cmd.Path, dir)
			}
			cmd.Path = program
		}
		text, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != 2 || !strings.Contains(string(text), "(permission denied)") || server.Snapshot().Posts > 0 {
			t.Errorf("%s: exit %d, %d requests\n%s", kind, code, server.Snapshot().Posts, text)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}
