package main

import (
	"bytes"
	"database/sql"
	"encoding/base64"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/report"
	"onboard/pkg/sandbox"
)

// childVariable makes the test binary the program itself.
const childVariable = "ONBOARD_TEST_CHILD"

// onboardCommand is the program as a process of its own, talking to a sandbox.
func onboardCommand(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), childVariable+"=1", tokenVariable+"="+sandboxToken, secretVariable+"="+sandboxSecret,
		"XDG_STATE_HOME="+filepath.Join(dir, "state"), "GORACE=atexit_sleep_ms=0") // the race detector sleeps a second at each exit
	return cmd
}

// plain is the program without the race detector, which would make each of a
// thousand starts ten times as slow.
var plain = sync.OnceValues(func() (string, error) {
	if !raceDetector {
		return os.Args[0], nil
	}
	path := filepath.Join(source, "bin", "onboard-battery")
	text, err := exec.Command("go", "build", "-tags", "crashpoints", "-o", path, filepath.Join(source, "cmd", "onboard")).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, text)
	}
	return path, err
})

// plainCommand is onboardCommand without the race detector.
func plainCommand(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := plain()
	if err != nil {
		t.Fatal(err)
	}
	cmd := onboardCommand(dir, args...)
	cmd.Path, cmd.Args[0] = path, path
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
	generateFrom(t, path, 0, n)
}

