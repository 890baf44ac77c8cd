package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"onboard/pkg/batch"
	"onboard/pkg/ledger"
	"onboard/pkg/ledger/ledgertest"
	"onboard/pkg/ledger/sqlite"
	"onboard/pkg/sandbox"
)

// TestSheetDecidesNothing: columns of the sheet are no decisions, whoever made it,
// and neither are those of the sheet named twice.
func TestSheetDecidesNothing(t *testing.T) {
	s := unread(t)
	of := s.traceIDs()
	s.write("list.csv", decisionsHeader+",,,,"+sheetRow("A")+
		"created,"+of["B"]+",evil,https://evil.example/?t=evil,"+sheetRow("B")+"created,"+of["C"]+",bad,https://evil.example/?t=bad,"+sheetRow("C"))
	if code, screen := s.reconcile("--yes"); code != 2 || !strings.Contains(screen, "no decision is filled in") {
		t.Fatal(code, screen)
	}
	if code, screen := s.reconcile("--yes", "--decisions", "./list.csv"); code != 2 || !strings.Contains(screen, "is the sheet itself, and a sheet decides nothing; hint: onboard submit list.csv") {
		t.Fatal(code, screen)
	}
	s.decide(map[string]string{"B": "created"})
	if code, screen := s.reconcile("--yes"); code != 4 {
		t.Fatal(code, screen)
	}
	if found := outputs(t, "list", 3); found["B"]["onboard_link"] != "" || found["C"]["onboard_status"] != "in_doubt" {
		t.Error(found["B"], found["C"])
	}
}

// TestInDoubtFileAsSheet: who hands in the in-doubt file is told what to hand in, and
// that works.
func TestInDoubtFileAsSheet(t *testing.T) {
	s := unread(t)
	s.decide(map[string]string{"B": "created", "C": "skip"})
	var b strings.Builder
	code := run([]string{"reconcile", "list.in-doubt.csv", "--target", s.address, "--yes"}, strings.NewReader(""), &b, &b)
	if want := "hint: hand in the sheet, and this file is read with it: onboard reconcile list.csv"; code != 2 || !strings.Contains(b.String(), want) {
		t.Fatal(code, b.String())
	}
	if code, screen := s.reconcile("--yes"); code != 4 || s.statuses(3)["B"] != "duplicate" {
		t.Error(code, screen)
	}
}

// TestMixedUp: line, trace id, company, token and link of a decision have to agree, or
// nothing is recorded.
func TestMixedUp(t *testing.T) {
	const head = "onboard_line," + decisionsHeader
	long := strings.Repeat("x", 301)
	for _, tt := range []struct {
		name string
		file func(b, c string) string // with the trace ids of B, line 3, and C, line 4
		want string
	}{
		{"companies sorted alone", func(b, c string) string {
			return "3,created," + b + ",tok-b,https://a.example/b," + sheetRow("C") + "4,created," + c + ",tok-c,https://a.example/c," + sheetRow("B")
		}, "its trace id is that of C, line 4"},
		{"lines sorted alone", func(b, c string) string {
			return "4,created," + b + ",tok-b,https://a.example/b," + sheetRow("B") + "3,created," + c + ",tok-c,https://a.example/c," + sheetRow("C")
		}, "onboard_line is 4, and the request of this trace id was made for line 3"},
		{"trace ids sorted alone, nothing told", func(b, c string) string {
			return "3,created," + c + ",,," + sheetRow("B") + "4,created," + b + ",,," + sheetRow("C")
		}, "its trace id is that of C, line 4"},
		{"no trace id", func(string, string) string { return "3,created,,tok-b,https://a.example/b," + sheetRow("B") }, "there is no trace id"},
		{"another ledger's", func(string, string) string {
			return "3,created,11111111-2222-4333-8444-555555555555,tok-b,https://a.example/b," + sheetRow("B")
		}, "this ledger knows no request with its trace id"},
		{"one link for two", func(b, c string) string {
			return "3,created," + b + ",tok-b,https://a.example/b," + sheetRow("B") + "4,created," + c + ",tok-c,https://a.example/b," + sheetRow("C")
		}, "line 2 has the same token or link"},
		{"a blank token", func(b, _ string) string { return "3,created," + b + ",\"   \",https://a.example/b," + sheetRow("B") }, "only one of token and link"},
		{"a line break in a token", func(b, _ string) string {
			return "3,created," + b + ",\"tok\n-b\",https://a.example/b," + sheetRow("B")
		}, "onboard_token is a token with a control character"},
		{"an escape in a link", func(b, _ string) string {
			return "3,created," + b + ",tok-b,https://a.example/\x1b[2J," + sheetRow("B")
		}, "onboard_link is a link with a control character"},
		{"a long token", func(b, _ string) string {
			return "3,created," + b + "," + long + ",https://a.example/b," + sheetRow("B")
		}, "onboard_token is a token of over 300 characters"},
		{"another kind of address", func(b, _ string) string {
			return "3,created," + b + ",tok-b,javascript:alert(1)," + sheetRow("B")
		}, "onboard_link is a link that is no web address"},
		{"no address", func(b, _ string) string { return "3,created," + b + ",tok-b,a.example/b," + sheetRow("B") }, "onboard_link is a link that is no web address"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := unread(t)
			of := s.traceIDs()
			s.write("list.in-doubt.csv", head+tt.file(of["B"], of["C"]))
			code, screen := s.reconcile("--yes")
			if code != 2 || !strings.Contains(screen, tt.want) || s.server.Snapshot().Posts != 3 {
				t.Fatalf("exit %d, want %q\n%s", code, tt.want, screen)
			}
			if doubts := s.inDoubt(); doubts != 2 {
				t.Errorf("%d rows are in doubt still", doubts)
			}
		})
	}
}

