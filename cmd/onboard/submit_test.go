package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/report"
	"onboard/pkg/sandbox"
)

// ledgerVariable names the ledger, for tests that run on more than one.
const ledgerVariable = "ONBOARD_LEDGER"

var sessions atomic.Int64

// session is a folder with a ledger, a target and credentials, in which
// commands run one after the other.
type session struct {
	*testing.T
	dir, address string
	server       *sandbox.Server
}

func newSession(t *testing.T, config sandbox.Config) *session {
	t.Helper()
	s := &session{T: t, dir: t.TempDir()}
	s.server, s.address = serve(t, config)
	t.Chdir(s.dir)
	t.Setenv(tokenVariable, sandboxToken)
	t.Setenv(secretVariable, sandboxSecret)
	t.Setenv("XDG_STATE_HOME", filepath.Join(s.dir, "state"))
	if place := os.Getenv(ledgerVariable); place != "" { // a later server may get the port of an earlier one
		t.Setenv(ledgerVariable, fmt.Sprint(place, sessions.Add(1)))
	}
	return s
}

// submit runs the command and returns its exit code and screen.
func (s *session) submit(file string, flags ...string) (code int, screen string) {
	s.Helper()
	var b strings.Builder
	args := append([]string{"submit", file, "--target", s.address, "--yes", "--rate-limit", "10000/s"}, flags...)
	return run(args, strings.NewReader(""), &b, &b), b.String()
}

func (s *session) write(file, text string) {
	s.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		s.Fatal(err)
	}
}

func (s *session) summary(file string) (sum report.Summary) {
	s.Helper()
	b, err := os.ReadFile(file)
	if err != nil || json.Unmarshal(b, &sum) != nil {
		s.Fatalf("%s: %v", b, err)
	}
	return sum
}

const sheetHeader = "company_name,country,data_center,first_name,last_name,email\n"

func sheetRow(name string) string { return name + ",GB,UK,Ann,Lee,ann@example.com\n" }

func TestSubmitAgain(t *testing.T) {
	s := newSession(t, sandbox.Config{})
	s.write("list.csv", sheetHeader+sheetRow("A")+sheetRow("B")+sheetRow("C"))
	if code, screen := s.submit("list.csv"); code != 0 {
		t.Fatal(code, screen)
	}
	first := outputs(t, "list", 3)
	if code, screen := s.submit("list.csv"); code != 0 || !strings.Contains(screen, "3 already created") {
		t.Fatal(code, screen)
	}
	again := outputs(t, "list", 3)
	for name, row := range again {
		if row["onboard_status"] != "already_created" {
			t.Errorf("%s is %s", name, row["onboard_status"])
		}
		row["onboard_status"] = "created"
	}
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("all but the status stays (-first +again)\n%s", diff)
	}
	bytes, _ := os.ReadFile("list.results.csv")
	_, _ = s.submit("list.csv")
	if third, _ := os.ReadFile("list.results.csv"); !slices.Equal(third, bytes) {
		t.Error("the third run wrote other results than the second")
	}

	// Sorted anew, with one row more, one in capitals and one with other details.
	s.write("list.csv", sheetHeader+sheetRow("D")+sheetRow("c")+strings.Replace(sheetRow("B"), "Ann", "Bob", 1)+sheetRow("A"))
	code, screen := s.submit("list.csv")
	found := outputs(t, "list", 4)
	got := map[string]string{}
	for name, row := range found {
		got[name] = row["onboard_status"]
	}
	// C in lower case is the same partner, written otherwise: its details differ.
	if diff := cmp.Diff(map[string]string{"A": "already_created", "B": "duplicate", "c": "duplicate", "D": "created"}, got); diff != "" || code != 1 {
		t.Errorf("exit %d (-want +got)\n%s%s", code, diff, screen)
	}
	if n := s.server.Snapshot().Posts; n != 4 {
		t.Errorf("%d requests for 4 partners", n)
	}
}

