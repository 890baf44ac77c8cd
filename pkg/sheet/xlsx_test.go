package sheet

import (
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"onboard/pkg/partner"
)

// book saves a workbook that build fills; its first sheet is "Sheet1".
func book(t testing.TB, build func(b *excelize.File)) string {
	t.Helper()
	b := excelize.NewFile()
	defer b.Close()
	build(b)
	path := filepath.Join(t.TempDir(), "book.xlsx")
	if err := b.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// set fills rows of a sheet from a row on.
func set(t testing.TB, b *excelize.File, sheet string, row int, rows ...[]any) {
	t.Helper()
	for i, cells := range rows {
		at, _ := excelize.CoordinatesToCellName(1, row+i)
		if err := b.SetSheetRow(sheet, at, &cells); err != nil {
			t.Fatal(err)
		}
	}
}

// convert reads one sheet of a workbook as CSV text.
func convert(t testing.TB, path string, opt Options) (string, Workbook, error) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	opt.TempDir = t.TempDir()
	out, info, err := asCSV(f, "book.xlsx", opt)
	if left, _ := os.ReadDir(opt.TempDir); len(left) > 0 {
		t.Errorf("%s is left behind", left[0].Name())
	}
	if err != nil {
		return "", info, err
	}
	defer out.Close()
	text, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(text), info, nil
}

func TestWorkbookCells(t *testing.T) {
	style := func(b *excelize.File, cell string, s excelize.Style) {
		id, err := b.NewStyle(&s)
		if err != nil {
			t.Fatal(err)
		}
		b.SetCellStyle("Sheet1", cell, cell, id)
	}
	custom := func(code string) excelize.Style { return excelize.Style{CustomNumFmt: &code} }
	bold := excelize.Style{Font: &excelize.Font{Bold: true}}
	for _, tc := range []struct {
		name string
		cell any
		look *excelize.Style
		want string
	}{
		{"leading zeros of a text", "00123", nil, "00123"},
		{"a text in a number format", "00123", &excelize.Style{NumFmt: 2}, "00123"},
		{"a number that a format fills with zeros", 123, new(custom("00000")), "00123"},
		{"a number", 1234.5, nil, "1234.5"},
		{"a negative number", -3, nil, "-3"},
		{"a number with separators", 12345, &excelize.Style{NumFmt: 3}, "12,345"},
		{"a date", 45000, new(custom("d.m.yyyy")), "15.3.2023"},
		{"a short date", 45000, &excelize.Style{NumFmt: 14}, "2023-03-15"},
		{"twelve digits", 123456789012, nil, "123456789012"},
		{"twelve digits, bold", 123456789012, &bold, "123456789012"},
		{"fifteen digits, bold and negative", -123456789012345, &bold, "-123456789012345"},
		{"eighteen digits", 123456789012345678, nil, "123456789012345678"},
		{"a number in scientific format", 123456789012, &excelize.Style{NumFmt: 11}, "123456789012"},
		{"a huge number", 1.5e20, &bold, "150000000000000000000"},
		{"a text like a number", "1.23457E+11", &bold, "1.23457E+11"},
		{"true", true, nil, "TRUE"},
		{"false", false, nil, "FALSE"},
		{"two lines", "Street 1\nFloor 2", nil, "Street 1\nFloor 2"},
		{"commas and quotation marks", `Acme, "the" Ltd`, nil, `Acme, "the" Ltd`},
		{"other scripts", "株式会社 Ünïcödé 🏢", nil, "株式会社 Ünïcödé 🏢"},
		{"markup", "a<b> & c", nil, "a<b> & c"},
		{"spaces at the ends", "  Acme ", nil, "  Acme "},
		{"a formula as text", "=1+1", nil, "=1+1"},
		{"rich text", []excelize.RichTextRun{{Text: "Acme "}, {Text: "Ltd", Font: &excelize.Font{Bold: true}}}, nil, "Acme Ltd"},
	} {
		path := book(t, func(b *excelize.File) {
			if runs, ok := tc.cell.([]excelize.RichTextRun); ok {
				b.SetCellRichText("Sheet1", "B1", runs)
			} else {
				b.SetCellValue("Sheet1", "B1", tc.cell)
			}
			if tc.look != nil {
				style(b, "B1", *tc.look)
			}
			b.SetCellValue("Sheet1", "C1", "end")
		})
		text, _, err := convert(t, path, Options{})
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		got, err := csv.NewReader(strings.NewReader(text)).Read()
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
		if diff := cmp.Diff([]string{"", tc.want, "end"}, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tc.name, diff)
		}
	}
}

