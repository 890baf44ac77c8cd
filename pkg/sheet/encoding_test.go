package sheet

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/partner"
)

// sheetOf is a sheet whose company names are the given lines, each with a
// delimiter, a line break and quotation marks in it.
func sheetOf(lines []string, delim, newline string) string {
	var b strings.Builder
	b.WriteString(strings.ReplaceAll(header, "\n", ",Notes, old\n"))
	for _, l := range lines {
		b.WriteString("|" + l + ", ~~x~~\n" + l + "|,GB,UK,Ann,Lee,a@b.co,\n")
	}
	text := strings.NewReplacer("Notes, old", `"Notes, old|;"`, "|", `"`, "~", `"`, "\n", newline).Replace(b.String())
	if delim == "," {
		return text
	}
	quoted := false
	return strings.Map(func(r rune) rune { // the delimiters outside quotation marks
		if r == '"' {
			quoted = !quoted
		}
		if r == ',' && !quoted {
			return rune(delim[0])
		}
		return r
	}, text)
}

// TestEncodings: the same rows in every encoding, delimiter and line break
// give the same cells, lines and outputs.
func TestEncodings(t *testing.T) {
	checkEncodings(t, lists)
	checkEncodings(t, map[string][]string{
		"utf-16le": {"Ärger 😀,\u2028ok", "株式会社"}, "utf-16be": lists["utf-8"],
		"iso-2022-jp": {"株式会社山田商事,東京都", "佐藤 花子,名古屋市"}, "gbk": lists["gb18030"], "koi8-u": lists["koi8-r"],
		"ibm866": lists["koi8-r"], "windows-874": {"บริษัท เหนือ จำกัด,เชียงใหม่"}, "x-mac-cyrillic": lists["koi8-r"],
		"windows-1258": {"Công ty,Hà Nôi"}, "iso-8859-7": lists["windows-1253"],
	})
}

func checkEncodings(t *testing.T, lists map[string][]string) {
	for name, lines := range lists {
		for _, delim := range []string{",", ";", "\t"} {
			for _, newline := range []string{"\n", "\r\n", "\r"} {
				text := sheetOf(lines, delim, newline)
				plain, err := open(t, text, Options{})
				if err != nil {
					t.Fatal(err)
				}
				s, err := open(t, encoded(t, name, text), Options{Encoding: name})
				if err != nil {
					t.Fatalf("%s %q %q: %v", name, delim, newline, err)
				}
				if !strings.EqualFold(s.Encoding, name) || s.BOM != (name != "utf-8") || s.Delimiter != delim[0] {
					t.Errorf("%s %q: read as %s with %q, BOM %v", name, delim, s.Encoding, s.Delimiter, s.BOM)
				}
				want, _, err1 := readAll(t, plain)
				got, _, err2 := readAll(t, s)
				if diff := cmp.Diff(want, got); diff != "" || err1 != nil || err2 != nil || len(got) != len(lines) {
					t.Fatalf("%s %q %q: %v %v (-want +got)\n%s", name, delim, newline, err1, err2, diff)
				}
				for i, r := range got {
					if r.Line != 2+2*i || r.Text == nil || r.Text.Email != "a@b.co" || !strings.HasPrefix(r.Text.CompanyName, lines[i]) {
						t.Fatalf("%s %q %q: row %d is %s", name, delim, newline, i, show(r))
					}
				}
				if newline != "\n" {
					continue // outputs differ in nothing else
				}
				plain.BOM = s.BOM
				out := filepath.Join(t.TempDir(), "out.csv")
				if a, b := write(t, plain, out), write(t, s, out); a != b {
					t.Fatalf("%s %q: an output is %q, and %q in UTF-8", name, delim, b, a)
				}
			}
		}
	}
}