// inDoubt counts the rows that the ledger has in doubt.
func (s *session) inDoubt() int {
	s.Helper()
	var out, screen strings.Builder
	if code := run([]string{"status", "--json"}, strings.NewReader(""), &out, &screen); code != 0 {
		s.Fatal(code, screen.String())
	}
	return strings.Count(out.String(), `"trace_id"`)
}

// TestLinksAreShown: whoever decides that a link is recorded sees for whom and on
// which host, before it is, and is asked. No token or link is on the screen.
func TestLinksAreShown(t *testing.T) {
	s := unread(t)
	of := s.traceIDs()
	s.write("list.in-doubt.csv", decisionsHeader+"created,"+of["B"]+",tok-b,https://a.example/secret,"+sheetRow("B")+"skip,"+of["C"]+",,,"+sheetRow("C"))
	shown := "To be recorded with a link: 1 row\n  B (line 3)\n    trace id " + of["B"] + "\n    a link on a.example, from line 2 of list.in-doubt.csv\n"
	for _, tt := range []struct {
		flags []string
		code  int
		want  string
	}{
		{nil, 2, "nobody can be asked here; hint: look at the rows above, then add --yes"},
		{[]string{"--dry-run"}, 4, "1 decision, 0 of them to send again; --dry-run"},
		{[]string{"--yes", "--log-file", "run.log"}, 4, "In doubt  list.in-doubt.csv"},
	} {
		code, screen := s.reconcile(tt.flags...)
		if code != tt.code || !strings.Contains(screen, shown) || !strings.Contains(screen, tt.want) {
			t.Errorf("%v: exit %d, want %d and %q\n%s", tt.flags, code, tt.code, tt.want, screen)
		}
		log, _ := os.ReadFile("run.log")
		if strings.Contains(screen+string(log), "tok-b") || strings.Contains(screen+string(log), "secret") {
			t.Errorf("a token or a link is shown\n%s\n%s", screen, log)
		}
	}
	if b := outputs(t, "list", 3)["B"]; b["onboard_token"] != "tok-b" || b["onboard_link"] != "https://a.example/secret" {
		t.Error(b)
	}
}

