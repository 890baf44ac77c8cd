package main

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onboard/pkg/sandbox"
)

// childVariable makes the test binary the program itself.
const childVariable = "ONBOARD_TEST_CHILD"

// onboardCommand is the program as a process of its own, talking to a sandbox.
func onboardCommand(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), childVariable+"=1", tokenVariable+"="+sandboxToken, secretVariable+"="+sandboxSecret,
		"XDG_STATE_HOME="+filepath.Join(dir, "state"))
	return cmd
}

// serve starts a sandbox that every test ends by asking for violations.
func serve(t *testing.T, config sandbox.Config) (*sandbox.Server, string) {
	t.Helper()
	config.AccessToken, config.SecretKey = sandboxToken, sandboxSecret
	server := sandbox.New(config)
	address, stop, err := server.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return server, address
}

// company names the partner of a row in generated sheets.
func company(i int) string { return fmt.Sprintf("Company %05d", i) }

// generate writes a sheet of n good rows.
func generate(t *testing.T, path string, n int) {
	t.Helper()
	var b strings.Builder
	b.WriteString("company_name,country,data_center,first_name,last_name,email\n")
	for i := range n {
		fmt.Fprintf(&b, "%s,GB,UK,Ann,Lee,ann%d@example.com\n", company(i), i)
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// outputs reads the three files of a run and returns, by company, the file it
// stands in and the added cells.
func outputs(t *testing.T, base string, rows int) map[string]map[string]string {
	t.Helper()
	found := map[string]map[string]string{}
	for _, kind := range []string{"results", "errors", "in-doubt"} {
		f, err := os.Open(base + "." + kind + ".csv")
		if os.IsNotExist(err) && kind == "in-doubt" {
			continue
		} else if err != nil {
			t.Fatal(err)
		}
		records, err := csv.NewReader(f).ReadAll()
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records[1:] {
			row := map[string]string{"file": kind}
			for i, name := range records[0] {
				row[name] = r[i]
			}
			name := row["company_name"]
			if found[name] != nil {
				t.Errorf("%s stands in %s and in %s", name, found[name]["file"], kind)
			}
			found[name] = row
		}
	}
	if len(found) != rows {
		t.Errorf("%d rows came out, %d went in", len(found), rows)
	}
	return found
}

// judge holds what the sandbox knows against what came out: nothing created
// twice, nothing created unlisted, every token the true one.
func judge(t *testing.T, server *sandbox.Server, found map[string]map[string]string) {
	t.Helper()
	stats := server.Snapshot()
	for _, v := range stats.Violations {
		t.Errorf("the server noted: %s", v)
	}
	for name, tokens := range stats.Created {
		if len(tokens) != 1 {
			t.Errorf("%s was created %d times", name, len(tokens))
		}
		switch row := found[name]; {
		case row["file"] == "results" && row["onboard_token"] != tokens[0]:
			t.Errorf("%s has the token %s, not %s", name, row["onboard_token"], tokens[0])
		case row["file"] != "results" && row["file"] != "in-doubt":
			t.Errorf("%s was created and stands in %q", name, row["file"])
		}
	}
	for name, row := range found {
		if row["file"] == "results" && stats.Created[name] == nil {
			t.Errorf("%s stands in results and was never created", name)
		}
	}
}

// TestKilled kills the program at random moments, starts it again each time,
// and then judges.
func TestKilled(t *testing.T) {
	const rows, kills = 2000, 50
	server, address := serve(t, sandbox.Config{Latency: 5 * time.Millisecond})
	dir := t.TempDir()
	generate(t, filepath.Join(dir, "list.csv"), rows)
	args := []string{"submit", "list.csv", "--target", address, "--yes", "--rate-limit", "10000/s", "--concurrency", "8", "--quiet"}
	random := rand.New(rand.NewPCG(1, 2))
	killed := 0
	for range 4 * kills {
		cmd := onboardCommand(dir, args...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		before := len(server.Snapshot().Created)
		if killed < kills {
			// The clock of a kill starts when the run does something.
			for deadline := time.Now().Add(5 * time.Second); len(server.Snapshot().Created) == before && before < rows && time.Now().Before(deadline); {
				time.Sleep(time.Millisecond)
			}
			time.Sleep(time.Duration(random.IntN(30)) * time.Millisecond)
			if cmd.Process.Kill() == nil {
				killed++
			}
		}
		_ = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code == 0 || code == 4 {
			break
		} else if code != -1 {
			t.Fatalf("exit code %d", code)
		}
	}
	found := outputs(t, filepath.Join(dir, "list"), rows)
	judge(t, server, found)
	doubts := 0
	for _, row := range found {
		if row["file"] == "in-doubt" {
			doubts++
		}
	}
	if doubts > killed*8 || killed < kills {
		t.Errorf("%d rows in doubt after %d kills of 8 in flight", doubts, killed)
	}
	t.Logf("%d kills, %d rows in doubt, %d requests", killed, doubts, server.Snapshot().Posts)
}
