package sheet

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gocarina/gocsv"
	"github.com/google/go-cmp/cmp"

	"onboard/pkg/partner"
)

// write copies every row of a sheet to an output with one added column.
func write(t testing.TB, s *Sheet, path string) string {
	t.Helper()
	rows, _, err := readAll(t, s)
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.Create(path, "onboard_line", "onboard_token")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if err := out.Add(r, Cell{Text: "=1"}, Cell{Text: "-tok", Literal: true}); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Commit(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestWrite(t *testing.T) {
	const h = "company_name,country,data_center,first_name,last_name,email"
	for _, tc := range []struct{ name, in, want string }{
		{"cells as they came", h + "\n\"A\",\"G\"\"B\",UK, Ann ,Lee,a@b.co\n",
			"onboard_line,onboard_token," + h + "\n'=1,-tok,\"A\",\"G\"\"B\",UK, Ann ,Lee,a@b.co\n"},
		{"formulas are guarded", h + "\n=A,+B,-C,@D,\"=E,\",F=\n", "onboard_line,onboard_token," + h + "\n'=1,-tok,'=A,'+B,'-C,'@D,\"'=E,\",F=\n"},
		{"a guard stays one", h + "\n'=A,''=B,'C,\"\tD\",,\n", "onboard_line,onboard_token," + h + "\n'=1,-tok,'=A,''=B,'C,'\tD,,\n"},
		{"CRLF, BOM and semicolon", "\ufeff" + strings.ReplaceAll(h, ",", ";") + "\r\nA;\"x\r\ny\";UK;;;\r\n",
			"\ufeffonboard_line;onboard_token;" + strings.ReplaceAll(h, ",", ";") + "\r\n'=1;-tok;A;\"x\r\ny\";UK;;;\r\n"},
		{"ragged rows keep their length", h + "\nA,B\nA,B,C,D,E,F,G\n", "onboard_line,onboard_token," + h + "\n'=1,-tok,A,B\n'=1,-tok,A,B,C,D,E,F,G\n"},
		{"columns of an earlier run are replaced", "onboard_line,onboard_status," + h + ",onboard_note\n3,invalid,A,B,C,D,E,F,mine\n",
			"onboard_line,onboard_token," + h + ",onboard_note\n'=1,-tok,A,B,C,D,E,F,mine\n"},
		{"bytes that are no text", h + "\nM\xfcller,B,C,D,E,F\n", "onboard_line,onboard_token," + h + "\n'=1,-tok,M\xfcller,B,C,D,E,F\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, err := open(t, tc.in, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, write(t, s, filepath.Join(t.TempDir(), "out.csv"))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestProblems(t *testing.T) {
	s, err := open(t, header, Options{})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "p.csv")
	p, err := s.CreateProblems(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Add(partner.Problem{Line: 2, Column: "Name", Field: "company_name", Value: "=" + strings.Repeat("ü", 300), Code: partner.TooLong, Message: "too long"},
		partner.Problem{Line: 3, Value: "M\xfcller", Code: partner.BadEncoding, Message: "a, b", Hint: "c"}); err != nil {
		t.Fatal(err)
	}
	if err := p.Commit(); err != nil {
		t.Fatal(err)
	}
	b, _ := os.ReadFile(path)
	got, err := csv.NewReader(strings.NewReader(string(b))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"line", "column", "field", "value", "code", "message", "hint"},
		{"2", "Name", "company_name", "'=" + strings.Repeat("ü", 199) + "…", "too_long", "too long", ""},
		{"3", "", "", `M\xFCller`, "bad_encoding", "a, b", "c"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestProblemsAsTagged: a line of problems.csv is what gocsv makes of the tags.
func TestProblemsAsTagged(t *testing.T) {
	problem := partner.Problem{Line: 12, Column: "Firma, \"AG\"", Field: "company_name", Value: " a\nb ", Code: partner.BadFormat,
		Message: "it's; wrong", Hint: "what\tto do", Exact: true}
	var want, got strings.Builder
	if err := gocsv.MarshalWithoutHeaders([]partner.Problem{problem}, &want); err != nil {
		t.Fatal(err)
	}
	w := csv.NewWriter(&got)
	if err := w.Write(new(Problems).line(&problem)); err != nil {
		t.Fatal(err)
	}
	w.Flush()
	if diff := cmp.Diff(want.String(), got.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestFilesArePrivate plants what could lead a write astray at the output's
// place.
func TestFilesArePrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // modes and links are not Windows' way
	}
	for _, plant := range []string{"nothing", "an open file", "a symbolic link", "a hard link"} {
		dir := t.TempDir()
		path, victim := filepath.Join(dir, "out.csv"), filepath.Join(dir, "victim")
		if err := os.WriteFile(victim, []byte("untouched"), 0o644); err != nil {
			t.Fatal(err)
		}
		switch plant {
		case "an open file":
			_ = os.WriteFile(path, []byte("old"), 0o644)
		case "a symbolic link":
			_ = os.Symlink(victim, path)
		case "a hard link":
			_ = os.Link(victim, path)
		}
		f, err := CreateFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = f.Write([]byte("new"))
		if err := f.Commit(); err != nil {
			t.Fatal(err)
		}
		info, err := os.Lstat(path)
		if err != nil || !info.Mode().IsRegular() || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: the output is %v, %v", plant, info.Mode(), err)
		}
		if b, _ := os.ReadFile(victim); string(b) != "untouched" {
			t.Errorf("%s: it was written through: %q", plant, b)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
			t.Errorf("%s: %v is left", plant, left)
		}
	}
}

func TestGuard(t *testing.T) {
	for in, want := range map[string]string{"": "", "a": "a", "=a": "'=a", "'=a": "''=a", "'a": "'a", "+1": "'+1", "-1": "'-1", "@a": "'@a", "\ta": "'\ta", "\ra": "'\ra", "a=": "a="} {
		if got := guard(in); got != want || unguard(got) != in {
			t.Errorf("guard(%q) = %q, want %q; back %q", in, got, want, unguard(got))
		}
	}
}
