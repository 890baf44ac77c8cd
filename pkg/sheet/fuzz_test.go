package sheet

import (
	"bytes"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/partner"
)

var seeds = []string{
	"A,GB,UK,Ann,Lee,a@b.co\n", "\"A\nB\",GB\n\n,,\n", "A\rB\rC", "\"A\"B,C\n\"D\"\n", "\"\"\"\",x\r\n", "a\"b,\"c\n", "=1,'=2,''=3,-\n", "Köln,\"Łódź\",\xc3,\"\xc3\"\n\xc3\xc3\xbc,ŠÀ|\n", "\xff,\x00\n", "\"a\r", "\"a\"\r", "\"\r\n\"\r\n",
	"A, \"GB\" ,UK,Ann,\ufeff\"Lee\",a@b.co\n", "A,GB,UK,Ann,Lee,\"\nB,GB,UK,Ann,Lee,a@b.co,\"\n", "\x1a\n", "A\x00,GB,UK,Ann,Lee,a@b.co\n", "A,GB,UK,Ann,Lee,a@b.co,\n",
}

// rowsOf reads text below the test header, block by block of the given reader.
func rowsOf(s *Sheet, r io.Reader) (rows []Row, err error) {
	all, err := blocksOf(s, r, blockSize)
	return all.Rows, err
}

// blocksOf reads text in blocks of the given size.
func blocksOf(s *Sheet, r io.Reader, size int) (all Rows, err error) {
	sc := &Scanner{name: "x", r: r, delim: ',', line: 2, size: size}
	for {
		b, err := sc.Next()
		if err == io.EOF {
			return all, nil
		} else if err != nil {
			return all, err
		}
		got, err := s.Parse(b)
		if err != nil {
			return all, err
		}
		all.Rows = append(all.Rows, got.Rows...)
		all.Blank += got.Blank
	}
}

// FuzzBlocks: wherever a file is cut, inside a quoted cell or between a CR and
// its LF, it has the rows, lines, faults and blank lines that it has in one
// block.
func FuzzBlocks(f *testing.F) {
	for i, s := range seeds {
		f.Add(uint8(i), []byte(s))
		f.Add(uint8(1), []byte(strings.Repeat(s, 5)))
	}
	f.Add(uint8(7), []byte("A,GB,\"U\r\nK\",\"An\"\"n\",Lee,a@b.co\r\n\r\n\"B,\n\n\",GB,UK,O'Hara,'=1,\"c@d.co\"\rC,GB"))
	s, err := open(f, header, Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, size uint8, text []byte) {
		want, err := blocksOf(s, bytes.NewReader(text), blockSize)
		got, err2 := blocksOf(s, bytes.NewReader(text), 1+int(size))
		if err == nil && err2 == nil && cmp.Equal(want, got) {
			return
		}
		if err == nil || err2 == nil || err.Error() != err2.Error() {
			t.Fatalf("in one block %v, in blocks of %d %v\n%s", err, 1+int(size), err2, cmp.Diff(want, got))
		}
	})
}

// notPlain says that a cell holds something else than printable ASCII that comes
// before the brace, and plain letters.
func notPlain(cell string) bool {
	for i, r := range cell {
		if r < ' ' || r >= '{' && partner.PlainLetter(cell, i) == 0 {
			return true
		}
	}
	return false
}

// FuzzRecords: of every block that the scanner cuts, records makes what
// encoding/csv makes of it, with a delimiter of any kind.
func FuzzRecords(f *testing.F) {
	for i, s := range seeds {
		f.Add(uint8(255), uint8(i), []byte(s))
	}
	f.Add(uint8(9), uint8(1), []byte("a;\"b\r\n\r\r\n\"\"\r\";\r\n\r\n;\"\"\r\n\"\"\"\n\"\"\";c\"d\r\r\n;;"))
	f.Fuzz(func(t *testing.T, size, which uint8, text []byte) {
		sc := &Scanner{name: "x", r: bytes.NewReader(text), delim: ",;\t|: x~{'"[which%10], line: 1, size: 1 + int(size)}
		for {
			b, err := sc.Next()
			if err != nil {
				return // its faults are told by the scanner
			}
			if b.Stray {
				continue
			}
			theirs := csv.NewReader(bytes.NewReader(b.Data))
			theirs.Comma, theirs.LazyQuotes, theirs.FieldsPerRecord = rune(sc.delim), true, -1
			want, err := theirs.ReadAll()
			var got [][]string
			for ours := newRecords(b.Data, sc.delim, nil); ours.more(); {
				if !ours.blank() {
					_, record := ours.next(nil)
					got = append(got, record)
					if plain := !slices.ContainsFunc(record, notPlain); plain != ours.plain {
						t.Fatalf("%q is plain: %v", record, ours.plain)
					}
				}
			}
			if err != nil || !cmp.Equal(want, got) {
				t.Fatalf("%q: %v\n%s", b.Data, err, cmp.Diff(want, got))
			}
		}
	})
}