// TestWorkbookXML reads what other programs write and excelize does not.
func TestWorkbookXML(t *testing.T) {
	for _, tc := range []struct{ name, rows, want string }{
		{"a formula's cached value", `<row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1" t="str"><f>"a"&amp;"b"</f><v>ab</v></c></row>`, "2,ab\n"},
		{"a formula without one", `<row r="1"><c r="A1"><f>1+1</f></c><c r="B1"><v>7</v></c></row>`, ",7\n"},
		{"errors", `<row r="1"><c r="A1" t="e"><v>#N/A</v></c><c r="B1" t="e"><f>A9</f><v>#REF!</v></c></row>`, "#N/A,#REF!\n"},
		{"a text in the cell", `<row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c></row>`, "x\n"},
		{"no references", `<row><c><v>1</v></c><c><v>2</v></c></row><row><c/><c><v>4</v></c></row>`, "1,2\n,4\n"},
		{"escapes", `<row r="1"><c r="A1" t="inlineStr"><is><t>a_x000D_&#10;b_x005F_x000D_</t></is></c></row>`, "\"a\r\nb_x000D_\"\n"},
		{"a gap in a row", `<row r="1"><c r="A1"><v>1</v></c><c r="D1"><v>4</v></c></row>`, "1,,,4\n"},
		{"more digits than a double has", `<row r="1"><c r="A1"><v>12345678901234567</v></c><c r="B1"><v>1.2345678901234567E+17</v></c></row>`, "12345678901234567,123456789012345660\n"},
		{"digits below plain rows", `<row r="1"><c r="A1"><v>1</v></c></row><row r="3"><c r="A3"><v>12345678901234567</v></c></row><row r="4"><c r="A4"><v>76543210987654321</v></c></row>`,
			"1\n\n12345678901234567\n76543210987654321\n"},
		{"a prefix", `<x:row xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" r="1"><x:c r="A1"><x:v>1</x:v></x:c></x:row>`, "1\n"},
	} {
		text, _, err := convert(t, rawBook(t, tc.rows), Options{})
		if diff := cmp.Diff(tc.want, text); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got)\n%s", tc.name, err, diff)
		}
	}
}