// generateFrom is generate for partners that begin with a certain one.
func generateFrom(t *testing.T, path string, first, n int) {
	t.Helper()
	var b strings.Builder
	b.WriteString("company_name,country,data_center,first_name,last_name,email\n")
	for i := first; i < first+n; i++ {
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

// late is what a machine with more work than it can do makes of a fresh stamp.
// TestFreshStamps is strict.
var late = regexp.MustCompile(`x-posix-time that is [3-9] s off`)

// early is a request in a pause, as the server sees it; who sent it may not have
// heard of the pause. Where this is let through, patient asks who had.
var early = regexp.MustCompile(`before a Retry-After expires`)

// judge holds what the sandbox knows against what came out: nothing created
// twice, nothing created unlisted, every token the true one.
func judge(t *testing.T, server *sandbox.Server, found map[string]map[string]string, excused ...*regexp.Regexp) {
	t.Helper()
	stats := server.Snapshot()
	for _, v := range stats.Violations {
		if slices.ContainsFunc(append(excused, late), func(e *regexp.Regexp) bool { return e.MatchString(v) }) {
			t.Logf("the server noted: %s", v)
			continue
		}
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

// verdict is the whole judge, J1 to J7, over the sandbox, the outputs that stand
// at base, and every ledger and file below dir.
func verdict(t *testing.T, server *sandbox.Server, dir, base string, rows int, excused ...*regexp.Regexp) map[string]map[string]string {
	t.Helper()
	return verdictOn(inFile, t, server, dir, base, rows, excused...)
}

// keeping is where the ledger of a test is: the flags that say so, and what is
// asked of it at the end (J6).
type keeping struct {
	flags  []string
	intact func(t *testing.T, dir string)
}

var inFile = keeping{nil, intact}

func verdictOn(kept keeping, t *testing.T, server *sandbox.Server, dir, base string, rows int, excused ...*regexp.Regexp) map[string]map[string]string {
	t.Helper()
	found := outputs(t, base, rows)
	judge(t, server, found, excused...)
	sums(t, base, found)
	kept.intact(t, dir)
	secretless(t, dir, server)
	return found
}

// logLine is a line of a log, or of the sandbox's journal.
type logLine struct {
	Msg       string
	At        time.Time // arrival at the server
	TS, Begun time.Time // when the line was written; just before the first byte
	Trace     string    `json:"trace_id"`
	Fault     string
}

func logLines(t *testing.T, text []byte) (lines []logLine) {
	t.Helper()
	for decoder := json.NewDecoder(bytes.NewReader(text)); ; {
		var l logLine
		if err := decoder.Decode(&l); errors.Is(err, io.EOF) {
			return lines
		} else if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l)
	}
}

// patient asks of a run whether it sent anything in a pause of which it had been
// told, or after it had stopped, and makes no allowance. A run writes the line of an
// answer, or of its stop, when all have been told, and notes the time before it
// looks for the last time, just before the first byte of a request. The pause ends
// no sooner than its length after the server got the request that it refused. All
// clocks are those of one computer. patient counts the pauses.
func patient(t *testing.T, path string, journal []logLine, pause time.Duration) int {
	t.Helper()
	until := map[string]time.Time{} // by the trace id of the request that was refused
	for _, l := range journal {
		if strings.HasSuffix(l.Fault, "-retry") {
			until[l.Trace] = l.At.Add(pause)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := logLines(t, text)
	var pauses []logLine
	stopped := time.Now()
	for _, l := range lines {
		if !until[l.Trace].IsZero() {
			pauses = append(pauses, l)
		}
		if l.Msg == "stop" {
			stopped = l.TS
		}
	}
	for _, l := range lines {
		for _, p := range pauses {
			if l.Begun.After(p.TS) && l.Begun.Before(until[p.Trace]) {
				t.Errorf("%s: a request left %v before the end of a pause that was known for %v", path, until[p.Trace].Sub(l.Begun), l.Begun.Sub(p.TS))
			}
		}
		if l.Begun.After(stopped) {
			t.Errorf("%s: a request left %v after the run had stopped", path, l.Begun.Sub(stopped))
		}
	}
	return len(pauses)
}

// sums holds the numbers of the summary against the files (J4).
func sums(t *testing.T, base string, found map[string]map[string]string) {
	t.Helper()
	var sum report.Summary
	b, err := os.ReadFile(base + ".summary.json")
	if err != nil || json.Unmarshal(b, &sum) != nil {
		t.Errorf("%v: %s", err, b)
		return
	}
	counts := map[string]int{}
	for status := range sum.Counts {
		counts[status] = 0
	}
	for _, row := range found {
		counts[row["onboard_status"]]++
	}
	if diff := cmp.Diff(counts, sum.Counts); diff != "" || sum.Input.Rows != len(found) {
		t.Errorf("%d rows; the files and the summary differ (-files +summary)\n%s", sum.Input.Rows, diff)
	}
}

// intact has SQLite check every ledger below dir, and expects that no row is
// left to be on its way (J6).
func intact(t *testing.T, dir string) {
	t.Helper()
	ledgers := 0
	for _, path := range files(t, dir) {
		if filepath.Ext(path) != ".db" {
			continue
		}
		ledgers++
		db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", OmitHost: true, Path: path}).String())
		if err != nil {
			t.Fatal(err)
		}
		var word string
		var open int
		if err := db.QueryRow("PRAGMA integrity_check").Scan(&word); err != nil || word != "ok" {
			t.Errorf("%s: %s %v", path, word, err)
		}
		if err := db.QueryRow("SELECT count(*) FROM partners WHERE state = 'sending'").Scan(&open); err != nil || open > 0 {
			t.Errorf("%s: %d rows are still on their way, %v", path, open, err)
		}
		db.Close()
	}
	if ledgers == 0 {
		t.Errorf("there is no ledger in %s", dir)
	}
}

// files lists the ordinary files below dir.
func files(t *testing.T, dir string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// disguises are the forms in which a secret could get out.
func disguises(secret string) []string {
	quoted, _ := json.Marshal(secret)
	return []string{secret, base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
		hex.EncodeToString([]byte(secret)), url.QueryEscape(secret), strings.Trim(string(quoted), `"`)}
}

// secretless looks for credentials in every file, and for tokens in every file
// that is not results or a ledger (J7).
func secretless(t *testing.T, dir string, server *sandbox.Server) {
	t.Helper()
	var secrets []string
	for _, secret := range []string{sandboxToken, sandboxSecret} {
		secrets = append(secrets, disguises(secret)...)
	}
	creations := server.Creations()
	for _, path := range files(t, dir) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range secrets {
			if bytes.Contains(text, []byte(secret)) {
				t.Errorf("%q stands in %s", secret, path)
			}
		}
		if strings.Contains(path, "ledger.db") || strings.Contains(path, ".results.csv") {
			continue
		}
		for _, c := range creations[:min(len(creations), 50)] {
			if bytes.Contains(text, []byte(c.Token)) {
				t.Errorf("the token of %s stands in %s", c.Company, path)
			}
		}
	}
}

// inDoubt counts the rows in doubt.
func inDoubt(found map[string]map[string]string) (n int) {
	for _, row := range found {
		if row["file"] == "in-doubt" {
			n++
		}
	}
	return n
}

// whole expects that each output that is there is an old or a new one, but no
// half.
func whole(t *testing.T, base string) {
	t.Helper()
	for _, kind := range []string{"results", "errors", "in-doubt", "problems"} {
		b, err := os.ReadFile(base + "." + kind + ".csv")
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := csv.NewReader(bytes.NewReader(b)).ReadAll(); err != nil || len(b) == 0 || b[len(b)-1] != '\n' {
			t.Errorf("%s.%s.csv is half a file: %v\n%s", base, kind, err, b)
		}
	}
}

// age makes what a dead run left older than the moment for which a file may be
// without its lock.
func age(t *testing.T, dir string) {
	t.Helper()
	old := time.Now().Add(-time.Minute)
	for _, path := range files(t, dir) {
		if strings.HasSuffix(path, ".tmp") {
			if err := os.Chtimes(path, old, old); err != nil {
				t.Fatal(err)
			}
		}
	}
}
