package workbook

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
)

// drain reads all sheets of a workbook, twice where cells are merged.
func drain(archive []byte) {
	b, err := Open(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return
	}
	for i := range b.Sheets {
		var merged []Area
		for range 2 {
			rows, err := b.Rows(i, merged)
			if err != nil {
				break
			}
			last := 0
			for rows.Next() {
				row := rows.Row()
				size := 0
				for _, text := range row.Cells {
					size += len(text)
				}
				if row.Number <= last || row.Number > MaxRows || len(row.Cells) > MaxColumns || merged == nil && size > MaxText {
					panic("a row is beyond its limits")
				}
				last = row.Number
			}
			rows.Close()
			if merged = rows.Merged; len(merged) == 0 {
				break
			}
		}
	}
}

// FuzzWorkbookParts: whatever stands in the parts of a workbook, reading ends within
// its limits.
func FuzzWorkbookParts(f *testing.F) {
	p := parts(twoRows, twoTexts)
	f.Add(twoRows, twoTexts, p["xl/styles.xml"], p["xl/workbook.xml"])
	f.Add(`<row r="7" hidden="1" ht="0"><c r="C7" s="2" t="d" vm="1"><f>1</f><v>2026-07-11</v></c><c t="b"><v>1</v></c><c t="e" vm="1"><v>#VALUE!</v></c><c t="inlineStr"><is><r><t>a</t></r></is></c></row>`, `<si/><si><t xml:space="preserve"> a_x000D_</t></si>`, "", "")
	f.Add(`</sheetData><mergeCells><mergeCell ref="A1:B3"/></mergeCells><extLst><row/></extLst><!-- -->`, `<![CDATA[]]>`, `<styleSheet><cellXfs><xf numFmtId="12"/></cellXfs></styleSheet>`, `<workbook><sheets/></workbook>`)
	f.Fuzz(func(_ *testing.T, rows, texts, styles, workbook string) {
		p := parts(rows, texts)
		if styles != "" {
			p["xl/styles.xml"] = styles
		}
		if workbook != "" {
			p["xl/workbook.xml"] = workbook
		}
		drain(pack(p))
	})
}

// FuzzWorkbookZip: so it is with any bytes for the archive.
func FuzzWorkbookZip(f *testing.F) {
	whole := pack(parts(twoRows, twoTexts))
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Fuzz(func(_ *testing.T, archive []byte) { drain(archive) })
}

// FuzzWorkbookFormat: every number has some look in any format, and keeps its row.
func FuzzWorkbookFormat(f *testing.F) {
	f.Add("[<=999]000;[<=9999]000\\-00;000\\-0000", 600041.0)
	for _, code := range []string{"General", "# ??/??", "[h]:mm:ss.00", "yyyy-mm-dd", ";;;", `"a"0_)*x\b@`, "0.00E+00", "[$-411]ggge", "0,,.0%%", "/0/", `0/\-0`, "[=]", "[h"} {
		f.Add(code, -1234.5)
	}
	f.Fuzz(func(t *testing.T, code string, v float64) {
		if len(code) > maxFormat || math.IsNaN(v) || math.IsInf(v, 0) { // which Rows does not ask about
			return
		}
		c := compile(code)
		if got := c.append(nil, v, nil, epoch1900); isBlank(got) || len(got) > 1<<16 {
			t.Fatalf("%q shows %v as %q", code, v, got)
		}
		if c.text != nil {
			c.text.appendText(nil, "a")
		}
	})
}

// FuzzWorkbookXML: text that is cut anywhere by the reader gives the same tokens, and
// each error has its part.
func FuzzWorkbookXML(f *testing.F) {
	for _, text := range []string{"<a b='>'>c&amp;d<!-- > --><![CDATA[<]]></a>", "<?xml version='1.0'?>\r\n<x:a xmlns:x='y'><x:b/>\r</x:a> ", "<a>&#x41;</b>", "<a", "<!DOCTYPE a>", "<a b=c/>"} {
		f.Add(text, uint8(3))
	}
	f.Fuzz(func(t *testing.T, text string, size uint8) {
		whole, err := tokens(strings.NewReader(text))
		cut, err2 := tokens(&dripping{strings.NewReader(text), 1 + int(size)})
		if whole != cut || (err == nil) != (err2 == nil) || err != nil && err.Error() != err2.Error() {
			t.Fatalf("%q, %v\n%q, %v", whole, err, cut, err2)
		}
		var part *partError
		if err != nil && !errors.As(err, &part) {
			t.Fatal(err)
		}
	})
}

// dripping reads so many bytes at a time.
type dripping struct {
	r io.Reader
	n int
}

func (d *dripping) Read(p []byte) (int, error) { return d.r.Read(p[:min(len(p), d.n)]) }

// tokens are those of a text, as one.
func tokens(r io.Reader) (string, error) {
	x := newScanner("p", r)
	var all strings.Builder
	for {
		switch token, err := x.next(); {
		case err != nil || token == eof:
			return all.String(), err
		case token == startElement:
			all.WriteString("<" + string(x.name))
			for _, a := range x.attrs {
				all.WriteString(" " + string(a.name) + "=" + string(a.value))
			}
			all.WriteString(">")
		case token == endElement:
			all.WriteString("</>")
		case token == charData:
			all.WriteString("[" + string(x.text) + "]")
		}
	}
}