func TestWorkbookRows(t *testing.T) {
	head := []any{"company_name", "country", "data_center", "note"}
	for _, tc := range []struct {
		name  string
		build func(b *excelize.File)
		want  string
	}{
		{"a record is a row", func(b *excelize.File) { set(t, b, "Sheet1", 3, head, nil, nil, []any{"A", "GB", "UK", "x"}) },
			"\n\ncompany_name,country,data_center,note\n\n\nA,GB,UK,x\n"},
		{"short rows are padded", func(b *excelize.File) { set(t, b, "Sheet1", 1, head, []any{"A", "GB"}) },
			"company_name,country,data_center,note\nA,GB,,\n"},
		{"empty cells beyond the header go", func(b *excelize.File) {
			set(t, b, "Sheet1", 1, append(head[:4:4], "", " "), []any{"A", "GB", "UK", "x", "", "\u00a0"})
		}, "company_name,country,data_center,note\nA,GB,UK,x\n"},
		{"text beyond the header stays", func(b *excelize.File) { set(t, b, "Sheet1", 1, head, []any{"A", "", "", "", "", "y"}) },
			"company_name,country,data_center,note,,\nA,,,,,y\n"},
		{"a stray cell far beyond the header", func(b *excelize.File) {
			set(t, b, "Sheet1", 1, head, []any{"A"})
			b.SetCellValue("Sheet1", "AZ2", "y")
		}, "company_name,country,data_center,note\nA" + strings.Repeat(",", 51) + "y\n"},
		{"a title over the header", func(b *excelize.File) {
			set(t, b, "Sheet1", 1, []any{"Partners of 2026"}, []any{"", "", "", "", "", "Page 1"}, head, []any{"A"})
		}, "Partners of 2026,,,\n,,,,,Page 1\ncompany_name,country,data_center,note\nA,,,\n"},
		{"an unknown header", func(b *excelize.File) { set(t, b, "Sheet1", 1, []any{"x", "y"}, []any{"1"}, []any{"1", "2", "3"}) },
			"x,y,\n1,,\n1,2,3\n"},
		{"empty rows at the end", func(b *excelize.File) {
			set(t, b, "Sheet1", 1, head)
			set(t, b, "Sheet1", 50, []any{" ", ""})
			b.SetRowHeight("Sheet1", 90, 40)
		}, "company_name,country,data_center,note\n"},
		{"merged cells", func(b *excelize.File) {
			set(t, b, "Sheet1", 1, head, []any{"A", "GB", nil, "x"}, []any{nil, "GB", "UK", "x"}, []any{nil, nil, "UK"}, []any{"B", nil, "UK"})
			b.MergeCell("Sheet1", "A2", "A4")
			b.MergeCell("Sheet1", "B2", "C2")
			b.MergeCell("Sheet1", "D2", "D3")
			b.MergeCell("Sheet1", "B5", "B7") // which holds nothing
		}, "company_name,country,data_center,note\nA,GB,,x\nA,GB,UK,x\nA,,UK,\nB,,UK,\n"},
		{"merged cells and nothing else", func(b *excelize.File) { // a row that is two rows high
			set(t, b, "Sheet1", 1, head, []any{"A", "GB"}, nil, []any{"B"})
			b.MergeCell("Sheet1", "A2", "A3")
			b.MergeCell("Sheet1", "B2", "B3")
		}, "company_name,country,data_center,note\nA,GB,,\n\nB,,,\n"},
	} {
		text, info, err := convert(t, book(t, tc.build), Options{})
		if diff := cmp.Diff(tc.want, text); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got)\n%s", tc.name, err, diff)
		}
		if diff := cmp.Diff([]string{"Sheet1", "Sheet1"}, append(info.Sheets, info.Sheet)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tc.name, diff)
		}
	}
}

// TestWorkbookSheets chooses among a hidden sheet, an empty one, a chart and
// two with text.
func TestWorkbookSheets(t *testing.T) {
	path := book(t, func(b *excelize.File) {
		b.SetSheetName("Sheet1", "Old")
		for _, s := range []string{"Empty", "Partners", "2", "Ünïversal"} {
			b.NewSheet(s)
			set(t, b, s, 2, []any{"in " + s})
		}
		set(t, b, "Empty", 2, []any{" "})
		set(t, b, "Old", 1, []any{"in Old"})
		if err := b.AddChartSheet("Chart", &excelize.Chart{Type: excelize.Col, Series: []excelize.ChartSeries{{Values: "Partners!$A$1:$A$2"}}}); err != nil {
			t.Fatal(err)
		}
		b.SetActiveSheet(2)
		b.SetSheetVisible("Old", false)
	})
	visible := []string{"Empty", "Partners", "2", "Ünïversal", "Chart"}
	for _, tc := range []struct{ sheet, want, text string }{
		{"", "Partners", "\nin Partners\n"}, {"partners", "Partners", "\nin Partners\n"}, {"ÜNÏVERSAL", "Ünïversal", "\nin Ünïversal\n"},
		{" Partners ", "Partners", "\nin Partners\n"}, {"2", "2", "\nin 2\n"}, {"4", "Ünïversal", "\nin Ünïversal\n"}, {"Old", "Old", "in Old\n"},
	} {
		text, info, err := convert(t, path, Options{Sheet: tc.sheet})
		if diff := cmp.Diff(append([]string{tc.want}, visible...), append([]string{info.Sheet}, info.Sheets...)); diff != "" || err != nil {
			t.Errorf("--sheet %q: %v (-want +got)\n%s", tc.sheet, err, diff)
		}
		if text != tc.text {
			t.Errorf("--sheet %q gives %q, want %q", tc.sheet, text, tc.text)
		}
	}
	for sheet, want := range map[string]string{
		"Partner": "there is no sheet 'Partner'; hint: name one with --sheet: 'Empty', 'Partners', '2', 'Ünïversal', 'Chart'",
		"0":       "there is no sheet '0'", "6": "there is no sheet '6'", "Empty": "the sheet 'Empty' is empty", "chart": "the sheet 'Chart' is empty",
	} {
		_, _, err := convert(t, path, Options{Sheet: sheet})
		var file *FileError
		if !errors.As(err, &file) || !strings.Contains(err.Error(), want) {
			t.Errorf("--sheet %s: %v, want a file error with %q", sheet, err, want)
		}
	}
	if _, _, err := convert(t, book(t, func(*excelize.File) {}), Options{}); err == nil || !strings.Contains(err.Error(), "no visible sheet of this workbook holds any text") {
		t.Errorf("an empty workbook: %v", err)
	}
}