func TestLimit(t *testing.T) {
	s := newSession(t, sandbox.Config{})
	s.write("list.csv", sheetHeader+sheetRow("A")+sheetRow("B")+sheetRow("C"))
	if code, _ := s.submit("list.csv", "--limit", "2"); code != 1 {
		t.Error(code)
	}
	found := outputs(t, "list", 3)
	if found["C"]["onboard_status"] != "not_sent" || found["B"]["onboard_status"] != "created" {
		t.Error(found)
	}
	if code, _ := s.submit("list.csv", "--limit", "2"); code != 0 || s.server.Snapshot().Posts != 3 {
		t.Error(code, s.server.Snapshot().Posts)
	}
}

// TestEveryBadRow mixes 900 good rows with 100 bad ones of every documented
// kind, and expects each bad one to be named with its physical line.
func TestEveryBadRow(t *testing.T) {
	long := strings.Repeat
	bad := []struct{ row, codes string }{ // company, country, data center, first, last, email, type, industry, size, state, city, address, postal code
		{",GB,UK,Ann,Lee,a@b.co,,,,,,,", "required"},
		{"%s,,UK,Ann,Lee,a@b.co,,,,,,,", "required"},
		{"%s,GB,,Ann,Lee,a@b.co,,,,,,,", "required"},
		{"%s,GB,UK,,Lee,a@b.co,,,,,,,", "required"},
		{"%s,GB,UK,Ann,,a@b.co,,,,,,,", "required"},
		{"%s,GB,UK,Ann,Lee,,,,,,,,", "required"},
		{"%s" + long("x", 128) + ",GB,UK,Ann,Lee,a@b.co,,,,,,,", "too_long"},
		{"%s,GB,UK," + long("ü", 51) + ",Lee,a@b.co,,,,,,,", "too_long"},
		{"%s,GB,UK,Ann," + long("株", 51) + ",a@b.co,,,,,,,", "too_long"},
		{"%s,GB,UK,Ann,Lee," + long("a", 60) + "@" + long("b", 60) + "." + long("c", 10) + ".co,,,,,,,", "too_long"},
		{"%s,GB,UK,Ann,Lee,a@b.co,,ABCD,,,,,", "too_long"},
		{"%s,GB,UK,Ann,Lee,a@b.co,,,123,,,,", "too_long"},
		{"%s,GB,UK,Ann,Lee,a@b.co,,,," + long("s", 65) + ",,,", "too_long"},
		{"%s,GB,UK,Ann,Lee,a@b.co,,,,," + long("c", 65) + ",,", "too_long"},
		{"%s,GB,UK,Ann,Lee,a@b.co,,,,,,\"" + long("a\n", 65) + "\",", "too_long"},
		{"%s,GB,UK,Ann,Lee,a@b.co,,,,,,,12345678901", "too_long"},
		{"%s,Germany,EU,Ann,Lee,a@b.co,,,,,,,", "not_allowed"},
		{"%s,GB,GB,Ann,Lee,a@b.co,,,,,,,", "not_allowed"},
		{"%s,GB,UK,Ann,Lee,a@b.co,RESELLER,,,,,,", "not_allowed"},
		{"%s,GB,UK,Ann,Lee,a+b@c.co,,,,,,,", "bad_format"},
		{"%s,GB,UK,Ann,Lee,nobody,,,,,,,", "bad_format"},
		{"%s,GB,UK,Ann,Lee,a@b@c.co,,,,,,,", "bad_format"},
		{"%s\x07x,GB,UK,Ann,Lee,a@b.co,,,,,,,", "control_character"},
		{"%s,GB,UK,Ann,Lee,a@b.co,,,,,,\"a\vb\",", "control_character"},
		{"%s,GB,UK,Ann,M\xfcller,a@b.co,,,,,,,", "bad_encoding"},
		{"%s,GB,UK,Ann,Lee", "ragged_row"},
		{"%s,GB,UK,Ann,Lee,a@b.co,,,,,,,,", "ragged_row"},
		{"\"%s\"x,GB,UK,Ann,Lee,a@b.co,,,,,,,", "ragged_row"},
		{"COMPANY 00001,GB,UK,Ann,Lee,a@b.co,,,,,,,", "duplicate"},
		{",XX,YY,Ann,Lee,nobody,,,,,,,", "required not_allowed not_allowed bad_format"},
	}
	var b strings.Builder
	b.WriteString("company_name,country,data_center,first_name,last_name,email,type,industry,size,state,city,address,postal_code\n")
	line, want, broken := 2, map[string]string{}, 0
	for i := range 1000 {
		text, codes := fmt.Sprintf("\"%s\",GB,UK,Ann,Lee,ann%d@example.com,MSP,,,,London,\"1 High Street\nFloor %d\",SW1A", company(i), i, i), ""
		if kind := bad[(i/10)%len(bad)]; i%10 == 9 {
			text, codes = strings.Replace(kind.row, "%s", company(i), 1), kind.codes
			if kind.codes == "bad_encoding" {
				broken++
			}
			want[fmt.Sprint(line)] = codes
		}
		b.WriteString(text + "\n")
		line += strings.Count(text, "\n") + 1
	}
	if broken > 10 {
		t.Fatalf("%d rows with broken text are over 1 %%", broken)
	}
	s := newSession(t, sandbox.Config{})
	s.write("list.csv", b.String())
	if code, screen := s.submit("list.csv"); code != 1 {
		t.Fatal(code, screen)
	}
	f, err := os.Open("list.problems.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	problems, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, p := range problems[1:] {
		got[p[0]] = strings.TrimSpace(got[p[0]] + " " + p[4])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("codes by line (-want +got)\n%s", diff)
	}
	sum := s.summary("list.summary.json")
	wantCounts := map[string]int{"created": 900, "invalid": 97, "duplicate": 3, "already_created": 0, "in_doubt": 0, "not_sent": 0, "rejected": 0}
	if diff := cmp.Diff(wantCounts, sum.Counts); diff != "" || sum.Input.Rows != 1000 {
		t.Errorf("%d rows (-want +got)\n%s", sum.Input.Rows, diff)
	}
	stats := s.server.Snapshot()
	if len(stats.Created) != 900 || stats.Posts != 900 || len(stats.Violations) > 0 {
		t.Errorf("%d companies, %d requests, %v", len(stats.Created), stats.Posts, stats.Violations)
	}
}

