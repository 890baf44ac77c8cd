package sheet

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"onboard/pkg/sheet/workbook"
)

const sheetPart = "xl/worksheets/sheet1.xml"

// rawBook saves a workbook whose only sheet has the given XML as its rows.
func rawBook(t testing.TB, rows string) string {
	t.Helper()
	return repacked(t, func(name string, content []byte) []byte {
		if name != sheetPart {
			return content
		}
		return []byte(`<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>` + rows + `</sheetData></worksheet>`)
	})
}

func excelizeRow(n int, text string) string {
	return fmt.Sprintf(`<row r="%d"><c r="A%d" t="inlineStr"><is><t>%s</t></is></c></row>`, n, n, text)
}

// repacked saves a small workbook after edit has changed its parts; a part
// that becomes nil is left out.
func repacked(t testing.TB, edit func(name string, content []byte) []byte, more ...string) string {
	t.Helper()
	from, err := zip.OpenReader(book(t, func(b *excelize.File) { set(t, b, "Sheet1", 1, []any{"company_name", "country"}, []any{"A", "GB"}) }))
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	path := filepath.Join(t.TempDir(), "edited.xlsx")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := zip.NewWriter(f)
	w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, flate.BestSpeed) })
	add := func(name string, content []byte) {
		if content = edit(name, content); content == nil {
			return
		}
		part, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		part.Write(content)
	}
	for _, p := range from.File {
		r, err := p.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		add(p.Name, content)
	}
	for _, name := range more {
		add(name, nil)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// instead replaces one part.
func instead(part, content string) func(string, []byte) []byte {
	return func(name string, old []byte) []byte {
		if name == part {
			return []byte(content)
		}
		return old
	}
}

func TestWorkbookRefuses(t *testing.T) {
	rows := func(xml string) func(t *testing.T) string {
		return func(t *testing.T) string { return rawBook(t, xml) }
	}
	edited := func(edit func(string, []byte) []byte, more ...string) func(t *testing.T) string {
		return func(t *testing.T) string { return repacked(t, edit, more...) }
	}
	file := func(content []byte) func(t *testing.T) string {
		return func(t *testing.T) string {
			path := filepath.Join(t.TempDir(), "x.xlsx")
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			return path
		}
	}
	whole, err := os.ReadFile(repacked(t, func(_ string, content []byte) []byte { return content }))
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 32767)
	texts := `<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>` + long + `</t></si></sst>`
	for _, tc := range []struct {
		name string
		path func(t *testing.T) string
		want string
	}{
		{"rows without end", rows(`<row r="1048577"><c r="A1048577"><v>1</v></c></row>`), "more than 1048576 rows"},
		{"elements in elements", rows(strings.Repeat("<x>", 200) + strings.Repeat("</x>", 200)), "nested too deeply"},
		{"sheets without end", edited(func(name string, content []byte) []byte {
			if name != "xl/workbook.xml" {
				return content
			}
			var b bytes.Buffer
			for i := range workbook.MaxSheets {
				fmt.Fprintf(&b, `<sheet name="S%d" sheetId="%d" r:id="rId1"/>`, i, i+100)
			}
			return bytes.Replace(content, []byte("</sheets>"), append(b.Bytes(), "</sheets>"...), 1)
		}), "sheets, and 1000 is the most"},
		{"a zip cut short", file(whole[:len(whole)/2]), "damaged (it is cut short"},
		{"nothing", file(nil), "damaged (it is cut short"},
		{"bytes changed", file(garbled(whole)), "damaged ("},
		{"another archive", edited(func(name string, content []byte) []byte {
			if strings.HasPrefix(name, "xl/") {
				return nil
			}
			return content
		}), "no Excel workbook"},
		{"a sheet that is missing", edited(func(name string, content []byte) []byte {
			if name == sheetPart {
				return nil
			}
			return content
		}), "damaged (sheet 'Sheet1': its part xl/worksheets/sheet1.xml is missing"},
		{"two parts with one name", edited(func(_ string, content []byte) []byte { return append(content, ' ') }, "XL/sharedstrings.xml"), "two parts with the name xl/sharedstrings.xml"},
		{"XML cut short", edited(instead(sheetPart, `<worksheet><sheetData>`+excelizeRow(1, "a")+`<row r="2">`)), "damaged (xl/worksheets/sheet1.xml: XML syntax error"},
		{"a character that XML has not", rows(excelizeRow(1, "a") + excelizeRow(2, "a\vb")), "illegal character code U+000B"},
		{"bytes that are not UTF-8", rows(excelizeRow(1, "M\xfcller")), "invalid UTF-8"},
		{"texts cut short", edited(instead("xl/sharedStrings.xml", `<sst><si><t>a</t>`)), "damaged (xl/sharedStrings.xml"},
		{"styles that are none", edited(instead("xl/styles.xml", `<styleSheet`)), "damaged (xl/styles.xml"},
		{"rows out of order", rows(excelizeRow(2, "a") + excelizeRow(1, "b")), "row 1 comes after row 2"},
		{"a row twice", rows(excelizeRow(1, "a") + excelizeRow(1, "b")), "row 1 comes after row 1"},
		{"a row without a number", rows(`<row r="x"/>`), `a row has the number "x"`},
		{"a row too far", rows(excelizeRow(1, "a") + excelizeRow(1048577, "b")), "row"},
		{"cells out of order", rows(`<row r="1"><c r="B1"/><c r="A1"/></row>`), `cell "A1" comes after cell "B1"`},
		{"a million columns", rows(`<row r="1">` + strings.Repeat(`<c><v>1</v></c>`, 1_000_000) + `</row>`), "row 1 has more than 16384 cells"},
		{"a column too far", rows(`<row r="1"><c r="XFE1"><v>1</v></c></row>`), "damaged (sheet 'Sheet1', row 1"},
		{"100 MB in a cell", rows(excelizeRow(1, strings.Repeat("x", 100<<20))), "a cell of this workbook holds more text"},
		{"8 MB in pieces in a cell", rows(`<row r="1"><c t="inlineStr"><is>` + strings.Repeat(`<r><t>`+long+`</t></r>`, 260) + `</is></c></row>`), "a cell of this workbook holds more text"},
		{"a text 16,000 times in a row", edited(func(name string, content []byte) []byte {
			switch name {
			case sheetPart:
				return []byte(`<worksheet><sheetData><row>` + strings.Repeat(`<c t="s"><v>0</v></c>`, 16000) + `</row></sheetData></worksheet>`)
			case "xl/sharedStrings.xml":
				return []byte(texts)
			}
			return content
		}), "row 1 of this workbook holds more text"},
		{"a row of 2 MB", rows(`<row r="1">` + strings.Repeat(`<c t="str"><v>`+long+`</v></c>`, 64) + `</row>`), "row 1 of this workbook holds more text"},
		{"styles without end", edited(instead("xl/styles.xml", "<styleSheet>"+strings.Repeat("<xf/>", 1_100_000)+"</styleSheet>")), "more than a million elements"},
		{"a workbook part of 17 MB", edited(instead("xl/styles.xml", strings.Repeat(" ", 17<<20))), "larger than 16 MB"},
		{"a format without end", edited(instead("xl/styles.xml", `<styleSheet><numFmts><numFmt formatCode="`+long+`"/></numFmts></styleSheet>`)), "a number format is longer than any"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			text, _, err := convert(t, tc.path(t), Options{})
			var file *FileError
			if !errors.As(err, &file) || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("got %q, %v, want a file error with %q", text, err, tc.want)
			}
			if file.File != "book.xlsx" || file.Hint == "" || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v is no sentence with a hint about book.xlsx", err)
			}
		})
	}
}

