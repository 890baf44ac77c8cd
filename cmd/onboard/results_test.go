package main

import (
	"encoding/csv"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/sandbox"
)

// results runs the command, without credentials and without a network to ask.
func (s *session) results(args ...string) (code int, screen, out string) {
	s.Helper()
	s.Setenv(tokenVariable, "")
	s.Setenv(secretVariable, "")
	defer s.Setenv(tokenVariable, sandboxToken)
	defer s.Setenv(secretVariable, sandboxSecret)
	var stdout, stderr strings.Builder
	code = run(append([]string{"results"}, args...), strings.NewReader(""), &stdout, &stderr)
	return code, stderr.String(), stdout.String()
}

// cells reads some columns of a CSV file.
func cells(t *testing.T, text string, columns ...string) (rows []string) {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for _, record := range records[1:] {
		var row []string
		for _, c := range columns {
			for i, name := range records[0] {
				if name == c {
					row = append(row, record[i])
				}
			}
		}
		rows = append(rows, strings.Join(row, " "))
	}
	return rows
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestResults: of a list that grows, links that are new are written, and those of rows
// that were changed, from the ledger alone.
func TestResults(t *testing.T) {
	s := newSession(t, sandbox.Config{})
	s.write("list.csv", sheetHeader+sheetRow("A")+sheetRow("B"))
	if code, screen := s.submit("list.csv"); code != 0 {
		t.Fatal(code, screen)
	}
	of := map[string]string{} // the link of each
	for _, row := range cells(t, read(t, "list.results.csv"), "company_name", "onboard_link") {
		name, link, _ := strings.Cut(row, " ")
		of[name] = link
	}
	time.Sleep(2 * time.Millisecond) // the ledger tells milliseconds apart
	between := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	changed := strings.Replace(sheetRow("A"), "ann@", "anna@", 1)
	if changed == sheetRow("A") {
		t.Fatal("the row is not changed")
	}
	s.write("list.csv", sheetHeader+changed+sheetRow("B")+sheetRow("C")+sheetRow("C")+sheetRow("D"))
	if code, screen := s.submit("list.csv", "--limit", "1"); code != 1 {
		t.Fatal(code, screen)
	}
	for _, row := range cells(t, read(t, "list.results.csv"), "company_name", "onboard_link") {
		name, link, _ := strings.Cut(row, " ")
		of[name] = link
	}
	before := read(t, "list.results.csv")
	posts := s.server.Snapshot().Posts
	var ids []string // the latest first
	var text strings.Builder
	if code := run([]string{"status", "--json"}, nil, &text, &text); code != 0 {
		t.Fatal(code, text.String())
	}
	for _, m := range regexp.MustCompile(`"id": "(\w+)"`).FindAllStringSubmatch(text.String(), -1) {
		ids = append(ids, m[1])
	}
	row := func(name string) string { return name + " already_created " + of[name] }
	columns := []string{"company_name", "onboard_status", "onboard_link"}
	tests := []struct {
		name string
		args []string
		file string // "": standard output
		want []string
		says string
	}{
		{"of the sheet", []string{"list.csv"}, "list.results.ledger.csv", []string{row("A"), row("B"), row("C")}, "5 rows: 3 links, 1 not created, 1 duplicate\nChanged  line 2, since the partner was created"},
		{"the changed row has its link", []string{"list.csv", "--run", ids[1]}, "list.results.run-" + ids[1][:8] + ".csv", []string{row("A"), row("B")}, "2 links by run " + ids[1][:8]},
		{"new in the sheet", []string{"list.csv", "--since", between, "--out", "new/files"}, "new/files/list.results.since-" + strings.ReplaceAll(between, ":", "-") + ".csv", []string{row("C")}, "1 link since"},
		{"new in the sheet, by the flag", []string{"--sheet", "list.csv", "--since", between, "--out", "-"}, "", []string{row("C")}, ", 2 with an older link, "},
		{"new in the ledger", []string{"--since", between, "--out", "-"}, "", []string{row("C")}, "1 link since"},
		{"of a run", []string{"--run", ids[0][:6]}, "onboard.results.run-" + ids[0][:8] + ".csv", []string{row("C")}, "1 link by run " + ids[0][:8]},
		{"all since a day", []string{"--since", "2026-01-01"}, "onboard.results.since-2026-01-01.csv", []string{row("A"), row("B"), row("C")}, "3 links since 2026-01-01 00:00:00 "},
		{"nothing is new", []string{"list.csv", "--since", "2999-01-01"}, "list.results.since-2999-01-01.csv", nil, "no link since 2999-01-01"},
		{"quiet", []string{"--since", between, "--out", "-", "--quiet"}, "", []string{row("C")}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, screen, out := s.results(tt.args...)
			if code != 0 || !strings.Contains(screen, tt.says) || tt.says == "" && screen != "" {
				t.Fatalf("exit code %d, wanted %q\n%s", code, tt.says, screen)
			}
			if tt.file != "" {
				if out != "" {
					t.Errorf("on standard output: %s", out)
				}
				out = read(t, tt.file)
				info, err := os.Stat(tt.file)
				if err != nil || info.Mode() != fs.FileMode(0o600) || !strings.Contains(screen, "Links    "+tt.file) {
					t.Errorf("%v %v\n%s", info.Mode(), err, screen)
				}
			}
			if diff := cmp.Diff(tt.want, cells(t, out, columns...)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			for _, link := range of {
				if strings.Contains(screen, link) {
					t.Errorf("a link is on the screen:\n%s", screen)
				}
			}
		})
	}
	if after := read(t, "list.results.csv"); after != before {
		t.Errorf("the results of the run were changed:\n%s", after)
	}
	if n := s.server.Snapshot().Posts; n != posts {
		t.Errorf("%d requests", n-posts)
	}
}

// TestResultsOfTwoAccounts: the links of two accounts never come into one file.
func TestResultsOfTwoAccounts(t *testing.T) {
	s := newSession(t, sandbox.Config{})
	s.write("list.csv", sheetHeader+sheetRow("A"))
	if code, screen := s.submit("list.csv"); code != 0 {
		t.Fatal(code, screen)
	}
	place, err := ledgerPlace("")
	if err != nil {
		t.Fatal(err)
	}
	if shared := os.Getenv(ledgerVariable); shared != "" {
		place = shared
	}
	if code, screen := s.submit("list.csv", "--target", "sandbox", "--ledger", place, "--out", "rehearsal"); code != 0 {
		t.Fatal(code, screen)
	}
	code, screen, _ := s.results("list.csv")
	hint := regexp.MustCompile(`hint: (--target http\S+ --account \w+), or (--target sandbox --account \w+)\n`).FindStringSubmatch(screen)
	if code != 2 || hint == nil {
		t.Fatalf("exit code %d\n%s", code, screen)
	}
	for i, file := range []string{"list.results.csv", "rehearsal/list.results.csv"} {
		code, screen, out := s.results(append(strings.Fields(hint[i+1]), "list.csv", "--out", "-")...)
		want := cells(t, read(t, file), "onboard_token")
		if diff := cmp.Diff(want, cells(t, out, "onboard_token")); code != 0 || diff != "" {
			t.Errorf("%s: exit code %d (-want +got)\n%s\n%s", hint[i+1], code, diff, screen)
		}
	}
}

// TestResultsKeepsOlder: links that the ledger does not know, and a file that is none of
// results, are not replaced.
func TestResultsKeepsOlder(t *testing.T) {
	s := newSession(t, sandbox.Config{})
	s.write("list.csv", sheetHeader+sheetRow("A"))
	if code, screen := s.submit("list.csv"); code != 0 {
		t.Fatal(code, screen)
	}
	const path = "list.results.ledger.csv"
	for range 2 { // its own file is replaced
		if code, screen, _ := s.results("list.csv"); code != 0 {
			t.Fatal(code, screen)
		}
	}
	token := cells(t, read(t, path), "onboard_token")[0]
	for says, text := range map[string]string{
		"holds 1 link that this ledger does not know": strings.NewReplacer(sandbox.LinkPrefix, "https://partners.example/", token, "synthetic-token").Replace(read(t, path)),
		"can't be read as one":                        "my own notes\n",
	} {
		s.write(path, text)
		code, screen, _ := s.results("list.csv")
		if code != 2 || !strings.Contains(screen, says) || !strings.Contains(screen, "--out") || read(t, path) != text {
			t.Errorf("exit code %d\n%s", code, screen)
		}
		if code, screen, _ := s.results("list.csv", "--out", "elsewhere"); code != 0 {
			t.Errorf("elsewhere: exit code %d\n%s", code, screen)
		}
	}
}

// TestSince: a day begins at midnight where the computer is.
func TestSince(t *testing.T) {
	berlin := time.FixedZone("", 3600)
	tests := []struct{ text, want string }{
		{"2026-12-01", "2026-11-30T23:00:00Z"},
		{"2026-12-01T09:00:00Z", "2026-12-01T09:00:00Z"},
		{"2026-12-01T09:00:00+02:00", "2026-12-01T07:00:00Z"},
		{"2026-12-01T09:00:00.5Z", "2026-12-01T09:00:00.5Z"},
		{"2026-13-01", ""}, {"01.12.2026", ""}, {"2026-12-01 09:00", ""}, {"yesterday", ""},
	}
	for _, tt := range tests {
		at, err := parseSince(tt.text, berlin)
		got := ""
		if err == nil {
			got = at.UTC().Format(time.RFC3339Nano)
		}
		if got != tt.want || err != nil && !strings.Contains(err.Error(), "hint: --since 2026-12-01") {
			t.Errorf("%s is %q, want %q (%v)", tt.text, got, tt.want, err)
		}
	}
}