func TestByteOrderMark(t *testing.T) {
	text := "sep=;\r\nFirma und Ansprechpartner\r\n" + strings.ReplaceAll(header, ",", ";") + "Köln;GB;UK;Ann;Lee;a@b.co\r\n"
	for name, label := range map[string]string{"UTF-16LE": "utf-16le", "UTF-16BE": "utf-16be", "UTF-8": "utf-8"} {
		for _, given := range []string{"", label} {
			s, err := open(t, encoded(t, label, "\ufeff"+text), Options{Encoding: given})
			if err != nil {
				t.Fatal(err)
			}
			rows, _, err := readAll(t, s)
			if err != nil || len(rows) != 1 || show(rows[0]) != "4 Köln|Lee" || s.Encoding != name || !s.BOM || s.HeaderLine != 3 {
				t.Errorf("%s: %v %v %s BOM %v header on %d", name, rows, err, s.Encoding, s.BOM, s.HeaderLine)
			}
		}
	}
}

// TestBadBytes: what is no text stays in its row, makes its cell bad and
// comes out again.
func TestBadBytes(t *testing.T) {
	good := encoded(t, "utf-16le", header+"A,GB,UK,Ann,Lee,a@b.co\n")
	for _, tc := range []struct{ name, text, bad string }{
		{"utf-8", header + "M\xfcller,GB,UK,Ann,Lee,a@b.co\n", "M\xfcller"},
		{"windows-1253", header + "M\xffller,GB,UK,Ann,Lee,a@b.co\n", "M\xffller"},
		{"shift_jis", header + "\x81,GB,UK,Ann,Lee,a@b.co\n", "\x81"},
		{"iso-2022-jp", header + "\xfc\x1b$B~~\x1b(B,GB,UK,Ann,Lee,a@b.co\n", "\xff\xff"},
		{"utf-16le", strings.Replace(good, "A\x00,", "A\xd8,", 1), "\xed\xa1\x81"},
		{"utf-16le", good + "B", "\xff"}, // cut in the middle
	} {
		s, err := open(t, tc.text, Options{Encoding: tc.name})
		if err != nil {
			t.Fatal(err)
		}
		rows, _, err := readAll(t, s)
		if err != nil || len(rows) == 0 {
			t.Fatal(tc.name, err)
		}
		last := rows[len(rows)-1]
		if cell := string(rawCells(last.Raw, ',', nil)[0]); cell != tc.bad || !last.Bad {
			t.Errorf("%s: the cell is %q, want %q (bad: %v)", tc.name, cell, tc.bad, last.Bad)
		}
		if last.Text != nil {
			if _, problems := partner.NewRules().Check(last.Text); len(problems) != 1 || problems[0].Code != partner.BadEncoding {
				t.Errorf("%s: %v", tc.name, problems)
			}
		}
		if out := write(t, s, filepath.Join(t.TempDir(), "out.csv")); !strings.Contains(out, ",-tok,"+tc.bad) {
			t.Errorf("%s: the output lost the bytes: %q", tc.name, out)
		}
	}
}