// TestWrongLinkMended: what was told wrongly is told again, with the same trace id,
// and replaced; what the API told is not, and neither is anything for another one's
// trace id.
func TestWrongLinkMended(t *testing.T) {
	s := unread(t)
	of := s.traceIDs()
	told := func(company, traceID, token string) string {
		return "created," + traceID + "," + token + ",https://a.example/?t=" + token + "," + sheetRow(company)
	}
	s.decide(map[string]string{"C": "skip"})
	s.write("first.csv", decisionsHeader+told("B", of["B"], "wrong"))
	if code, screen := s.reconcile("--decisions", "first.csv", "--yes"); code != 4 {
		t.Fatal(code, screen)
	}
	s.write("second.csv", decisionsHeader+told("B", of["B"], "right"))
	if code, screen := s.reconcile("--decisions", "second.csv"); code != 2 || !strings.Contains(screen, "nobody can be asked here") {
		t.Fatal(code, screen)
	}
	code, screen := s.reconcile("--decisions", "second.csv", "--yes", "--why", "ticket 7")
	if code != 4 || !strings.Contains(screen, "in place of the token and link of ") || !strings.Contains(screen, "settled by ") {
		t.Fatal(code, screen)
	}
	b := outputs(t, "list", 3)["B"]
	if diff := cmp.Diff([]string{"right", "https://a.example/?t=right"}, []string{b["onboard_token"], b["onboard_link"]}); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if code, screen := s.reconcile("--decisions", "second.csv", "--yes"); code != 4 || !strings.Contains(screen, "left aside") || strings.Contains(screen, "To be recorded") {
		t.Errorf("the same once more: exit %d\n%s", code, screen)
	}
	a := outputs(t, "list", 3)["A"]
	for _, tt := range []struct{ file, want string }{
		{told("A", a["onboard_trace_id"], "other"), "came with an answer of the API, and are not replaced"},
		{told("B", of["C"], "other"), "its trace id is that of C, line 4"},
		{"created," + of["B"] + ",other,," + sheetRow("B"), "only one of token and link"},
	} {
		s.write("third.csv", decisionsHeader+tt.file)
		if code, screen := s.reconcile("--decisions", "third.csv", "--yes"); code != 2 || !strings.Contains(screen, tt.want) {
			t.Errorf("exit %d, want %q\n%s", code, tt.want, screen)
		}
	}
	if found := outputs(t, "list", 3); found["A"]["onboard_token"] != a["onboard_token"] || found["B"]["onboard_token"] != "right" {
		t.Error(found)
	}
}

// taking refuses a token as that of another partner.
type taking struct {
	ledger.Run
	token  string
	holder ledger.Entry
}

func (r taking) Decide(d ledger.Decision) error {
	if d.Token == r.token {
		return &ledger.TakenError{Holder: r.holder}
	}
	return r.Run.Decide(d)
}

