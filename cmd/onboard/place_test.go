//go:build linux

package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/sandbox"
)

// TestPrivateFiles is T17: whatever the umask and whatever stands in the way,
// the outputs are the user's own, and nothing else is touched.
func TestPrivateFiles(t *testing.T) {
	for _, umask := range []string{"000", "022", "077"} {
		t.Run(umask, func(t *testing.T) {
			t.Parallel()
			server, address := serve(t, sandbox.Config{Faults: []sandbox.Rule{mustRule(t, "500@00002")}})
			dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "outside")
			base := filepath.Join(dir, "list")
			generate(t, base+".csv", 10)
			for _, path := range []string{outside, outside + "2"} {
				if err := os.WriteFile(path, []byte("not ours\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			for kind, plant := range map[string]func(string) error{
				"problems": func(p string) error { return os.Symlink(outside, p) },
				"errors":   func(p string) error { return os.Link(outside+"2", p) },
				"results":  func(p string) error { return os.WriteFile(p, []byte("onboard_token,onboard_link\n"), 0o644) },
			} {
				if err := plant(base + "." + kind + ".csv"); err != nil {
					t.Fatal(err)
				}
			}
			text, _ := shell(onboardCommand(dir, fast(address, "--log-file", "run.log")...), "umask "+umask).CombinedOutput()
			t.Logf("%s", text)
			verdict(t, server, dir, base, 10)
			for _, path := range files(t, dir) {
				if info, err := os.Lstat(path); err != nil || info.Mode() != 0o600 {
					t.Errorf("%s has mode %v", path, info.Mode())
				}
			}
			for _, path := range []string{outside, outside + "2"} {
				b, err := os.ReadFile(path)
				if info, _ := os.Stat(path); err != nil || string(b) != "not ours\n" || info.Mode() != 0o644 {
					t.Errorf("the file outside: %q %v %v", b, info.Mode(), err)
				}
			}
		})
	}
}

// TestNoPlaceForOutputs: where the outputs cannot be written, nothing is sent.
func TestNoPlaceForOutputs(t *testing.T) {
	s := newSession(t, sandbox.Config{})
	generate(t, "list.csv", 3)
	if err := os.Mkdir("list.results.csv", 0o700); err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{".", "/proc", "list.csv/below"} {
		if code, screen := s.submit("list.csv", "--out", out); code != 2 || s.server.Snapshot().Posts > 0 {
			t.Errorf("--out %s: exit %d, %d requests\n%s", out, code, s.server.Snapshot().Posts, screen)
		}
	}
}

// TestKilledWhileExporting is the rest of T17: killed at any moment of a run that
// only writes files, the program leaves old files or new ones.
func TestKilledWhileExporting(t *testing.T) {
	t.Parallel()
	const rows = 3000
	server, address := serve(t, sandbox.Config{})
	dir := t.TempDir()
	base := filepath.Join(dir, "list")
	generate(t, base+".csv", rows)
	for range 2 { // the second gives the files that all later ones must give
		if err := plainCommand(t, dir, fast(address)...).Run(); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	_ = plainCommand(t, dir, fast(address)...).Run()
	took := time.Since(began)
	want, err := os.ReadFile(base + ".results.csv")
	if err != nil {
		t.Fatal(err)
	}
	for i := range exportKills {
		cmd := plainCommand(t, dir, fast(address)...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(took * time.Duration(i+1) / exportKills)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		whole(t, base)
		if got, err := os.ReadFile(base + ".results.csv"); err != nil || string(got) != string(want) {
			t.Fatalf("kill %d: the results are others, %v", i, err)
		}
	}
	age(t, dir)
	if err := plainCommand(t, dir, fast(address)...).Run(); err != nil {
		t.Fatal(err)
	}
	verdict(t, server, dir, base, rows)
	if n := server.Snapshot().Posts; n != rows {
		t.Errorf("%d requests for %d rows", n, rows)
	}
	for _, path := range files(t, dir) {
		if strings.HasSuffix(path, ".tmp") {
			t.Errorf("%s was left", path)
		}
	}
}

// TestLedgerTakenAway removes, moves and replaces the ledger during a run.
func TestLedgerTakenAway(t *testing.T) {
	for name, take := range map[string]func(string) error{
		"removed":  os.Remove,
		"moved":    func(p string) error { return os.Rename(p, p+".mine") },
		"replaced": func(p string) error { return os.Rename(replacement(p), p) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const rows = 150
			server, address := serve(t, sandbox.Config{Latency: 20 * time.Millisecond})
			dir := t.TempDir()
			base, ledger := filepath.Join(dir, "list"), filepath.Join(dir, "state", "onboard", "ledger.db")
			generate(t, base+".csv", rows)
			cmd := plainCommand(t, dir, fast(address)...)
			screen := &strings.Builder{}
			cmd.Stderr = screen
			started(t, cmd, server, 40)
			if err := take(ledger); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			posts := server.Snapshot().Posts
			saved, _ := filepath.Glob(ledger + ".saved-*")
			if code := cmd.ProcessState.ExitCode(); code != 3 || posts == rows || len(saved) != 1 || !strings.Contains(screen.String(), saved[0]) {
				t.Fatalf("exit %d after %d requests; saved: %v\n%s", code, posts, saved, screen)
			}
			again := plainCommand(t, dir, fast(address)...)
			_ = again.Run()
			if code := again.ProcessState.ExitCode(); code != 2 || server.Snapshot().Posts != posts {
				t.Errorf("without the ledger: exit %d, %d requests more", code, server.Snapshot().Posts-posts)
			}
			if err := os.Rename(saved[0], ledger); err != nil {
				t.Fatal(err)
			}
			os.Remove(ledger + ".mine")
			_ = plainCommand(t, dir, fast(address)...).Run()
			found := verdict(t, server, dir, base, rows)
			// A claim that was not yet written when the file went is lost with no request made.
			if n := inDoubt(found); n > workers || len(server.Snapshot().Created) < rows-workers {
				t.Errorf("%d rows in doubt, %d companies", n, len(server.Snapshot().Created))
			}
		})
	}
}

// TestLedgerWrittenOver copies a backup over the ledger during a run, as "cp backup.db
// ledger.db" does: the run stops, keeps its links, and leaves the backup whole; no run
// starts on it as if nothing had been.
func TestLedgerWrittenOver(t *testing.T) {
	t.Parallel()
	const rows = 150
	server, address := serve(t, sandbox.Config{Latency: 20 * time.Millisecond})
	dir := t.TempDir()
	base, ledger := filepath.Join(dir, "list"), filepath.Join(dir, "state", "onboard", "ledger.db")
	backup := filepath.Join(dir, "backup.db")
	generate(t, base+".csv", rows)
	_ = plainCommand(t, dir, fast(address, "--limit", "3")...).Run()
	if text, err := plainCommand(t, dir, "status", "--backup", backup).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	cmd := plainCommand(t, dir, fast(address)...)
	screen := &strings.Builder{}
	cmd.Stderr = screen
	started(t, cmd, server, 40)
	if text, err := exec.Command("cp", backup, ledger).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	_ = cmd.Wait()
	posts := server.Snapshot().Posts
	logs, _ := filepath.Glob(ledger + ".overwritten-*")
	if code := cmd.ProcessState.ExitCode(); code != 3 || posts == rows || len(logs) != 1 || !strings.Contains(screen.String(), "was written over while in use") {
		t.Fatalf("exit %d after %d requests, %v\n%s", code, posts, logs, screen)
	}
	if text, err := os.ReadFile(base + ".results.rescued-1.csv"); err != nil || strings.Count(string(text), "\n") < 30 {
		t.Errorf("the links of the run: %s%v", text, err)
	}
	for range 2 { // beside the log, and by the lock of the dead run when that was moved away
		again := plainCommand(t, dir, fast(address)...)
		text, _ := again.CombinedOutput()
		if code := again.ProcessState.ExitCode(); code != 2 || server.Snapshot().Posts != posts || strings.Contains(string(text), "malformed") {
			t.Errorf("exit %d, %d requests more\n%s", code, server.Snapshot().Posts-posts, text)
		}
		_ = os.Rename(logs[0], filepath.Join(dir, "moved"))
	}
	if text, err := plainCommand(t, dir, "status").CombinedOutput(); err != nil || !strings.Contains(string(text), " 3\n") {
		t.Errorf("the backup: %v\n%s", err, text)
	}
}

func replacement(path string) string {
	_ = os.WriteFile(path+".other", nil, 0o600)
	return path + ".other"
}

// TestLedgerFull runs into the end of the disk, which is a limit on the size of
// files here: nothing more is sent, and what was answered is not lost.
func TestLedgerFull(t *testing.T) {
	t.Parallel()
	const rows = 400
	server, address := serve(t, sandbox.Config{Latency: 5 * time.Millisecond})
	dir := t.TempDir()
	base := filepath.Join(dir, "list")
	generate(t, base+".csv", rows)
	cmd := shell(plainCommand(t, dir, fast(address)...), "ulimit -f 1600")
	screen := &strings.Builder{}
	cmd.Stderr = screen
	_ = cmd.Run()
	posts := server.Snapshot().Posts
	if code := cmd.ProcessState.ExitCode(); code != 3 || posts == 0 || posts == rows || !strings.Contains(screen.String(), "nothing more is sent") {
		t.Fatalf("exit %d after %d requests\n%s", code, posts, screen)
	}
	_ = plainCommand(t, dir, fast(address)...).Run()
	found := verdict(t, server, dir, base, rows)
	if n := inDoubt(found); n > 0 {
		t.Errorf("%d rows are in doubt though every answer could be spilled", n)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "state", "onboard", "*.spill-*")); len(left) > 0 {
		t.Errorf("not read back: %v", left)
	}
}

// TestLedgerReadOnly: a ledger that cannot be written is no ledger. The program
// runs as nobody where the tests run as root, whom no mode stops.
func TestLedgerReadOnly(t *testing.T) {
	server, address := serve(t, sandbox.Config{})
	dir, err := os.MkdirTemp("", "onboard-read-only-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700); os.RemoveAll(dir) })
	generate(t, filepath.Join(dir, "list.csv"), 5)
	if err := os.Mkdir(filepath.Join(dir, "own"), 0o700); err != nil {
		t.Fatal(err)
	}
	if text, err := plainCommand(t, dir, fast(address, "--ledger", "own/ledger.db", "--limit", "2")...).CombinedOutput(); err == nil || server.Snapshot().Posts != 2 {
		t.Fatalf("%v: %s", err, text)
	}
	if err := os.Mkdir(filepath.Join(dir, "out"), 0o700); err != nil {
		t.Fatal(err)
	}
	for path, mode := range map[string]os.FileMode{".": 0o755, "out": 0o777, "list.csv": 0o644, "own": 0o555, "own/ledger.db": 0o444} {
		if err := os.Chmod(filepath.Join(dir, path), mode); err != nil {
			t.Fatal(err)
		}
	}
	cmd := plainCommand(t, dir, fast(address, "--ledger", "own/ledger.db", "--out", "out")...)
	if os.Getuid() == 0 {
		for _, path := range []string{"own", "own/ledger.db", "own/ledger.db.owners"} {
			if err := os.Chown(filepath.Join(dir, path), 65534, 65534); err != nil {
				t.Fatal(err)
			}
		}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		cmd.Path = copyOf(t, cmd.Path, dir)
	}
	screen := &strings.Builder{}
	cmd.Stderr = screen
	_ = cmd.Run()
	if diff := cmp.Diff([]any{2, 2}, []any{cmd.ProcessState.ExitCode(), server.Snapshot().Posts}); diff != "" || !strings.Contains(screen.String(), "ledger") {
		t.Errorf("exit code and requests (-want +got)\n%s%s", diff, screen)
	}
}

// copyOf puts a program where everybody may run it.
func copyOf(t *testing.T, path, dir string) string {
	t.Helper()
	from, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	to, err := os.OpenFile(filepath.Join(dir, "program"), os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(fmt.Errorf("copy: %w", err))
	}
	return to.Name()
}
