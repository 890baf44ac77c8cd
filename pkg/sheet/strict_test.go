package sheet

import (
	"encoding/csv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/partner"
)

// TestStrayQuotes is a table that was checked once with csv.reader(strict=True) of
// Python 3.11, which reads got as cells.
func TestStrayQuotes(t *testing.T) {
	for _, tc := range []struct {
		raw, want string
		cells     []string
	}{
		{`""=1+1,x`, `'=1+1,x`, []string{"'=1+1", "x"}},
		{`""+1,""-1`, `'+1,'-1`, []string{"'+1", "'-1"}},
		{"\"\"@A1,\"\"\tx", "'@A1,'\tx", []string{"'@A1", "'\tx"}},
		{`"'"=1,"'='"=2`, `'=1,'='=2`, []string{"'=1", "'='=2"}},
		{`""＝1,＠x,"－"y`, `'＝1,'＠x,'－y`, []string{"'＝1", "'＠x", "'－y"}},
		{`"A" B,"C"D"E,F`, `A B,"CD""E",F`, []string{"A B", `CD"E`, "F"}},
		{`"A, "B", C`, `"A, B""", C`, []string{`A, B"`, " C"}},
		{`19" Racks,=a"b`, `"19"" Racks","'=a""b"`, []string{`19" Racks`, `'=a"b`}},
		{`"""=1",""""=2`, `"""=1","""=2"`, []string{`"=1`, `"=2`}},
		{`"A""B", "C","=D"`, `"A""B"," ""C""",'=D`, []string{`A"B`, ` "C"`, "'=D"}},
	} {
		s := &Sheet{Delimiter: ','}
		var got []byte
		for i, cell := range rawCells([]byte(tc.raw), ',', nil) {
			if i > 0 {
				got = append(got, ',')
			}
			got = s.appendRaw(got, cell)
		}
		cells, err := csv.NewReader(strings.NewReader(string(got))).Read()
		if string(got) != tc.want || err != nil || !cmp.Equal(cells, tc.cells) {
			t.Errorf("%s became %s: %q, %v; want %s", tc.raw, got, cells, err, tc.want)
		}
	}
}

// FuzzStrict: whatever was handed in, in every encoding and with every delimiter, a
// strict reader takes what was written, finds the text that was read, and no cell that
// a spreadsheet program would run.
func FuzzStrict(f *testing.F) {
	for i, s := range append(seeds, `""=1,"A"B"C,a"b,"x,"y",`+"\n", "\"\"\t1,\"'\"＝2,\"\r\n=\"+3,'\r'=4\n") {
		f.Add(byte(0), byte(i), s)
		f.Add(byte(i), byte(0), s)
	}
	f.Fuzz(checkStrict)
}

// TestStrict is FuzzStrict with random sheets of what matters to quoting.
func TestStrict(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	pieces := []string{`"`, `"`, `""`, ",", ",", ";", "\t", "\n", "\r", "\r\n", "=", "+", "-", "@", "＝", "'", " ", "a", "ü", "\xff", "\u200b"}
	for range 60 {
		var text strings.Builder
		for range 1 + random.IntN(300) {
			text.WriteString(pieces[random.IntN(len(pieces))])
		}
		checkStrict(t, 0, byte(random.IntN(4)), text.String())
	}
}

func checkStrict(t *testing.T, encoding, which byte, text string) {
	name, delim := encodingOf(encoding), ",;\t| '=:"[which%8]
	top := "sep=" + string(delim) + "\n" + strings.ReplaceAll(header, ",", string(delim))
	s, err := open(t, encoded(t, strings.ToLower(name), top)+text, Options{Encoding: name})
	if err != nil {
		return
	}
	rows, _, err := readAll(t, s)
	if err != nil {
		return
	}
	for i, record := range strictly(t, s, write(t, s, filepath.Join(t.TempDir(), "out.csv")))[1:] {
		want := lenient(rows[i].Raw, delim)
		for j, cell := range record[2:] {
			if cell != guardOnce(want[j]) || unguard(cell) != unguard(want[j]) || runs(cell) && cell[0] != '\'' {
				t.Fatalf("%q of %q became %q", want[j], rows[i].Raw, cell)
			}
		}
		if len(record) != len(want)+2 {
			t.Fatalf("%q became %q", rows[i].Raw, record)
		}
	}
	for i, record := range strictly(t, s, problems(t, s, rows))[1:] {
		for _, cell := range record {
			if runs(cell) && cell[0] != '\'' {
				t.Fatalf("problem of %q: %q", rows[i].Raw, cell)
			}
		}
	}
}

// strictly reads an output as RFC 4180 has it.
func strictly(t *testing.T, s *Sheet, text string) [][]string {
	t.Helper()
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, s.preamble())))
	r.Comma, r.FieldsPerRecord = rune(s.Delimiter), -1
	records, err := r.ReadAll()
	if err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return records
}

// lenient reads a record as spreadsheet programs and Python do: what follows a closing
// quotation mark belongs to the cell.
func lenient(record []byte, delim byte) (cells []string) {
	var cell []byte
	quoted, fresh := false, true
	for i := 0; i < len(record); i++ {
		switch c := record[i]; {
		case c == '"' && fresh:
			quoted, fresh = true, false
			continue
		case c == '"' && quoted && i+1 < len(record) && record[i+1] == '"':
			i++
		case c == '"' && quoted:
			quoted = false
			continue
		case c == '\r' && quoted && i+1 < len(record) && record[i+1] == '\n':
			continue // encoding/csv reads CRLF as LF
		case c == delim && !quoted:
			cells, cell, fresh = append(cells, string(cell)), nil, true
			continue
		}
		fresh = false
		cell = append(cell, record[i])
	}
	return append(cells, string(cell))
}

// problems writes a line with the bytes of each row in every cell.
func problems(t *testing.T, s *Sheet, rows []Row) string {
	t.Helper()
	p, err := s.CreateProblems(filepath.Join(t.TempDir(), "problems.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		raw := string(r.Raw)
		_ = p.Add(partner.Problem{Line: r.Line, Column: raw, Value: raw, Message: raw, Hint: raw}) // Commit tells
	}
	if err := p.Commit(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(p.Path())
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
