package sheet

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/partner"
)

const header = "company_name,country,data_center,first_name,last_name,email\n"

// open writes text to a file and opens it.
func open(t testing.TB, text string, opt Options) (*Sheet, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "list.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if opt.Optional == nil {
		opt.Optional = func(f partner.Field) bool { return f == partner.Type }
	}
	s, err := Open(path, nil, opt)
	if err == nil {
		t.Cleanup(func() { s.Close() })
	}
	return s, err
}

// readAll reads every row of a sheet.
func readAll(t testing.TB, s *Sheet) (rows []Row, blank int, err error) {
	t.Helper()
	sc, err := s.Scan()
	if err != nil {
		return nil, 0, err
	}
	for {
		b, err := sc.Next()
		if errors.Is(err, io.EOF) {
			return rows, blank, nil
		}
		if err != nil {
			return rows, blank, err
		}
		got, err := s.Parse(b)
		if err != nil {
			return rows, blank, err
		}
		rows = append(rows, got.Rows...)
		blank += got.Blank
	}
}

// show puts a row into one line: line number, company and last name, or fault.
func show(r Row) string {
	if r.Text == nil {
		return fmt.Sprintf("%d FAULT %s", r.Line, r.Fault)
	}
	return fmt.Sprintf("%d %s|%s", r.Line, r.Text.CompanyName, r.Text.LastName)
}