// TestAnswers meets one row of five with each fault of the sandbox and expects
// what the table of answers promises.
func TestAnswers(t *testing.T) {
	const status, code, posts = 0, 1, 2
	doubt := [3]any{"in_doubt", 4, 5}
	refused := [3]any{"not_sent", 3, 3}
	retried := [3]any{"created", 0, 6}
	rejected := [3]any{"rejected", 1, 5}
	want := map[string][3]any{
		"201": {"created", 0, 5},
		"400": rejected, "400-unknown": rejected, "409": rejected, "413": rejected, "422": rejected,
		"400-header": refused, "401": refused, "401-clock": refused, "403": refused, "404": refused, "405": refused, "415": refused,
		"301": refused, "307": refused, "308": refused,
		"302": {"in_doubt", 3, 3}, "303": {"in_doubt", 3, 3},
		"421": retried, "425": retried, "429": retried, "429-retry": retried, "503-retry": retried,
	}
	for _, f := range sandbox.Faults() {
		expected, ok := want[f.Name]
		if !ok {
			expected = doubt
		}
		t.Run(f.Name, func(t *testing.T) {
			s := newSession(t, sandbox.Config{Script: func(company string, attempt int) sandbox.Fault {
				if company == "C" && attempt == 1 {
					return sandbox.Fault(f.Name)
				}
				return ""
			}})
			s.write("list.csv", sheetHeader+sheetRow("A")+sheetRow("B")+sheetRow("C")+sheetRow("D")+sheetRow("E"))
			got, screen := s.submit("list.csv", "--concurrency", "1", "--timeout", "300ms")
			found := outputs(t, "list", 5)
			if found["C"]["onboard_status"] != expected[status] || got != expected[code] || s.server.Snapshot().Posts != expected[posts] {
				t.Errorf("%s, exit %d, %d requests; want %v\n%s", found["C"]["onboard_status"], got, s.server.Snapshot().Posts, expected, screen)
			}
			judge(t, s.server, found)
			if expected == refused || expected[code] == 3 {
				if found["D"]["onboard_status"] != "not_sent" || !strings.Contains(screen, "Stopped: ") {
					t.Errorf("the run went on: %v\n%s", found["D"], screen)
				}
			}
			// A second run sends only what is proven not to have been acted upon.
			before := s.server.Snapshot().Posts
			_, _ = s.submit("list.csv", "--concurrency", "1")
			after := outputs(t, "list", 5)
			judge(t, s.server, after)
			again := s.server.Snapshot().Posts - before
			if expected[code] == 3 && again != 3-strings.Count(fmt.Sprint(expected[status]), "in_doubt") || expected[code] != 3 && again != 0 {
				t.Errorf("the second run sent %d requests", again)
			}
			if expected[status] == "in_doubt" && after["C"]["onboard_status"] != "in_doubt" {
				t.Errorf("it is %s after the second run", after["C"]["onboard_status"])
			}
		})
	}
}

