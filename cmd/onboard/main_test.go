package main

import (
	"bufio"
	"encoding/csv"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

// The credentials of the sandboxes that tests start.
const (
	sandboxToken  = "00000000-0000-4000-8000-5a4db0000000"
	sandboxSecret = "synthetic-sandbox-secret"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	testscript.Main(m, map[string]func(){
		"onboard": func() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestScript runs the program as its users do. Each script stands alone.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("XDG_STATE_HOME", filepath.Join(e.WorkDir, "state"))
			samples, err := filepath.Abs("../../samples")
			e.Setenv("SAMPLES", samples)
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exit": exits, "column": column, "rows": countRows, "sandbox": serveScript},
	})
}

// exits runs a program that must end with the given code: exit 2 onboard …
func exits(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if err != nil {
		if _, e := fmt.Sscanf(err.Error(), "exit status %d", &code); e != nil {
			ts.Fatalf("%v", err)
		}
	}
	if fmt.Sprint(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// serveScript starts onboard sandbox with the given flags for the rest of a script,
// and sets $SANDBOX to its address and the credentials to its own.
func serveScript(ts *testscript.TestScript, _ bool, args []string) {
	cmd := exec.Command(filepath.Join(filepath.SplitList(ts.Getenv("PATH"))[0], "onboard"), append([]string{"sandbox", "--listen", "127.0.0.1:0"}, args...)...)
	address, text, err := listening(cmd)
	if err != nil {
		ts.Fatalf("no sandbox: %s%v", text, err)
	}
	ts.Defer(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	ts.Setenv("SANDBOX", address)
	for _, m := range regexp.MustCompile(`export (\w+)=(\S+)`).FindAllStringSubmatch(text, -1) {
		ts.Setenv(m[1], m[2])
	}
}

// listening starts a sandbox, and returns its address and what it says first.
func listening(cmd *exec.Cmd) (address, text string, err error) {
	screen, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return "", "", err
	}
	for lines := bufio.NewScanner(screen); !strings.Contains(text, "onboard submit"); {
		if !lines.Scan() {
			return "", text, cmd.Wait()
		}
		text += lines.Text() + "\n"
	}
	return regexp.MustCompile(`http://[0-9.:]+`).FindString(text), text, nil
}

// column prints one column of a CSV file to stdout-like file: column FILE NAME want…
func column(ts *testscript.TestScript, neg bool, args []string) {
	records := readCSV(ts, args[0])
	index := -1
	for i, name := range records[0] {
		if strings.TrimPrefix(name, "\ufeff") == args[1] {
			index = i
		}
	}
	if index < 0 {
		ts.Fatalf("%s has no column %s: %v", args[0], args[1], records[0])
	}
	var got []string
	for _, r := range records[1:] {
		got = append(got, r[index])
	}
	if diff := cmp.Diff(args[2:], got); (diff != "") != neg {
		ts.Fatalf("%s of %s (-want +got)\n%s", args[1], args[0], diff)
	}
}

// countRows checks how many rows a CSV file has: rows FILE 3
func countRows(ts *testscript.TestScript, _ bool, args []string) {
	if got := len(readCSV(ts, args[0])) - 1; fmt.Sprint(got) != args[1] {
		ts.Fatalf("%s has %d rows, want %s", args[0], got, args[1])
	}
}

func readCSV(ts *testscript.TestScript, name string) [][]string {
	r := csv.NewReader(strings.NewReader(ts.ReadFile(name)))
	r.FieldsPerRecord = -1
	records, err := r.ReadAll()
	if err != nil || len(records) == 0 {
		ts.Fatalf("%s: %d records, %v", name, len(records), err)
	}
	return records
}

// What differs from run to run, and what the golden files have instead.
var passing = []struct {
	*regexp.Regexp
	with string
}{
	{regexp.MustCompile(`https://activation\.example/partner\?t=[\w-]+`), "https://activation.example/partner?t=TOKEN"},
	{regexp.MustCompile(`((?:^|\n)\d+[,;]created[,;])[\w-]+`), "${1}TOKEN"},
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "TRACE-ID"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`), "TIME"},
	{regexp.MustCompile(`("p\d\d_ms"): [\d.]+`), "${1}: 0"},
}

// TestSamples submits every sample to the sandbox and compares all that comes
// out, the screen included, with samples/expected.
func TestSamples(t *testing.T) {
	sheets, err := filepath.Glob("../../samples/*.csv")
	if err != nil || len(sheets) < 8 {
		t.Fatalf("%d samples, %v", len(sheets), err)
	}
	for _, sheet := range sheets {
		name := strings.TrimSuffix(filepath.Base(sheet), ".csv")
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			t.Chdir(dir)
			b := golden(t, filepath.Join("..", "..", "samples", name+".csv"))
			if err := os.WriteFile(name+".csv", b, 0o600); err != nil {
				t.Fatal(err)
			}
			var screen strings.Builder
			code := run([]string{"submit", name + ".csv", "--target", "sandbox", "--yes", "--rate-limit", "10000/s"}, strings.NewReader(""), &screen, &screen)
			fmt.Fprintf(&screen, "exit code %d\n", code)
			if err := os.WriteFile("screen.txt", []byte(screen.String()), 0o600); err != nil {
				t.Fatal(err)
			}
			compare(t, dir, filepath.Join(source, "samples", "expected", name), name+".csv")
		})
	}
}

// source is the root of the project, whatever the working folder is.
var source = func() string {
	root, err := filepath.Abs("../..")
	if err != nil {
		panic(err)
	}
	return root
}()

func golden(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(source, "cmd", "onboard", path))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// compare holds every file of got, but the input, against those of want.
func compare(t *testing.T, got, want, input string) {
	t.Helper()
	files, err := os.ReadDir(got)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		if f.Name() == input {
			continue
		}
		names = append(names, f.Name())
		b, err := os.ReadFile(filepath.Join(got, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		for _, p := range passing {
			text = p.ReplaceAllString(text, p.with)
		}
		path := filepath.Join(want, f.Name())
		if *update {
			_ = os.MkdirAll(want, 0o755)
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		expected, _ := os.ReadFile(path)
		if diff := cmp.Diff(string(expected), text); diff != "" {
			t.Errorf("%s (-want +got)\n%s", f.Name(), diff)
		}
	}
	expected, _ := os.ReadDir(want)
	var wanted []string
	for _, f := range expected {
		wanted = append(wanted, f.Name())
	}
	if diff := cmp.Diff(wanted, names); diff != "" {
		t.Errorf("files (-want +got)\n%s", diff)
	}
}

// readRecords reads a CSV file whose rows are all as long as its header.
func readRecords(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", path, err))
	}
	return records
}