func TestRead(t *testing.T) {
	row := func(name string) string { return name + ",GB,UK,Ann,Lee,a@b.co\n" }
	for _, tc := range []struct {
		name, text string
		want       []string
		blank      int
	}{
		{"plain", header + row("A") + row("B"), []string{"2 A|Lee", "3 B|Lee"}, 0},
		{"no line break at the end", header + strings.TrimSuffix(row("A"), "\n"), []string{"2 A|Lee"}, 0},
		{"CRLF", strings.ReplaceAll(header+row("A")+row("B"), "\n", "\r\n"), []string{"2 A|Lee", "3 B|Lee"}, 0},
		{"lone CR", strings.ReplaceAll(header+row("A")+row("B"), "\n", "\r"), []string{"2 A|Lee", "3 B|Lee"}, 0},
		{"BOM", "\ufeff" + header + row("A"), []string{"2 A|Lee"}, 0},
		{"BOM before a quoted header", "\ufeff\"company_name\"" + header[12:] + row("A"), []string{"2 A|Lee"}, 0},
		{"sep line", "sep=;\n" + strings.ReplaceAll(header+row("A"), ",", ";"), []string{"3 A|Lee"}, 0},
		{"semicolon", strings.ReplaceAll(header+row("A"), ",", ";"), []string{"2 A|Lee"}, 0},
		{"tab", strings.ReplaceAll(header+row("A"), ",", "\t"), []string{"2 A|Lee"}, 0},
		{"pipe", strings.ReplaceAll(header+row("A"), ",", "|"), []string{"2 A|Lee"}, 0},
		{"blank rows", "\n\n" + header + "\n" + row("A") + ",,,,,\n \n\"\",\n" + row("B") + "\n\n", []string{"5 A|Lee", "9 B|Lee"}, 6},
		{"quoted line breaks", header + row("\"A\nA\"") + row("\"B\r\nB\"") + row("\"C\rC\"") + row("D"),
			[]string{"2 A\nA|Lee", "4 B\nB|Lee", "6 C\rC|Lee", "8 D|Lee"}, 0},
		{"quoted delimiter and quotation mark", header + row(`"A, ""B"""`), []string{`2 A, "B"|Lee`}, 0},
		{"quotation mark as text", header + row(`19" Racks`) + row(`A "B" C`) + row("D"), []string{`2 19" Racks|Lee`, `3 A "B" C|Lee`, "4 D|Lee"}, 0},
		{"text behind a closing mark", header + row(`"A" B`) + row("C"), []string{
			"2 FAULT a cell goes on after its closing quotation mark; a quotation mark inside a cell has to be doubled", "3 C|Lee"}, 0},
		{"a stray mark swallows no row", header + row(`"A"B`) + row(`"C"`), []string{
			"2 FAULT a cell goes on after its closing quotation mark; a quotation mark inside a cell has to be doubled", "3 C|Lee"}, 0},
		{"too short and too long", header + "A,GB\n" + row("B,x") + row("C"), []string{
			"2 FAULT the row has 2 cells, and the header has 6: 4 missing",
			`3 FAULT the row has 7 cells, and the header has 6: 1 too many (a cell that contains "," needs quotation marks around it)`, "4 C|Lee"}, 0},
		{"the guard comes off", header + row("'=A") + row("''=B") + row("'t Hof") + row("'"), []string{"2 =A|Lee", "3 '=B|Lee", "4 't Hof|Lee", "5 '|Lee"}, 0},
		{"our columns are ignored", "onboard_line,onboard_status," + header + "7,invalid," + row("A") + "8,,,,,,,\n", []string{"2 A|Lee"}, 1},
		{"a column that starts with partial", "partial,company_name,country,data_center,first_name,last_name,email\nx," + row("A"), []string{"2 A|Lee"}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, err := open(t, tc.text, Options{})
			if err != nil {
				t.Fatal(err)
			}
			rows, blank, err := readAll(t, s)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range rows {
				got = append(got, show(r))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" || blank != tc.blank {
				t.Errorf("%d blank, want %d (-want +got)\n%s", blank, tc.blank, diff)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	long := strings.Repeat("x", MaxRecord)
	for _, tc := range []struct{ name, text, want string }{
		{"empty", "", "the file is empty"},
		{"only blank lines", "\n \r\n\n", "the file is empty"},
		{"an open quotation mark", header + "A,GB,UK,Ann,Lee,a@b.co\nB,GB,\"UK,Ann,Lee,a@b.co\nC,GB,UK,Ann,Lee,a@b.co\n", ":3: the quotation mark that opens here never closes"},
		{"opened on a later line of its row", header + "A,\"x\ny\",UK,Ann,\"Lee,a@b.co\n", ":3: the quotation mark"},
		{"an open one in the header", "company_name,\"country\nA,B\n", ":1: the quotation mark"},
		{"a long row", header + "\n" + long + ",GB\n", ":3: the row that starts here is longer than 1 MiB"},
		{"a long quoted cell", header + "\"" + long + long + "\",GB\n", ":2: the quotation mark that opens here does not close within 1 MiB"},
		{"a NUL in the header", strings.Replace(header, "ry", "r\x00y", 1) + "A,GB,UK,Ann,Lee,a@b.co\n", ":1: there is a NUL byte"},
		{"a NUL above the header", "Partners\x00\n" + header, ":1: there is a NUL byte"},
		{"a header in Latin-1", "company_name,country,data_center,first_name,last_name,email,Stra\xdfe\nx\n", ":1: byte 65 of the line is 0xDF, which is not UTF-8 text; hint: it is probably windows-1252"},
		{"missing columns", "company,country,first name\nA,B,C\n", "the sheet has no column for data_center, last_name, email"},
		{"a near miss", "compny name,country,data_center,first name,last name,email\nA,B,C\n", "the nearest header to company_name is 'compny name'"},
		{"a doubled column", "Email,E-mail,company,country,data center,first name,last name\n", "columns 1 'Email' and 2 'E-mail' both mean email; hint: say which one with --map 'Email=email'"},
		{"too many columns", strings.Repeat("x,", MaxColumns) + "y\n1\n", "and 16384 is the most"},
		{"too many cells", header + strings.Repeat("x,", MaxColumns) + "y\n", ":2: the row has 16385 cells"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, err := open(t, tc.text, Options{})
			if err == nil {
				_, _, err = readAll(t, s)
			}
			var fileError *FileError
			if !errors.As(err, &fileError) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want a file error with %q", err, tc.want)
			}
		})
	}
}

func TestMap(t *testing.T) {
	text := "Kunde,Email,E-mail,country,dc,first,last name,first name\nA,a@b.co,c@d.co,GB,UK,x,Lee,Ann\n"
	s, err := open(t, text, Options{Map: map[string]partner.Field{"Kunde": partner.CompanyName, "E-mail": partner.Email}})
	if err != nil {
		t.Fatal(err)
	}
	rows, _, err := readAll(t, s)
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	want := &partner.Row{CompanyName: "A", Email: "c@d.co", Country: "GB", DataCenter: "UK", FirstName: "Ann", LastName: "Lee", Plain: true}
	if diff := cmp.Diff(want, rows[0].Text); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if _, err = open(t, text, Options{Map: map[string]partner.Field{"Firma": partner.CompanyName}}); err == nil || !strings.Contains(err.Error(), "names a column that the sheet does not have") {
		t.Errorf("an unknown column in --map: %v", err)
	}
}

// TestBlocks reads rows around the block size in every alignment and checks
// that a boundary inside a quoted cell loses nothing.
func TestBlocks(t *testing.T) {
	for _, filler := range []int{0, 1, 2, 7, 99} {
		var b strings.Builder
		b.WriteString(header)
		b.WriteString(strings.Repeat("y", filler) + "A,GB,UK,Ann,Lee,a@b.co\n")
		line, want := 3, []int{2}
		for b.Len() < 5*blockSize {
			want = append(want, line)
			b.WriteString("\"" + strings.Repeat("x\n\"\",", 40) + "\",GB,UK,Ann,Lee,a@b.co\r\n")
			line += 41
		}
		s, err := open(t, b.String(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		rows, _, err := readAll(t, s)
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for _, r := range rows {
			got = append(got, r.Line)
			if r.Text == nil || r.Text.Email != "a@b.co" {
				t.Fatalf("line %d: %s", r.Line, r.Fault)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("lines (-want +got)\n%s", diff)
		}
	}
}

func TestStandardInput(t *testing.T) {
	dir := t.TempDir()
	s, err := Open("-", strings.NewReader(header+"A,GB,UK,Ann,Lee,a@b.co\n"), Options{TempDir: dir, Optional: func(partner.Field) bool { return true }})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // it can be read twice
		if rows, _, err := readAll(t, s); err != nil || len(rows) != 1 {
			t.Error(rows, err)
		}
	}
	if s.Base != "stdin" || s.Close() != nil {
		t.Error(s.Base)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("the spool file stays: %v", left)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]string{filepath.Join(dir, "none.csv"): "there is no such file", dir: "this is a folder", os.DevNull: "not an ordinary file"} {
		if _, err := Open(path, nil, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}

// TestStdinHasAnEnd: what standard input may take on the disk is bounded, and nothing of
// it is left there.
func TestStdinHasAnEnd(t *testing.T) {
	for text, want := range map[string]string{"12345678": "", "123456789": "standard input: it has more than 2048 MiB, and so much is not kept in a temporary file; hint: save it to a file"} {
		dir := t.TempDir()
		f, err := spool(&atMost{strings.NewReader(text), 8}, dir)
		if (want == "") != (err == nil) || err != nil && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
		if err == nil {
			f.Close()
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 && runtime.GOOS != "windows" {
			t.Errorf("%s is left", left[0].Name())
		}
	}
}
