//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/xuri/excelize/v2"
)

// TestDocs runs every command that stands in a code block of the documentation,
// page by page and in the order of the page, and finds in what it says every line
// that the page shows. A command is shown with "$ " before it when lines follow.
func TestDocs(t *testing.T) {
	for _, name := range documents(t) {
		t.Run(strings.ReplaceAll(name, "/", "_"), func(t *testing.T) {
			t.Parallel()
			commands := commandsOf(golden(t, filepath.Join("..", "..", name)))
			if len(commands) == 0 {
				return
			}
			p := newReader(t)
			if before[name] != "" {
				p.follow(t, documented{text: before[name]})
			}
			for _, c := range commands {
				p.follow(t, c)
			}
		})
	}
}

// before is what was typed before a page begins.
var before = map[string]string{
	"docs/ledger.md": "onboard submit minimal.csv --target http://127.0.0.1:8700 --ledger rehearsal.db",
}

// TestDocsFlags looks at every mention of a command, in the text, too: the command
// and its flags must exist.
func TestDocsFlags(t *testing.T) {
	mention := regexp.MustCompile("onboard [a-z]+[^`|#\n]*")
	for _, name := range documents(t) {
		for _, text := range mention.FindAllString(string(golden(t, filepath.Join("..", "..", name))), -1) {
			for _, missing := range unknownFlags(strings.Fields(text)[1:]) {
				t.Errorf("%s: there is no %s in: %s", name, missing, text)
			}
		}
	}
}

// unknownFlags are the flags among words that the command before them does not
// have. Words that are no command are not looked at: they are English.
func unknownFlags(words []string) (unknown []string) {
	root := newRoot(&console{})
	root.InitDefaultCompletionCmd()
	cmd, _, err := root.Find(words[:1])
	if err != nil || cmd == root {
		return nil
	}
	if sub, _, err := cmd.Find(words[1:]); err == nil {
		cmd = sub
	}
	for _, w := range words {
		name, _, _ := strings.Cut(strings.TrimRight(w, ".,;:)'\""), "=")
		if long, ok := strings.CutPrefix(name, "--"); ok && long != "" && long != "help" && !hasFlag(cmd, long) {
			unknown = append(unknown, name)
		}
	}
	return unknown
}

func hasFlag(cmd *cobra.Command, name string) bool {
	return cmd.Flags().Lookup(name) != nil || cmd.InheritedFlags().Lookup(name) != nil
}

// documents are all pages, by their paths from the root of the project.
func documents(t *testing.T) []string {
	t.Helper()
	pages, err := filepath.Glob(filepath.Join(source, "docs", "*.md"))
	if err != nil || len(pages) < 5 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	names := []string{"README.md", "samples/README.md"}
	for _, p := range pages {
		names = append(names, "docs/"+filepath.Base(p))
	}
	return names
}

// documented is one command of a page.
type documented struct {
	at    int // line of the page
	text  string
	shown []string // what the page says that it says
}

var commandLine = regexp.MustCompile(`^(\s*)(\$ )?((?:onboard [a-z-]|cp |mkdir ).*)$`)