func TestThreeDoubtsStop(t *testing.T) {
	s := newSession(t, sandbox.Config{Script: func(string, int) sandbox.Fault { return "500-after" }})
	s.write("list.csv", sheetHeader+sheetRow("A")+sheetRow("B")+sheetRow("C")+sheetRow("D")+sheetRow("E"))
	code, screen := s.submit("list.csv")
	found := outputs(t, "list", 5)
	if code != 3 || s.server.Snapshot().Posts != 3 || found["D"]["onboard_status"] != "not_sent" || !strings.Contains(screen, "3 rows in a row are in doubt") {
		t.Errorf("exit %d, %d requests\n%s", code, s.server.Snapshot().Posts, screen)
	}
	judge(t, s.server, found)
}

func TestNoServer(t *testing.T) {
	s := newSession(t, sandbox.Config{})
	s.address = "http://127.0.0.1:1" // nobody listens there
	s.write("list.csv", sheetHeader+sheetRow("A")+sheetRow("B")+sheetRow("C")+sheetRow("D"))
	code, screen := s.submit("list.csv", "--max-attempts", "1")
	found := outputs(t, "list", 4)
	if code != 3 || found["A"]["onboard_status"] != "not_sent" || found["D"]["onboard_status"] != "not_sent" {
		t.Errorf("exit %d\n%s", code, screen)
	}
}

func TestLogHoldsNoSecrets(t *testing.T) {
	s := newSession(t, sandbox.Config{Faults: []sandbox.Rule{mustRule(t, "429#2"), mustRule(t, "400@C")}})
	s.write("list.csv", sheetHeader+sheetRow("A")+sheetRow("B")+sheetRow("C"))
	code, screen := s.submit("list.csv", "--log-file", "run.log", "--log-level", "debug", "--concurrency", "1")
	if code != 1 {
		t.Fatal(code, screen)
	}
	log, err := os.ReadFile("run.log")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(log), `"msg":"attempt"`); n != 4 {
		t.Errorf("%d attempts in the log, want 4\n%s", n, log)
	}
	var secrets []string
	for _, c := range s.server.Creations() {
		secrets = append(secrets, c.Token, c.Link)
	}
	secrets = append(secrets, sandboxToken, sandboxSecret, "ann@example.com")
	summary, _ := os.ReadFile("list.summary.json")
	for _, secret := range secrets {
		for name, text := range map[string]string{"the log": string(log), "the screen": screen, "the summary": string(summary)} {
			if strings.Contains(text, secret) {
				t.Errorf("%q stands in %s", secret, name)
			}
		}
	}
	for _, file := range []string{"run.log", "list.results.csv", "list.errors.csv", "list.problems.csv", "list.summary.json", "state/onboard/ledger.db"} {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", file, info.Mode(), err)
		}
	}
}

func mustRule(t *testing.T, text string) sandbox.Rule {
	t.Helper()
	r, err := sandbox.ParseRule(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
