package sheet

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"onboard/pkg/partner"
)

func TestTitles(t *testing.T) {
	const row = "A,GB,UK,Ann,Lee,a@b.co\n"
	long := strings.Repeat("ü", 100)
	for _, tc := range []struct {
		name, text string
		opt        Options
		titles     []string
		header     int // line
		want       string
	}{
		{"none", header + row, Options{}, nil, 1, "2 A|Lee"},
		{"one", "Partners 2024\n" + header + row, Options{}, []string{"Partners 2024"}, 2, "3 A|Lee"},
		{"with empty cells and lines", "Partners,,,,,\n,,,,,\nby region, ,North,,,\r\n\r\n" + header + row, Options{}, []string{"Partners", "by region, North"}, 5, "6 A|Lee"},
		{"quoted, with line breaks", "\"Partners\r\nof \"\"2024\"\"\n(draft)\"\n" + header + row, Options{}, []string{`Partners of "2024" (draft)`}, 4, "5 A|Lee"},
		{"with other delimiters", "Partners; old, and new\tones | all\n" + strings.ReplaceAll(header+row, ",", "\t"), Options{}, []string{"Partners; old, and new, ones | all"}, 2, "3 A|Lee"},
		{"below a sep line", "sep=;\nPartners\n" + strings.ReplaceAll(header+row, ",", ";"), Options{}, []string{"Partners"}, 3, "4 A|Lee"},
		{"a sep line that parts nothing", "sep=\"\n" + header + row, Options{}, []string{"sep=\""}, 2, "3 A|Lee"},
		{"long, and with bad bytes", long + "\nM\xfcller\n" + header + row, Options{}, []string{strings.Repeat("ü", 80) + "…", `M\xFCller`}, 3, "4 A|Lee"},
		{"a few known words are no header", "Company,Country,\n" + header + row, Options{}, []string{"Company, Country"}, 2, "3 A|Lee"},
		{"the first of two headers", header + header + row, Options{}, nil, 1, "2 company_name|last_name"},
		{"known by --map", "Liste\nFirma,Land,RZ,Vorname,Nachname,Post\n" + row, Options{Map: map[string]partner.Field{"Firma": partner.CompanyName, "Land": partner.Country,
			"RZ": partner.DataCenter, "Vorname": partner.FirstName, "Nachname": partner.LastName, "Post": partner.Email}}, []string{"Liste"}, 2, "3 A|Lee"},
		{"lone CR", strings.ReplaceAll("Partners\n\n"+header+row, "\n", "\r"), Options{}, []string{"Partners"}, 3, "4 A|Lee"},
		{"the twentieth line", strings.Repeat("x\n", 19) + header + row, Options{}, strings.Split(strings.Repeat("x", 19), ""), 20, "21 A|Lee"},
	} {
		s, err := open(t, tc.text, tc.opt)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		rows, _, err := readAll(t, s)
		if diff := cmp.Diff(tc.titles, s.Titles); diff != "" || s.HeaderLine != tc.header {
			t.Errorf("%s: header on line %d, want %d; titles (-want +got)\n%s", tc.name, s.HeaderLine, tc.header, diff)
		}
		if err != nil || len(rows) == 0 || show(rows[0]) != tc.want {
			t.Errorf("%s: %v %v, want %s", tc.name, rows, err, tc.want)
		}
	}
}