// commandsOf finds the commands in the code blocks of a page: between fences, or
// indented by four spaces or more.
func commandsOf(page []byte) (found []documented) {
	fenced, current := false, -1 // the command whose lines are being collected
	lines := strings.Split(string(page), "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced, current = !fenced, -1
			continue
		}
		if strings.TrimSpace(line) == "" {
			continue // does not end a block
		}
		if indent := len(line) - len(strings.TrimLeft(line, " ")); !fenced && indent < 4 {
			current = -1
			continue
		}
		m := commandLine.FindStringSubmatch(line)
		if m == nil {
			if current >= 0 {
				found[current].shown = append(found[current].shown, strings.TrimSpace(line))
			}
			continue
		}
		c := documented{at: i + 1, text: m[3]}
		for strings.HasSuffix(c.text, `\`) && i+1 < len(lines) {
			i++
			c.text = strings.TrimSuffix(c.text, `\`) + strings.TrimSpace(lines[i])
		}
		found = append(found, c)
		current = -1
		if m[2] != "" {
			current = len(found) - 1
		}
	}
	return found
}

// reader is somebody who goes through a page and types what it says, in a folder
// with the samples, with a sandbox in another window.
type reader struct {
	dir     string
	port    string // of the sandbox
	sandbox *exec.Cmd
	env     []string
}

const documentedPort = "8700"

func newReader(t *testing.T) *reader {
	t.Helper()
	r := &reader{dir: t.TempDir(), port: freePort(t)}
	bin := t.TempDir()
	program, err := os.Executable()
	if err == nil {
		err = os.Symlink(program, filepath.Join(bin, "onboard"))
	}
	if err == nil {
		err = os.CopyFS(filepath.Join(r.dir, "samples"), os.DirFS(filepath.Join(source, "samples")))
	}
	if err == nil {
		err = os.CopyFS(r.dir, os.DirFS(filepath.Join(source, "cmd", "onboard", "testdata", "docs")))
	}
	if err == nil {
		err = os.Chmod(filepath.Join(r.dir, "onboard.env"), 0o600)
	}
	sheets, _ := filepath.Glob(filepath.Join(source, "samples", "*.csv"))
	for _, sheet := range sheets {
		if err == nil {
			err = os.WriteFile(filepath.Join(r.dir, filepath.Base(sheet)), golden(t, sheetPath(sheet)), 0o600)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	r.env = append(os.Environ(), childVariable+"=1", "PATH="+bin+":"+os.Getenv("PATH"), "HOME="+r.dir, "XDG_STATE_HOME="+filepath.Join(r.dir, "state"),
		tokenVariable+"="+sandboxToken, secretVariable+"="+sandboxSecret, "ONBOARD_RATE_LIMIT=1000/s", "TMPDIR="+r.dir)
	r.serve(t, "onboard sandbox")
	t.Cleanup(r.stop)
	return r
}

func sheetPath(sheet string) string {
	return filepath.Join("..", "..", "samples", filepath.Base(sheet))
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// follow types one command. The real targets are the sandbox here, a question is
// answered with --yes, and a template is filled in before it is used.
func (r *reader) follow(t *testing.T, c documented) {
	t.Helper()
	text, _, _ := strings.Cut(c.text, " #")
	if strings.HasPrefix(text, "onboard sandbox") && !strings.Contains(text, "list") {
		r.serve(t, text)
		return
	}
	r.prepare(t, text)
	out, code := r.type_(t, r.here(text))
	refused := slices.ContainsFunc(c.shown, func(line string) bool { return strings.HasPrefix(line, "onboard: ") })
	if (code == 2) != refused || code < 0 {
		t.Errorf("line %d: exit code %d of: %s\n%s", c.at, code, text, out)
	}
	if missing := notIn(out, c.shown); missing != "" {
		t.Errorf("line %d: %s\ndoes not say: %s\nbut:\n%s", c.at, text, missing, out)
	}
	r.fill(t, text)
}

// here is a command as it can be run in this place.
func (r *reader) here(text string) string {
	url := "http://127.0.0.1:" + r.port
	text = strings.ReplaceAll(text, documentedPort, r.port)
	for _, target := range []string{"staging", "production"} {
		text = regexp.MustCompile(`--target[ =]`+target+`\b`).ReplaceAllString(text, "--target "+url)
	}
	command, rest, _ := strings.Cut(strings.TrimSpace(text), " >")
	if asks.MatchString(command) && !strings.Contains(command, "--yes") {
		command += " --yes"
	}
	if rest != "" {
		command += " >" + rest
	}
	return command
}

var asks = regexp.MustCompile(`^onboard (submit|reconcile) `)

func (r *reader) type_(t *testing.T, text string) (out string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", text)
	cmd.Dir, cmd.Env = r.dir, r.env
	b, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", text, err)
	}
	return string(b), cmd.ProcessState.ExitCode()
}

// serve starts the sandbox of the other window anew. It remembers what it created.
func (r *reader) serve(t *testing.T, text string) {
	t.Helper()
	r.stop()
	text = strings.ReplaceAll(text, documentedPort, r.port)
	r.sandbox = exec.Command("sh", "-c", "exec "+text+" --listen 127.0.0.1:"+r.port+" --state sandbox.state")
	r.sandbox.Dir, r.sandbox.Env = r.dir, r.env
	if err := r.sandbox.Start(); err != nil {
		t.Fatal(err)
	}
	for range 500 {
		if c, err := net.Dial("tcp", "127.0.0.1:"+r.port); err == nil {
			c.Close()
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("no sandbox came up: %s", text)
}

func (r *reader) stop() {
	if r.sandbox != nil {
		_ = r.sandbox.Process.Signal(os.Interrupt)
		_ = r.sandbox.Wait()
	}
	r.sandbox = nil
}

// prepare puts a file into its place that a person would have made by then:
// testdata/docs holds it, under the command's place in the page.
func (r *reader) prepare(t *testing.T, text string) {
	t.Helper()
	for word, from := range map[string]string{"validate mixed.errors.csv": "corrected.csv"} {
		if !strings.Contains(text, word) {
			continue
		}
		b, err := os.ReadFile(filepath.Join(r.dir, from))
		if err == nil {
			err = os.WriteFile(filepath.Join(r.dir, strings.Fields(word)[1]), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// fill fills a template in that a command has just written.
func (r *reader) fill(t *testing.T, text string) {
	t.Helper()
	words := strings.Fields(text)
	if len(words) < 3 || words[1] != "template" || !strings.HasSuffix(words[2], ".xlsx") {
		return
	}
	path := filepath.Join(r.dir, words[2])
	book, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	sheet := book.GetSheetName(book.GetActiveSheetIndex())
	rows, err := book.GetRows(sheet)
	if err != nil || len(rows) == 0 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, row := range sampleRows(t, rows[0]) {
		if err := book.SetSheetRow(sheet, fmt.Sprintf("A%d", i+2), &row); err != nil {
			t.Fatal(err)
		}
	}
	if err := book.Save(); err != nil {
		t.Fatal(err)
	}
}

// sampleRows are the rows of samples/partners.csv in the order of a header.
func sampleRows(t *testing.T, header []string) (rows [][]string) {
	t.Helper()
	records := readRecords(t, filepath.Join(source, "samples", "partners.csv"))
	for _, record := range records[1:] {
		row := make([]string, len(header))
		for i, name := range header {
			for j, known := range records[0] {
				if name == known {
					row[i] = record[j]
				}
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// differs is what no two runs have in common, and what only a terminal shows.
var (
	onTerminal = regexp.MustCompile(`Type \w+ to go on|% \[=|^\(`)
	differs    = regexp.MustCompile(`127\.0\.0\.1:\d+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}` +
		`|\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?Z?( [+-]\d\d:\d\d)?|\d{4}-\d\d-\d\d|\b[a-z2-7]{16}\b|\S+@pc7|\S+@\S+$|"p\d\d_ms": [\d.]+|Pace .*`)
)

// alike makes lines comparable: what differs from run to run is left out, and
// columns are as wide as it takes.
func alike(line string) string {
	line = regexp.MustCompile(`\S+@\S+  exit`).ReplaceAllString(line, "WHO  exit")
	line = regexp.MustCompile(`^\s*[a-z2-7]{8}(  \d{4}-)`).ReplaceAllString(line, "RUN$1")
	return strings.Join(strings.Fields(differs.ReplaceAllString(line, "-")), " ")
}

// notIn is the first line of shown that does not stand in out, after the one
// before it. "…" stands for anything. A page may break a line, as a terminal does.
func notIn(out string, shown []string) string {
	rest := strings.Split(out, "\n")
	for len(shown) > 0 {
		if onTerminal.MatchString(shown[0]) || strings.Trim(shown[0], "… ") == "" {
			shown = shown[1:]
			continue
		}
		at, taken := -1, 0
		for at < 0 && taken < min(len(shown), 4) {
			taken++
			want := alike(strings.Join(shown[:taken], " "))
			at = slices.IndexFunc(rest, func(line string) bool { return matches(alike(line), want) })
		}
		if at < 0 {
			return shown[0]
		}
		rest, shown = rest[at+1:], shown[taken:]
	}
	return ""
}

// matches compares a line with one that may have "…" for whatever is left out.
func matches(line, want string) bool {
	var parts []string
	for part := range strings.SplitSeq(want, "…") {
		parts = append(parts, regexp.QuoteMeta(part))
	}
	return regexp.MustCompile(`^` + strings.Join(parts, `.*`) + `$`).MatchString(line)
}
