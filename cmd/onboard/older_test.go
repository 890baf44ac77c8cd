package main

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"os"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"onboard/pkg/sandbox"
)

// resaved is what may have become of an output since, and whether it can be read
// with certainty.
var resaved = []struct {
	name     string
	readable bool
	save     func(t *testing.T, text string) string
}{
	{"as it was", true, func(_ *testing.T, text string) string { return text }},
	{"UTF-8 with a mark", true, func(_ *testing.T, text string) string { return "\ufeff" + text }},
	{"UTF-16 with a mark", true, utf16With(unicode.UseBOM)},
	{"UTF-16 without a mark", false, utf16With(unicode.IgnoreBOM)},
	{"windows-1252", true, func(t *testing.T, text string) string {
		out, err := charmap.Windows1252.NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}},
	{"semicolons", true, func(_ *testing.T, text string) string { return strings.ReplaceAll(text, ",", ";") }},
	{"tabs", true, func(_ *testing.T, text string) string { return strings.ReplaceAll(text, ",", "\t") }},
	{"colons", false, func(_ *testing.T, text string) string { return strings.ReplaceAll(text, ",", ":") }},
	{"a header in capitals", true, func(_ *testing.T, text string) string {
		header, rows, _ := strings.Cut(text, "\n")
		return strings.ToUpper(header) + "\n" + rows
	}},
	{"a header with other names", false, func(_ *testing.T, text string) string { return strings.ReplaceAll(text, "onboard_", "our ") }},
	{"a column twice", false, func(_ *testing.T, text string) string {
		return strings.NewReplacer("onboard_status", "onboard_token", "onboard_at", "onboard_trace_id").Replace(text)
	}},
	{"sorted, and the header with it", false, func(_ *testing.T, text string) string {
		header, rows, _ := strings.Cut(text, "\n")
		return rows + header + "\n"
	}},
	{"a NUL", true, func(_ *testing.T, text string) string { return strings.Replace(text, "Lee", "L\x00e", 1) }},
	{"a quotation mark that never closes", false, func(_ *testing.T, text string) string { return strings.Replace(text, ",Ann", ",\"Ann", 1) }},
	{"text behind a closing one", false, func(_ *testing.T, text string) string { return strings.Replace(text, ",Ann", ",\"A\"nn", 1) }},
	{"cut short", false, func(_ *testing.T, text string) string { return text + "2,created" }},
	{"a workbook", true, asWorkbook},
	{"a damaged workbook", false, func(t *testing.T, text string) string { b := asWorkbook(t, text); return b[:len(b)/2] }},
	{"an archive", false, func(t *testing.T, text string) string {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		if w, err := z.Create("list.csv"); err != nil {
			t.Fatal(err)
		} else if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}},
	{"none of ours", false, func(*testing.T, string) string { return "dear Ann, these are the links\n" }},
}

func utf16With(mark unicode.BOMPolicy) func(t *testing.T, text string) string {
	return func(t *testing.T, text string) string {
		out, err := unicode.UTF16(unicode.LittleEndian, mark).NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

func asWorkbook(t *testing.T, text string) string {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	path := t.TempDir() + "/saved.xlsx"
	writeWorkbook(t, path, records)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestOlderOutputs: whatever a program made of an older output, its links and rows in
// doubt are not lost to another ledger; and the ledger that knows them replaces what
// can be read.
func TestOlderOutputs(t *testing.T) {
	s := newSession(t, sandbox.Config{Faults: []sandbox.Rule{mustRule(t, "500@Beta")}})
	s.write("list.csv", sheetHeader+sheetRow("Müller")+sheetRow("Beta"))
	if code, screen := s.submit("list.csv"); code != 4 {
		t.Fatal(code, screen)
	}
	for _, kind := range []string{"results", "in-doubt"} {
		file := "list." + kind + ".csv"
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(string(b), sandbox.LinkPrefix, "https://partners.example/?t=") // as if they were real
		for _, tt := range resaved {
			saved := tt.save(t, text)
			t.Run(kind+", "+tt.name, func(t *testing.T) {
				s.T = t
				out, err := os.MkdirTemp(".", "out-*")
				if err != nil {
					t.Fatal(err)
				}
				s.write(out+"/"+file, saved)
				want := "can't be read as one"
				if tt.readable {
					want = "that this ledger does not know"
				}
				code, screen := s.submit("list.csv", "--out", out, "--ledger", "other.db")
				if code != 2 || !strings.Contains(screen, want) || !strings.Contains(screen, "hint: ") {
					t.Errorf("another ledger: exit %d, want %q\n%s", code, want, screen)
				}
				if after, err := os.ReadFile(out + "/" + file); err != nil || string(after) != saved {
					t.Errorf("%q was replaced: %v", after, err)
				}
				if kind == "results" { // what of an in-doubt file can be read is another question: it may hold decisions
					if code, screen = s.submit("list.csv", "--out", out); (code == 4) != tt.readable {
						t.Errorf("the same ledger: exit %d\n%s", code, screen)
					}
				}
				if n := s.server.Snapshot().Posts; n != 2 {
					t.Fatalf("%d requests", n)
				}
			})
		}
	}
}
