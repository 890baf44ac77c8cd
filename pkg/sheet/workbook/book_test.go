package workbook

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

const (
	xmlMain   = ` xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	xmlRels   = ` xmlns="http://schemas.openxmlformats.org/package/2006/relationships"`
	xmlOffice = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
)

// parts are those of a workbook of one sheet with the given rows and shared texts.
func parts(rows, texts string) map[string]string {
	return map[string]string{
		"_rels/.rels":                `<Relationships` + xmlRels + `><Relationship Id="rId1" Type="` + xmlOffice + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook` + xmlMain + ` xmlns:r="` + xmlOffice + `"><sheets><sheet name="List" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships` + xmlRels + `><Relationship Id="rId1" Type="` + xmlOffice + `/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="` + xmlOffice + `/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="rId3" Type="` + xmlOffice + `/styles" Target="styles.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml":   `<worksheet` + xmlMain + `><sheetData>` + rows + `</sheetData></worksheet>`,
		"xl/sharedStrings.xml":       `<sst` + xmlMain + `>` + texts + `</sst>`,
		"xl/styles.xml":              `<styleSheet` + xmlMain + `><numFmts><numFmt numFmtId="164" formatCode="[&lt;=999]000;[&lt;=9999]000\-00;000\-0000"/></numFmts><cellXfs><xf/><xf numFmtId="164"/><xf numFmtId="14"/></cellXfs></styleSheet>`,
	}
}

// pack makes an archive of parts.
func pack(parts map[string]string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range parts {
		w, err := z.Create(name)
		if err != nil {
			panic(err)
		}
		w.Write([]byte(text))
	}
	z.Close()
	return b.Bytes()
}

// read reads the first sheet, each row as its cells joined by |, those that are
// dates marked.
func read(archive []byte) ([]string, error) {
	b, err := Open(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, err
	}
	rows, err := b.Rows(0, nil)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var lines []string
	for rows.Next() {
		row := rows.Row()
		for _, i := range row.Dates {
			row.Cells[i] += "(date)"
		}
		lines = append(lines, strings.Join(row.Cells, "|"))
	}
	return lines, rows.Err()
}

const (
	twoRows  = `<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row><row r="2"><c r="B2"><v>600041</v></c></row>`
	twoTexts = `<si><t>Müller</t></si><si><r><t>a </t></r><r><t/></r><r><t>b</t></r><rPh sb="0" eb="1"><t>ビ</t></rPh></si>`
)