func TestWorkbookHeaderByMap(t *testing.T) {
	path := book(t, func(b *excelize.File) {
		set(t, b, "Sheet1", 1, []any{"List"}, []any{"Kunde", "Land", "Post", "Rest"}, []any{"A"})
	})
	text, _, err := convert(t, path, Options{Map: map[string]partner.Field{"Kunde": partner.CompanyName, "Land": partner.Country, "Post": partner.Email}})
	if want := "List,,,\nKunde,Land,Post,Rest\nA,,,\n"; text != want || err != nil {
		t.Errorf("got %q, %v, want %q", text, err, want)
	}
}

// TestWorkbookLong reads a workbook that is many times as long as what is read of
// it at a time.
func TestWorkbookLong(t *testing.T) {
	const n = 45000
	var rows, want strings.Builder
	for i := range n {
		at := strings.Repeat("x", 40) + string(rune('a'+i%26))
		row := excelizeRow(i+1, at)
		rows.WriteString(row)
		want.WriteString(at + "\n")
	}
	text, _, err := convert(t, rawBook(t, rows.String()), Options{})
	if err != nil || text != want.String() {
		t.Errorf("%d bytes, %v, want %d", len(text), err, want.Len())
	}
}

// TestUncomputed: a formula without a result is no cell that was left empty.
func TestUncomputed(t *testing.T) {
	xml := `<row r="1"><c r="A1"><v>1</v></c></row><row r="7"><c r="A7"><v>1</v></c><c r="B7"><f>1+1</f></c><c r="C7"/></row>` +
		`<row r="8"><c r="A8"><f>1+1</f><v>2</v></c><c r="B8" t="str"><f>A1</f><v></v></c><c r="C8"><f t="shared" si="0"/></c></row>`
	two := book(t, func(b *excelize.File) {
		set(t, b, "Sheet1", 1, []any{"A"})
		if _, err := b.NewSheet("Second"); err != nil {
			t.Fatal(err)
		}
		set(t, b, "Second", 1, []any{"A", "B"}, []any{"x"})
		if err := b.SetCellFormula("Second", "B2", "1+1"); err != nil {
			t.Fatal(err)
		}
	})
	for _, tc := range []struct {
		path, sheet string
		want        Cells
	}{
		{rawBook(t, xml), "", Cells{Count: 2, Row: 7, First: "B7"}},
		{rawBook(t, `<row><c><v>1</v></c></row><row><c><f>1+1</f></c></row>`), "", Cells{Count: 1, Row: 2, First: "A2"}},
		{two, "Sheet1", Cells{}},
		{two, "Second", Cells{Count: 1, Row: 2, First: "B2"}},
	} {
		_, info, err := convert(t, tc.path, Options{Sheet: tc.sheet})
		if diff := cmp.Diff(tc.want, info.Uncomputed); diff != "" || err != nil {
			t.Errorf("%s, %v (-want +got)\n%s", tc.sheet, err, diff)
		}
	}
}