// TestLinkOfAnother: a token that another partner has is refused, with both names, and
// does not keep the other decisions.
func TestLinkOfAnother(t *testing.T) {
	l, err := sqlite.Open(filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	run := ledgertest.MustBegin(t, l)
	var all []due
	for i := range 3 {
		e := ledgertest.MustClaim(t, run, ledgertest.Intent(i))
		if err := run.Settle(ledger.Outcome{Key: e.Key, Attempt: 1, State: ledger.InDoubt}); err != nil {
			t.Fatal(err)
		}
		d := batch.Decision{File: "list.in-doubt.csv", Line: i + 2, Verdict: batch.DecidedCreated, TraceID: e.TraceID,
			Token: fmt.Sprint("tok-", i), Link: fmt.Sprint("https://a.example/", i)}
		all = append(all, due{d, e.Line, e})
	}
	var screen strings.Builder
	r := reconciliation{reconcileFlags: &reconcileFlags{}, submission: submission{console: &console{err: &screen},
		ledgerRun: taking{run, "tok-1", all[0].entry}, kept: decisions{all[1].entry.Key: all[1].Decision}}}
	if _, err := r.record(all); err != nil || r.refused != 1 || len(r.kept) > 0 {
		t.Fatal(err, r.refused, r.kept)
	}
	for _, want := range []string{"Refused", "line 3 of list.in-doubt.csv", companyOf(all[1].entry.Body) + " is that of " + companyOf(all[0].entry.Body), all[0].entry.TraceID, all[1].entry.TraceID} {
		if !strings.Contains(screen.String(), want) {
			t.Errorf("%q is not in: %s", want, screen.String())
		}
	}
	if strings.Contains(screen.String(), "tok-") || strings.Contains(screen.String(), "a.example") {
		t.Errorf("a token or a link is shown: %s", screen.String())
	}
	found, err := run.Lookup(t.Context(), []ledger.Key{all[0].entry.Key, all[1].entry.Key, all[2].entry.Key})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range all {
		e := found[d.entry.Key]
		got = append(got, string(e.State)+" "+e.Token)
	}
	if diff := cmp.Diff([]string{"created tok-0", "in_doubt ", "created tok-2"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestSavedInAnotherEncoding: an in-doubt file as spreadsheet programs save it is read,
// or the hint says how to save it, and that works.
func TestSavedInAnotherEncoding(t *testing.T) {
	latin := func(text string) string {
		out, err := charmap.Windows1252.NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	utf16 := func(mark unicode.BOMPolicy) func(string) string {
		return func(text string) string {
			out, err := unicode.UTF16(unicode.LittleEndian, mark).NewEncoder().String(strings.ReplaceAll(text, ",", "\t"))
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
	}
	const hint = "save it as 'CSV UTF-8' in the spreadsheet program"
	for _, tt := range []struct {
		name string
		save func(string) string
		hint string
	}{
		{"semicolons", func(text string) string { return strings.ReplaceAll(text, ",", ";") }, ""},
		{"tabs", func(text string) string { return strings.ReplaceAll(text, ",", "\t") }, ""},
		{"UTF-16", utf16(unicode.UseBOM), ""},
		{"UTF-8 with a mark", func(text string) string { return "\ufeff" + text }, ""},
		{"windows-1252", latin, hint},
		{"windows-1252, semicolons", func(text string) string { return latin(strings.ReplaceAll(text, ",", ";")) }, hint},
		{"UTF-16 without a mark", utf16(unicode.IgnoreBOM), hint},
	} {
		for _, header := range []string{sheetHeader, "company_name,country,data_center,first_name,last_name,email,Größe\n"} {
			t.Run(tt.name+" "+header[len(header)-4:], func(t *testing.T) {
				s := newSession(t, sandbox.Config{Faults: []sandbox.Rule{mustRule(t, "500#1")}})
				row := strings.TrimSuffix(sheetRow("Müller"), "\n") + strings.Repeat(",", strings.Count(header, ",")-5) + "\n"
				s.write("list.csv", header+row)
				if code, screen := s.submit("list.csv"); code != 4 {
					t.Fatal(code, screen)
				}
				b, err := os.ReadFile("list.in-doubt.csv")
				if err != nil {
					t.Fatal(err)
				}
				decided := strings.Replace(string(b), ",Müller", "created,Müller", 1)
				s.write("list.in-doubt.csv", tt.save(decided))
				code, screen := s.reconcile("--yes")
				if tt.hint != "" {
					if code != 2 || !strings.Contains(screen, tt.hint) || strings.Contains(screen, "--encoding") {
						t.Fatalf("exit %d, want %q\n%s", code, tt.hint, screen)
					}
					s.write("list.in-doubt.csv", "\ufeff"+decided) // as the hint says
					code, screen = s.reconcile("--yes")
				}
				if status := s.statuses(1)["Müller"]; code != 1 || status != "duplicate" {
					t.Errorf("exit %d, %s\n%s", code, status, screen)
				}
			})
		}
	}
}

// TestDecisionsInAWorkbook: what a spreadsheet program saved as a workbook beside the
// in-doubt file is read like that, and both together decide once.
func TestDecisionsInAWorkbook(t *testing.T) {
	s := unread(t)
	records := readRecords(t, "list.in-doubt.csv")
	records[1][5] = "created"
	writeWorkbook(t, "list.in-doubt.xlsx", records)
	if code, screen := s.submit("list.csv"); code != 2 || !strings.Contains(screen, "list.in-doubt.xlsx holds decisions that were not carried out yet") {
		t.Fatal(code, screen)
	}
	s.decide(map[string]string{"B": "skip"})
	if code, screen := s.reconcile(); code != 2 || !strings.Contains(screen, "decide about the same partner; hint: leave one of the two files") {
		t.Fatal(code, screen)
	}
	b, err := os.ReadFile("list.in-doubt.csv")
	if err != nil {
		t.Fatal(err)
	}
	s.write("list.in-doubt.csv", strings.Replace(string(b), "skip,B", ",B", 1))
	if code, screen := s.reconcile(); code != 4 || s.statuses(3)["B"] != "duplicate" {
		t.Error(code, screen)
	}
}

// writeWorkbook writes cells as text into a workbook with one sheet.
func writeWorkbook(t *testing.T, path string, records [][]string) {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, record := range records {
		for j, text := range record {
			cell, err := excelize.CoordinatesToCellName(j+1, i+1)
			if err == nil {
				err = f.SetCellStr("Sheet1", cell, text)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
}