// TestNoTitles: without an unmistakable header the first record is the header.
func TestNoTitles(t *testing.T) {
	for text, want := range map[string]string{"Partners\nName,Land\nx,y\n": ":2: the sheet has no column for data_center",
		"Partners\n" + strings.Repeat("x\n", 19) + header: ":1: this line is no header; line 21 looks like it",
		"Partners\n\"open\n" + header:                     ":1: the sheet has no column for company_name"} {
		_, err := open(t, text, Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for text, want := range map[string]string{"\"Partners\n" + header: ":1: the quotation mark that opens here never closes",
		"\"\"\n\" \"\n": "there is no header", strings.Repeat("\n", 2*MaxRecord) + header: "there is no header", "Partners\n" + strings.ReplaceAll(header, "ry", "ry\x00"): ":2: there is a NUL byte"} {
		if _, err := open(t, text, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
}

// TestDelimiters: a header may hold the other delimiters inside quotation marks.
func TestDelimiters(t *testing.T) {
	for _, d := range []string{",", ";", "\t", "|"} {
		text := strings.NewReplacer(",", d, "email", `"email"`, "\n", d+"\"a,b,c,d;e;f;g|h|i|j\tk\tl\"\n").Replace(header) + strings.ReplaceAll("A,GB,UK,Ann,Lee,a@b.co,x\n", ",", d)
		s, err := open(t, text, Options{})
		if err != nil {
			t.Fatal(err)
		}
		rows, _, err := readAll(t, s)
		if err != nil || len(rows) != 1 || show(rows[0]) != "2 A|Lee" || string(s.Delimiter) != d {
			t.Errorf("%q: %q %v %v", d, s.Delimiter, rows, err)
		}
	}
	s, err := open(t, header, Options{Delimiter: ';', Optional: func(partner.Field) bool { return true }})
	if err != nil || len(s.Header) != 1 {
		t.Errorf("--delimiter is not obeyed: %v", err)
	}
}

// archive is a zip file with members of these names, the first one stored as
// it is.
func archive(t *testing.T, content string, names ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range names {
		m, err := w.CreateRaw(&zip.FileHeader{Name: name, UncompressedSize64: uint64(len(content)), CompressedSize64: uint64(len(content))})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = m.Write([]byte(content))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// protectedBook is a workbook as Excel saves it with a password.
func protectedBook(t *testing.T) string {
	t.Helper()
	b := excelize.NewFile()
	defer b.Close()
	var out bytes.Buffer
	if err := b.Write(&out, excelize.Options{Password: "synthetic-test-secret"}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestForeign(t *testing.T) {
	const ole = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
	for _, tc := range []struct{ text, want string }{
		{ole, "an old Excel workbook (.xls), and it can't be read as a list; hint: open it in a spreadsheet program and save it as .xlsx or as 'CSV UTF-8'"},
		{ole + encoded(t, "utf-16le", "EncryptedPackage"), "a workbook with a password"},
		{ole + strings.Repeat("\x00", 100<<10) + encoded(t, "utf-16le", "EncryptedPackage"), "a workbook with a password"},
		{protectedBook(t), "a workbook with a password"},
		{archive(t, "application/vnd.oasis.opendocument.spreadsheet", "mimetype", "content.xml"), "an OpenDocument spreadsheet (.ods)"},
		{archive(t, "application/vnd.oasis.opendocument.text", "mimetype"), "a text document or a presentation"},
		{archive(t, "", "[Content_Types].xml", "word/document.xml"), "a text document or a presentation"},
		{archive(t, "", "Data/1.jpg", "Index/Document.iwa"), "a Numbers document (.numbers)"},
		{archive(t, "", "[Content_Types].xml", "xl/workbook.bin"), "a binary workbook (.xlsb)"},
		{archive(t, "", "partners.csv"), "a zip archive, and it can't be read as a list; hint: unpack it"},
		{zipMember + "xx", "a zip archive"},
		{"%PDF-1.7\n", "a PDF document"},
		{"\x1f\x8b\x08", "a compressed archive"},
		{"\n <HTML><table>", "a web page"},
		{"\ufeff<!DOCTYPE html>", "a web page"},
		{"<?xml version='1.0'?><?mso-application progid='Excel.Sheet'?><Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'>", "an XML spreadsheet"},
		{"<?xml version='1.0'?><list/>", "an XML document"},
		{"\xff\xfe\x00\x00n\x00\x00\x00", "UTF-32"},
	} {
		_, err := open(t, tc.text, Options{})
		var file *FileError
		if !errors.As(err, &file) || !strings.Contains(err.Error(), "this is "+tc.want) {
			t.Errorf("%.30q: %v, want %q", tc.text, err, tc.want)
		}
	}
}

// TestWorkbook: a workbook's rows have the numbers that the spreadsheet
// program shows, and its hash is that of the file as it was handed in.
func TestWorkbook(t *testing.T) {
	book := excelize.NewFile()
	titles := [][]string{{"Partners", "of 2024\nand before"}, nil, strings.Split(strings.TrimSpace(header), ",")}
	rows := [][]string{{"A\nB", "GB", "UK", "Ann", "Lee", "a@b.co"}, nil, {"C; D", "DE", "EU", "Ann", "Kö\nnig", "c@d.co"}, {"E"}, {"F", "DE", "EU", "Ann", "Lee", "c@d.co"}}
	for y, cells := range append(titles, rows...) {
		for x, text := range cells {
			cell, _ := excelize.CoordinatesToCellName(x+1, y+1)
			if err := book.SetCellStr("Sheet1", cell, text); err != nil {
				t.Fatal(err)
			}
		}
	}
	path := filepath.Join(t.TempDir(), "list.xlsx")
	if err := book.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{path, "-"} {
		spooled, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		temp := t.TempDir()
		s, err := Open(from, spooled, Options{TempDir: temp, Delimiter: ';', Encoding: "utf-16le", Optional: func(f partner.Field) bool { return f == partner.Type }})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			checkWorkbook(t, s, path)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if left, _ := os.ReadDir(temp); len(left) > 0 {
			t.Errorf("%v stays behind", left)
		}
	}
}

func checkWorkbook(t *testing.T, s *Sheet, path string) {
	t.Helper()
	if s.HeaderLine != 3 || !s.BOM || s.Newline != "\r\n" || s.Delimiter != ',' || s.Encoding != "UTF-8" || s.Workbook == nil || s.Workbook.Sheet != "Sheet1" {
		t.Errorf("%+v", s)
	}
	if diff := cmp.Diff([]string{"Partners, of 2024 and before"}, s.Titles); diff != "" {
		t.Error(diff)
	}
	var got []string
	sc, err := s.Scan()
	for err == nil {
		var b Block
		if b, err = sc.Next(); err == nil {
			parsed, _ := s.Parse(b)
			for _, r := range parsed.Rows {
				got = append(got, show(r))
			}
		}
	}
	want := []string{"4 A\nB|Lee", "6 C; D|Kö\nnig", "7 E|", "8 F|Lee"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	original, _ := os.ReadFile(path)
	if sum := sha256.Sum256(original); sc.SHA256() != hex.EncodeToString(sum[:]) {
		t.Error("the hash is not the workbook's")
	}
}