// garbled changes the first part's packed bytes but not their number.
func garbled(whole []byte) []byte {
	whole = bytes.Clone(whole)
	i := bytes.Index(whole, []byte(sheetPart)) + len(sheetPart)
	for j := range 8 {
		whole[i+j] ^= 0x55
	}
	return whole
}

// TestWorkbookBombs: what would unpack without end is refused at once, also
// when it lies about its size.
func TestWorkbookBombs(t *testing.T) {
	honest := bomb(t, 800<<20, 800<<20)
	if info, err := os.Stat(honest); err != nil || info.Size() > 4<<20 {
		t.Fatalf("the bomb is %v, %v", info.Size(), err)
	}
	for path, want := range map[string]string{
		honest:                   "unpacks to more than 200 MB",
		bomb(t, 300<<20, 1000):   "damaged (xl/worksheets/sheet1.xml: ",
		bomb(t, 1<<20, 1<<63):    "unpacks to more than 200 MB",
		bomb(t, 1<<20, 190<<20):  "damaged (xl/worksheets/sheet1.xml: ",
		bomb(t, 190<<20, 10<<20): "damaged (xl/worksheets/sheet1.xml: ",
	} {
		start := time.Now()
		_, _, err := convert(t, path, Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
		if took := time.Since(start); path == honest && took > time.Second {
			t.Errorf("the refusal took %v", took)
		}
	}
}

// bomb saves a workbook whose sheet is so many bytes and declares others.
func bomb(t *testing.T, size int, declared uint64) string {
	t.Helper()
	// A megabyte that is packed once, up to a byte boundary, can be repeated.
	megabyte := pack(strings.Repeat("<row><c/></row>"+strings.Repeat(" ", 4096-15), 256), false)
	packed := append(pack("<worksheet><sheetData>", false), bytes.Repeat(megabyte, size>>20)...)
	packed = append(packed, pack("</sheetData></worksheet>", true)...)
	path := filepath.Join(t.TempDir(), "bomb.xlsx")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := zip.NewWriter(f)
	for name, text := range map[string]string{
		"_rels/.rels":                `<Relationships><Relationship Id="a" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook><sheets><sheet name="S" xmlns:r="x" r:id="b"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="b" Type="x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
	} {
		io.WriteString(first(w.Create(name)), text)
	}
	part, err := w.CreateRaw(&zip.FileHeader{Name: sheetPart, Method: zip.Deflate, CompressedSize64: uint64(len(packed)), UncompressedSize64: declared})
	if err != nil {
		t.Fatal(err)
	}
	part.Write(packed)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func pack(text string, end bool) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.DefaultCompression)
	io.WriteString(w, text)
	if w.Flush(); end {
		w.Close()
	}
	return b.Bytes()
}

func first(w io.Writer, _ error) io.Writer { return w }

// TestWorkbookAmplified: a long text in each of many rows ends at the limit of
// the CSV, not at that of the disk.
func TestWorkbookAmplified(t *testing.T) {
	path := repacked(t, func(name string, content []byte) []byte {
		switch name {
		case sheetPart:
			return []byte(`<worksheet><sheetData>` + strings.Repeat(`<row><c t="s"><v>0</v></c></row>`, 10000) + `</sheetData></worksheet>`)
		case "xl/sharedStrings.xml":
			return []byte(`<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>` + strings.Repeat("x", 32767) + `</t></si></sst>`)
		}
		return content
	})
	if _, _, err := convert(t, path, Options{}); err == nil || !strings.Contains(err.Error(), "more than 200 MB of text") {
		t.Errorf("got %v", err)
	}
}