func TestNotUTF8(t *testing.T) {
	const row = ",GB,UK,Ann,Lee,a@b.co\n"
	utf16 := func(name string) string { return encoded(t, name, header+"Köln"+row) }
	for _, tc := range []struct {
		name, text string
		opt        Options
		want       string
	}{
		{"a row", header + "A" + row + "M\xfcller" + row, Options{},
			":3: byte 2 of the line is 0xFC, which is not UTF-8 text; hint: it is probably windows-1252; run the same command with --encoding windows-1252"},
		{"a line inside a row", header + "\"A\r\nK\xf6ln\"" + row, Options{Command: func(string) string { return "onboard validate list.csv" }},
			":3: byte 2 of the line is 0xF6, which is not UTF-8 text; hint: it is probably windows-1252; run: onboard validate list.csv --encoding windows-1252"},
		{"the header", encoded(t, "shift_jis", strings.TrimSuffix(header, "\n")+",備考 東京\n"+"A"+row), Options{},
			":1: byte 61 of the line is 0x94, which is not UTF-8 text; hint: it is probably shift_jis"},
		{"a wrong encoding", header + "M\xfcller" + row, Options{Encoding: "euc-kr"},
			":2: the line holds bytes that are not euc-kr text; hint: it is probably windows-1252"},
		{"UTF-8 read as another", header + "Müller" + row, Options{Encoding: "iso-8859-8"}, ": --encoding iso-8859-8 does not fit the file: it is UTF-8, with letters that no other encoding would make of it; hint: leave out --encoding"},
		{"UTF-8 read as another, by a profile", header + "Müller" + row, Options{Encoding: "iso-8859-8", EncodingSaid: "crm.yaml:3"},
			": crm.yaml:3: encoding iso-8859-8 does not fit the file: it is UTF-8, with letters that no other encoding would make of it; hint: take the line out, or give --encoding utf-8"},
		{"a mark of another kind", "\ufeff" + header + "A" + row, Options{Encoding: "windows-1252"}, "does not fit the file: its byte order mark says that it is UTF-8; hint: leave out --encoding"},
		{"UTF-16 of another kind", encoded(t, "utf-16le", "\ufeff"+header+"A"+row), Options{Encoding: "utf-16be"}, "its byte order mark says that it is UTF-16LE"},
		{"one bad byte in UTF-8", header + strings.Repeat("Müller"+row, 4) + "Caf\x92s" + row, Options{},
			":6: byte 4 of the line is 0x92, which is not UTF-8 text; the rest is: 4 further lines have letters in UTF-8; hint: correct this line in an editor, and save the file as UTF-8 (0x92 is ’ in windows-1252)"},
		{"a mark that lies", "\ufeff" + header + "M\xfcller" + row, Options{}, "hint: its byte order mark says UTF-8; save the file anew"},
		{"no words", header + "\xc8\xd1\xfd\x8e\xa0" + row, Options{}, "or name its encoding with --encoding"},
		{"UTF-16LE without a mark", utf16("utf-16le"), Options{}, ":1: every other byte is a NUL, which no UTF-8 text has; hint: it is probably UTF-16LE; run the same command with --encoding utf-16le"},
		{"UTF-16BE without a mark", utf16("utf-16be"), Options{Command: func(string) string { return "x" }}, "hint: it is probably UTF-16BE; run: x --encoding utf-16be"},
		{"UTF-16 read as another", utf16("utf-16le"), Options{Encoding: "macintosh"}, ":1: there is a NUL byte"},
		{"a misspelt label", header, Options{Encoding: "windws1250"}, `--encoding "windws1250" is not known; hint: did you mean windows-1250? it takes`},
		{"no label", header, Options{Encoding: "ansi-codepage"}, `is not known; hint: it takes the names of the WHATWG Encoding Standard, such as utf-8`},
		{"a label for what is not read", header, Options{Encoding: "hz-gb-2312"}, `is not known`},
	} {
		s, err := open(t, tc.text, tc.opt)
		if err == nil {
			var rows []Row
			if rows, _, err = readAll(t, s); err == nil {
				for _, r := range rows {
					if r.Bad {
						err = s.NotUTF8(r)
					}
				}
			}
		}
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v\nwant %s", tc.name, err, tc.want)
		}
	}
}

// TestLabels: the names that people know lead to the encoding that is meant.
func TestLabels(t *testing.T) {
	for label, want := range map[string]string{"": "UTF-8", "utf8": "UTF-8", "Latin1": "windows-1252", "iso-8859-1": "windows-1252", "CP1250": "windows-1250",
		"mac": "macintosh", "Shift_JIS": "shift_jis", "sjis": "shift_jis", "utf-16": "UTF-16LE", "GB2312": "gbk", "ks_c_5601-1987": "euc-kr"} {
		text := header
		if strings.HasPrefix(want, "UTF-16") {
			text = encoded(t, "utf-16le", header)
		}
		s, err := open(t, text, Options{Encoding: label})
		if err != nil || s.Encoding != want {
			t.Errorf("%q: %v, want %s", label, err, want)
		}
	}
}