// encodingOf picks an encoding, half of the time UTF-8.
func encodingOf(which byte) string {
	if i := int(which); i < len(usual) && usual[i] != "utf-8" {
		return usual[i]
	}
	return utf8Name
}

// unspaced leaves out what may go between a delimiter and a quotation mark.
func unspaced(text []byte) (out []byte) {
	for _, b := range bytes.ReplaceAll(text, []byte("\ufeff"), nil) {
		if b >= utf8.RuneSelf || b > ' ' {
			out = append(out, b)
		}
	}
	return bytes.ReplaceAll(bytes.ReplaceAll(out, []byte("\u00a0"), nil), []byte("\u0085"), nil)
}

// FuzzReader: in every encoding, every row's bytes occur in the text in order,
// lines strictly increase, cells are what encoding/csv makes of the row alone,
// and reading byte by byte changes nothing.
func FuzzReader(f *testing.F) {
	for _, s := range seeds {
		f.Add(byte(0), []byte(s))
		f.Add(byte(1), []byte(encoded(f, "utf-16le", strings.ToValidUTF8(s, "ü"))))
	}
	s, err := open(f, header, Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, which byte, file []byte) {
		in := Sheet{Encoding: encodingOf(which)}
		text, err := io.ReadAll(in.text(bytes.NewReader(file)))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := rowsOf(s, in.text(bytes.NewReader(file)))
		slow, err2 := rowsOf(s, in.text(iotest.OneByteReader(bytes.NewReader(file))))
		if (err == nil) != (err2 == nil) || !cmp.Equal(rows, slow) {
			t.Fatalf("one byte at a time: %v %v", err, err2)
		}
		rest, line := unspaced(text), 0
		for _, r := range rows {
			i := bytes.Index(rest, unspaced(r.Raw))
			if i < 0 || r.Line <= line {
				t.Fatalf("row %q of line %d after line %d is not in %q", r.Raw, r.Line, line, rest)
			}
			rest, line = rest[i+len(unspaced(r.Raw)):], r.Line
			if r.Text != nil {
				one := csv.NewReader(bytes.NewReader(r.Raw))
				one.LazyQuotes = true
				want, err := one.Read()
				if err != nil || len(want) != 6 || unguard(want[0]) != r.Text.CompanyName || unguard(want[5]) != r.Text.Email {
					t.Fatalf("row %q became %+v, and alone %q, %v", r.Raw, r.Text, want, err)
				}
			}
		}
	})
}

// FuzzRoundTrip: in every encoding, what goes into an output comes back from
// it, again and again.
func FuzzRoundTrip(f *testing.F) {
	for i, s := range seeds {
		f.Add(byte(0), s)
		f.Add(byte(i), s)
	}
	f.Fuzz(func(t *testing.T, which byte, text string) {
		name := encodingOf(which)
		s, err := open(t, encoded(t, strings.ToLower(name), header)+text, Options{Encoding: name})
		if err != nil {
			return
		}
		before, _, err := readAll(t, s)
		if err != nil {
			return
		}
		dir := t.TempDir()
		path := filepath.Join(dir, "list.errors.csv")
		first := write(t, s, path)
		again, err := Open(path, nil, Options{Optional: func(f partner.Field) bool { return f == partner.Type }})
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		after, _, err := readAll(t, again)
		if err != nil || len(after) != len(before) {
			t.Fatalf("%d rows became %d: %v", len(before), len(after), err)
		}
		for i := range before {
			if slices.ContainsFunc(rawCells(before[i].Raw, s.Delimiter, nil), func(c []byte) bool { return !wellFormed(c) }) {
				continue // it was written anew, as it was read (FuzzStrict)
			}
			if !cmp.Equal(before[i].Text, after[i].Text) || (before[i].Fault == "") != (after[i].Fault == "") {
				t.Fatalf("row %+v became %+v", before[i], after[i])
			}
		}
		if second := write(t, again, path); first != second {
			t.Fatalf("written again, %q became %q", first, second)
		}
		_ = os.Remove(path)
		for line := range strings.Lines(first) {
			if strings.HasPrefix(line, "=") {
				t.Fatalf("a line starts with a formula: %q", line)
			}
		}
	})
}