func TestRows(t *testing.T) {
	plain := []string{"Müller|a b", "|600041"}
	utf16LE := func(text string) string {
		b := []byte("\xff\xfe")
		for _, u := range utf16.Encode([]rune(text)) {
			b = append(b, byte(u), byte(u>>8))
		}
		return string(b)
	}
	latin1 := func(text string) string { return strings.ReplaceAll(text, "ü", "\xfc") }
	for _, tc := range []struct {
		name string
		edit func(p map[string]string)
		want []string
	}{
		{"as it is", func(map[string]string) {}, plain},
		{"parts under other names", func(p map[string]string) {
			for from, to := range map[string]string{"xl/workbook.xml": "book22.xml", "xl/_rels/workbook.xml.rels": "_rels/book22.xml.rels", "xl/worksheets/sheet1.xml": "A.xml", "xl/sharedStrings.xml": "T.xml", "xl/styles.xml": "S.xml"} {
				p[to] = p[from]
				delete(p, from)
			}
			p["_rels/.rels"] = strings.Replace(p["_rels/.rels"], "xl/workbook.xml", "/book22.xml", 1)
			p["_rels/book22.xml.rels"] = strings.NewReplacer("worksheets/sheet1.xml", "A.xml", "sharedStrings", "sharedStrings", `"sharedStrings.xml"`, `"/t.XML"`, "styles.xml", "./S.xml").Replace(p["_rels/book22.xml.rels"])
		}, plain},
		{"other case, other separator", func(p map[string]string) {
			p[`XL\WorkSheets\Sheet1.XML`] = p["xl/worksheets/sheet1.xml"]
			delete(p, "xl/worksheets/sheet1.xml")
		}, plain},
		{"prefixes", func(p map[string]string) {
			for name, text := range p {
				p[name] = strings.NewReplacer("</", "</x:", "<", "<x:", "xmlns=", "xmlns:x=").Replace(text)
			}
		}, plain},
		{"strict", func(p map[string]string) {
			for name, text := range p {
				p[name] = strings.NewReplacer("http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main", xmlOffice, "http://purl.oclc.org/ooxml/officeDocument/relationships").Replace(text)
			}
		}, plain},
		{"single quotes, spaces, comments, instructions", func(p map[string]string) {
			for name, text := range p {
				p[name] = "<?xml version='1.0'?>\n<!-- <a> --><?x <b?>" + strings.NewReplacer(`"`, ` ' `[1:2], "><", ">\n <!-- > --><").Replace(text) + "\n<!-- end -->"
			}
		}, plain},
		{"CDATA", func(p map[string]string) {
			p["xl/sharedStrings.xml"] = strings.Replace(p["xl/sharedStrings.xml"], "Müller", "M<![CDATA[ü]]>ll<!-- x -->er", 1)
		}, plain},
		{"UTF-16", func(p map[string]string) {
			for name, text := range p {
				p[name] = utf16LE(`<?xml version="1.0" encoding="UTF-16"?>` + text)
			}
		}, plain},
		{"ISO-8859-1", func(p map[string]string) {
			p["xl/sharedStrings.xml"] = latin1(`<?xml version="1.0" encoding='ISO-8859-1'?><sst` + xmlMain + `><si><t>Müller</t></si><si><t>a b</t></si></sst>`)
		}, plain},
		{"references of XML", func(p map[string]string) {
			p["xl/sharedStrings.xml"] = strings.Replace(p["xl/sharedStrings.xml"], "Müller", "M&#252;&#x6C;l&#101;r", 1)
		}, plain},
		{"a postal code with conditions", func(p map[string]string) {
			p["xl/worksheets/sheet1.xml"] = strings.Replace(p["xl/worksheets/sheet1.xml"], `r="B2"`, `r="B2" s="1"`, 1)
		}, []string{"Müller|a b", "|060-0041"}},
		{"dates from 1904", func(p map[string]string) {
			p["xl/workbook.xml"] = strings.Replace(p["xl/workbook.xml"], "<sheets>", `<workbookPr date1904="1"/><sheets>`, 1)
			p["xl/worksheets/sheet1.xml"] = strings.Replace(p["xl/worksheets/sheet1.xml"], `r="B2"><v>600041`, `r="B2" s="2"><v>44752`, 1)
		}, []string{"Müller|a b", "|2026-07-11(date)"}},
		{"rows that are no data", func(p map[string]string) {
			p["xl/worksheets/sheet1.xml"] = strings.Replace(p["xl/worksheets/sheet1.xml"], "</sheetData>", `<ext><row r="3"><c><v>9</v></c></row></ext></sheetData><extLst><ext><row r="9"><c><v>9</v></c></row></ext></extLst>`, 1)
		}, plain},
		{"elements of others", func(p map[string]string) {
			p["xl/worksheets/sheet1.xml"] = strings.Replace(p["xl/worksheets/sheet1.xml"], "<v>600041</v>", `<y:v xmlns:y="urn:y">7</y:v><v>600041</v>`, 1)
		}, plain},
		{"lower-case places", func(p map[string]string) {
			p["xl/worksheets/sheet1.xml"] = strings.NewReplacer(`r="A1"`, `r="a1"`, `r="B2"`, `r="b2"`).Replace(p["xl/worksheets/sheet1.xml"])
		}, plain},
		{"escapes", func(p map[string]string) {
			p["xl/sharedStrings.xml"] = strings.Replace(p["xl/sharedStrings.xml"], "Müller", "a_x0000_b_x005F_x0041_ _xD83D__xDE00_ _xD83D_ _x00", 1)
		}, []string{"a\x00b_x0041_ 😀 _xD83D_ _x00|a b", "|600041"}},
	} {
		p := parts(twoRows, twoTexts)
		tc.edit(p)
		got, err := read(pack(p))
		if diff := cmp.Diff(tc.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got)\n%s", tc.name, err, diff)
		}
	}
}

// TestBroken: what does not fit together is an error that names the place, and never
// an empty cell or another one's text.
func TestBroken(t *testing.T) {
	for _, tc := range []struct{ name, rows, texts, want string }{
		{"an index too high", `<row r="2"><c r="G2" t="s"><v>2</v></c></row>`, twoTexts, `cell G2 refers to the shared text "2", and the workbook has 2`},
		{"a negative index", `<row><c t="s"><v>-1</v></c></row>`, twoTexts, `refers to the shared text "-1"`},
		{"no number", `<row><c t="s"><v>abc</v></c></row>`, twoTexts, `refers to the shared text "abc"`},
		{"a fraction", `<row><c t="s"><v>1.0</v></c></row>`, twoTexts, `refers to the shared text "1.0"`},
		{"a style too high", `<row><c s="3"><v>1</v></c></row>`, twoTexts, `cell A1 has the style "3"`},
		{"the row of another", `<row r="2"><c r="A3"><v>1</v></c></row>`, twoTexts, `a cell has the place "A3"`},
		{"two values for one attribute", `<row><c t="s" t="s"><v>1</v></c></row>`, twoTexts, "stands twice"},
		{"a definition", `<row/><!DOCTYPE x [<!ENTITY a "b">]>`, twoTexts, "document type definition"},
		{"an unknown entity", `<row><c t="str"><v>&a;</v></c></row>`, twoTexts, "unknown reference &a;"},
		{"elements that cross", `<row><c></row></c>`, twoTexts, "did not begin"},
		{"a second root", `</sheetData></worksheet><worksheet><sheetData>`, twoTexts, "unexpected element"},
		{"rows in two places", `</sheetData><sheetData>`, twoTexts, "rows in two places"},
		{"merged cells without a place", `</sheetData><mergeCells><mergeCell ref="B2:A1"/></mergeCells><x>`, twoTexts, "merged as"},
		{"too many namespaces", `<row ` + strings.Repeat(`xmlns:a="a" `, 70) + `/>`, twoTexts, "too many namespaces"},
	} {
		p := parts(tc.rows, tc.texts)
		if tc.name == "merged cells without a place" {
			p["xl/worksheets/sheet1.xml"] = strings.Replace(p["xl/worksheets/sheet1.xml"], "<x></sheetData>", "", 1)
		}
		if got, err := read(pack(p)); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %q, %v, want an error with %q", tc.name, got, err, tc.want)
		}
	}
}
