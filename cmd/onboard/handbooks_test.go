package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"
)

const (
	bookMain   = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	bookRels   = "http://schemas.openxmlformats.org/package/2006/relationships"
	bookOffice = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	bookSheet  = "xl/worksheets/sheet1.xml"
	bookTexts  = "xl/sharedStrings.xml"
	bookLinks  = "xl/_rels/workbook.xml.rels"
)

// bookParts are the parts of a workbook of one sheet, whose texts are shared as Excel
// has them. Each row is a line of cells.
func bookParts(rows ...string) map[string]string {
	var texts, data strings.Builder
	n := 0
	for i, row := range rows {
		fmt.Fprintf(&data, `<row r="%d">`, i+1)
		for j, text := range strings.Split(row, ",") {
			fmt.Fprintf(&texts, `<si><t xml:space="preserve">%s</t></si>`, text)
			fmt.Fprintf(&data, `<c r="%c%d" t="s"><v>%d</v></c>`, 'A'+j, i+1, n)
			n++
		}
		data.WriteString("</row>")
	}
	link := func(id, kind, target string) string {
		return `<Relationship Id="` + id + `" Type="` + bookOffice + "/" + kind + `" Target="` + target + `"/>`
	}
	return map[string]string{
		"_rels/.rels":     `<Relationships xmlns="` + bookRels + `">` + link("rId1", "officeDocument", "xl/workbook.xml") + `</Relationships>`,
		"xl/workbook.xml": `<workbook xmlns="` + bookMain + `" xmlns:r="` + bookOffice + `"><sheets><sheet name="Partners" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		bookLinks: `<Relationships xmlns="` + bookRels + `">` + link("rId1", "worksheet", "worksheets/sheet1.xml") + link("rId2", "sharedStrings", "sharedStrings.xml") +
			link("rId3", "styles", "styles.xml") + `</Relationships>`,
		bookSheet:       `<worksheet xmlns="` + bookMain + `"><sheetData>` + data.String() + `</sheetData></worksheet>`,
		bookTexts:       `<sst xmlns="` + bookMain + `">` + texts.String() + `</sst>`,
		"xl/styles.xml": `<styleSheet xmlns="` + bookMain + `"><cellXfs><xf/></cellXfs></styleSheet>`,
	}
}

// zipped makes an archive of parts, in the order of their names.
func zipped(parts map[string]string) string {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		w, _ := z.Create(name)
		_, _ = w.Write([]byte(parts[name]))
	}
	z.Close()
	return b.String()
}

// edit changes a part of a workbook, or all of them.
func edit(name string, pairs ...string) func(p map[string]string) {
	return func(p map[string]string) {
		for part := range p {
			if name == "" || name == part {
				p[part] = swap(p[part], pairs...)
			}
		}
	}
}

// move gives parts other names.
func move(p map[string]string, pairs ...string) {
	for i := 0; i < len(pairs); i += 2 {
		p[pairs[i+1]] = p[pairs[i]]
		delete(p, pairs[i])
	}
}

// inline is a row of texts that stand in their cells, without places.
func inline(line string) string {
	return "<row><c t=\"inlineStr\"><is><t>" + strings.ReplaceAll(line, ",", "</t></is></c><c t=\"inlineStr\"><is><t>") + "</t></is></c></row>"
}

// addSheet puts a sheet before the one there is.
func addSheet(p map[string]string, attributes, rows string) {
	edit("xl/workbook.xml", `<sheets>`, `<sheets><sheet `+attributes+` sheetId="9" r:id="rId9"/>`)(p)
	edit(bookLinks, `</Relationships>`, `<Relationship Id="rId9" Type="`+bookOffice+`/worksheet" Target="worksheets/first.xml"/></Relationships>`)(p)
	p["xl/worksheets/first.xml"] = `<worksheet xmlns="` + bookMain + `"><sheetData>` + rows + `</sheetData></worksheet>`
}

// formatted gives the styles 1, 2 and so on these number formats.
func formatted(codes ...string) func(p map[string]string) {
	return func(p map[string]string) {
		var formats, cells strings.Builder
		for i, code := range codes {
			fmt.Fprintf(&formats, `<numFmt numFmtId="%d" formatCode="%s"/>`, 164+i, strings.NewReplacer("<", "&lt;", `"`, "&quot;").Replace(code))
			fmt.Fprintf(&cells, `<xf numFmtId="%d"/>`, 164+i)
		}
		p["xl/styles.xml"] = `<styleSheet xmlns="` + bookMain + `"><numFmts>` + formats.String() + `</numFmts><cellXfs><xf/>` + cells.String() + `</cellXfs></styleSheet>`
	}
}

func utf16LE(text string) string {
	b := []byte("\xff\xfe")
	for _, u := range utf16.Encode([]rune(text)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}

const (
	sentAcme = "Acme|DE|EU|Ann|Lee|ann@acme.example"
	sentBeta = "Beta|FR|EU|Bob|Roy|bob@beta.example"
	sentBoth = sentAcme + "\n" + sentBeta
)

// handedBooks are workbooks as programs write them. Without a change one has the two
// rows that are sent as sentBoth.
func handedBooks() (all []handed) {
	add := func(name string, change func(p map[string]string), sent string, want ...string) *handed {
		p := bookParts(strings.Split(strings.TrimSuffix(handList, "\n"), "\n")...)
		if change != nil {
			change(p)
		}
		all = append(all, handed{name: "workbook: " + name, file: "list.xlsx", text: zipped(p), sent: sent, want: want})
		return &all[len(all)-1]
	}
	refused := func(name string, change func(p map[string]string), want ...string) {
		add(name, change, "", want...).exit = 2
	}

	add("as Excel writes it", nil, sentBoth)
	add("parts under other names", func(p map[string]string) {
		move(p, "xl/workbook.xml", "xl/workbook22.xml", bookLinks, "xl/_rels/workbook22.xml.rels", bookTexts, "xl/sharedStrings11.xml")
		edit("_rels/.rels", "workbook.xml", "workbook22.xml")(p)
		edit("xl/_rels/workbook22.xml.rels", "sharedStrings.xml", "sharedStrings11.xml")(p)
	}, sentBoth)
	add("parts in other capitals than their references", func(p map[string]string) {
		move(p, bookTexts, "xl/SharedStrings.xml")
		edit(bookLinks, "worksheets/sheet1.xml", "worksheets/Sheet1.xml")(p)
	}, sentBoth)
	add("absolute references", edit(bookLinks, `Target="`, `Target="/xl/`), sentBoth)
	add("all parts at the root", func(p map[string]string) {
		move(p, "xl/workbook.xml", "workbook.xml", bookLinks, "_rels/workbook.xml.rels", bookTexts, "sharedStrings.xml", bookSheet, "worksheet.xml", "xl/styles.xml", "styles.xml")
		edit("", "xl/workbook.xml", "workbook.xml", "worksheets/sheet1.xml", "worksheet.xml")(p)
	}, sentBoth)
	add("prefixes", edit("", "</", "</x:", "<", "<x:", "xmlns=", "xmlns:x="), sentBoth)
	add("the strict form", edit("", bookMain, "http://purl.oclc.org/ooxml/spreadsheetml/main", bookOffice, "http://purl.oclc.org/ooxml/officeDocument/relationships"), sentBoth)
	add("byte order marks in all parts", func(p map[string]string) {
		for name := range p {
			p[name] = "\ufeff" + p[name]
		}
	}, sentBoth)
	add("white space between all elements", edit("", "><", ">\n  <"), sentBoth)
	add("CDATA", edit(bookTexts, ">Acme<", ">A<![CDATA[cm]]>e<"), sentBoth)
	add("single quotation marks and comments", edit("", `"`, "'", "><", "><!-- > --><"), sentBoth)
	add("texts in UTF-16", func(p map[string]string) {
		p[bookTexts] = utf16LE(`<?xml version="1.0" encoding="UTF-16"?>` + strings.ReplaceAll(p[bookTexts], "Acme", "Müller"))
	}, strings.ReplaceAll(sentBoth, "Acme", "Müller"))
	add("texts in ISO-8859-1", func(p map[string]string) {
		p[bookTexts] = latin1(`<?xml version="1.0" encoding="ISO-8859-1"?>` + strings.ReplaceAll(p[bookTexts], "Acme", "Müller"))
	}, strings.ReplaceAll(sentBoth, "Acme", "Müller"))
	add("places in small letters", edit(bookSheet, `r="A`, `r="a`, `r="B`, `r="b`, `r="C`, `r="c`, `r="D`, `r="d`, `r="E`, `r="e`, `r="F`, `r="f`), sentBoth)
	add("no places", edit(bookSheet, ` r="`, ` x="`), sentBoth)
	add("an empty file of relationships", func(p map[string]string) {
		p["xl/worksheets/_rels/sheet1.xml.rels"] = `<Relationships xmlns="` + bookRels + `"/>`
	}, sentBoth)
	add("a long name of the sheet", edit("xl/workbook.xml", `"Partners"`, `"Partner onboarding list for the EMEA region, 2026"`), sentBoth, "sheet 'Partner onboarding list for the EMEA region, 2026'")
	add("a template", func(p map[string]string) {
		p["[Content_Types].xml"] = `<Types><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml"/></Types>`
	}, sentBoth)

	// Texts.
	add("furigana", edit(bookTexts, `<t xml:space="preserve">Acme</t>`, `<t>北野商会</t><rPh sb="0" eb="2"><t>キタノ</t></rPh><phoneticPr fontId="1"/>`), strings.ReplaceAll(sentBoth, "Acme", "北野商会"))
	add("rich text with an empty run", edit(bookTexts, `<t xml:space="preserve">Acme</t>`, `<r><t xml:space="preserve">Acme </t></r><r><rPr><b/></rPr><t/></r><r><t>Nord</t></r>`), strings.ReplaceAll(sentBoth, "Acme", "Acme Nord"))
	add("empty texts", func(p map[string]string) {
		edit(bookTexts, `<si><t xml:space="preserve">Acme`, `<si/><si><t/></si><si><t xml:space="preserve">Acme`)(p)
		for i := 17; i >= 6; i-- {
			edit(bookSheet, fmt.Sprintf("<v>%d<", i), fmt.Sprintf("<v>%d<", i+2))(p)
		}
	}, sentBoth)
	refused("a text that there is not", edit(bookSheet, "<v>17<", "<v>18<"), `cell F3 refers to the shared text "18"`, "; hint: open it in a spreadsheet program")
	refused("the text before the first", edit(bookSheet, "<v>17<", "<v>-1<"), `cell F3 refers to the shared text "-1"`)
	add("a NUL in a cell", edit(bookTexts, "Acme", "Ac_x0000_me"), sentBeta, "1 valid, 1 invalid", "control character U+0000").exit = 1
	add("headers with line breaks and no-break spaces", edit(bookTexts, "company_name", "Company&#10;Name", "first_name", "First\u00a0 Name ", "email", "E-Mail\u200b Address"), sentBoth)
	add("dates and truths of ISO 8601", func(p map[string]string) {
		edit(bookTexts, ">email<", ">email</t></si><si><t>created</t></si><si><t>active<")(p)
		p[bookSheet] = swap(p[bookSheet], `<v>5</v></c></row>`, `<v>5</v></c><c r="G1" t="str"><v>created</v></c><c r="H1" t="str"><v>active</v></c></row>`,
			`<v>11</v></c></row>`, `<v>13</v></c><c r="G2" t="d"><v>2026-11-30</v></c><c r="H2" t="b"><v>1</v></c></row>`)
		for i := 17; i >= 6; i-- {
			edit(bookSheet, fmt.Sprintf("t=\"s\"><v>%d<", i), fmt.Sprintf("t=\"s\"><v>%d<", i+2))(p)
		}
		edit(bookSheet, `"F2" t="s"><v>15<`, `"F2" t="s"><v>13<`)(p)
	}, sentBoth, "carried through: 'created', 'active'")

	// Numbers.
	postal := func(number, code string) func(p map[string]string) {
		return func(p map[string]string) {
			formatted(code)(p)
			edit(bookSheet, `<v>5</v></c></row>`, `<v>5</v></c><c r="G1" t="str"><v>zip</v></c></row>`, `<v>11</v></c></row>`, `<v>11</v></c><c r="G2" s="1"><v>`+number+`</v></c></row>`)(p)
		}
	}
	for _, tt := range []struct{ number, code, shown string }{
		{"501", "00000", "00501"}, {"123456789", "00000-0000", "12345-6789"}, {"1310100", "00000-000", "01310-100"}, {"950", "00-000", "00-950"}, {"11455", "000 00", "114 55"},
		{"4109", `"D-"00000`, "D-04109"}, {"600041", `[<=999]000;[<=9999]000\-00;000\-0000`, "060-0041"}, {"1234", `[<=999]000;[<=9999]000\-00;000\-0000`, "012-34"},
		{"5011234", "[<=99999]00000;00000-0000", "00501-1234"}, {"501", "[<=99999]00000;00000-0000", "00501"}, {"4109", "[$-411]0000", "4109"},
	} {
		add("the number "+tt.number+" in the format "+tt.code, postal(tt.number, tt.code), sentAcme+"|"+tt.shown+"\n"+sentBeta)
	}
	add("a company that is a date", func(p map[string]string) {
		formatted("d-mmm")(p)
		edit(bookSheet, `<c r="A2" t="s"><v>6</v></c>`, `<c r="A2" s="1"><v>46214</v></c>`)(p)
	}, sentBeta, "the company name is a date or a time, 11-Jul, which a spreadsheet program made of what was typed").exit = 1
	add("a linked data type", edit(bookSheet, `<c r="B2" t="s"><v>7</v></c>`, `<c r="B2" t="e" vm="1"><v>#VALUE!</v></c>`), sentBeta,
		"B2: a cell holds a linked data type of Excel", "in Excel, a data type such as Geography becomes a text by Data Type, Convert to Text").exit = 1

	// Rows, columns and sheets.
	add("hidden rows", edit(bookSheet, `<row r="3">`, `<row r="3" hidden="1">`), "", "2 rows: 2 valid", "a row is hidden in the workbook, and is read like the others")
	add("a row far down", edit(bookSheet, "</sheetData>", `<row r="1048576"><c r="B1048576" t="str"><v>x</v></c></row></sheetData>`), sentBoth, "2 valid, 1 invalid", "only 'x' is filled in").exit = 1
	add("a row of totals", edit(bookSheet, "</sheetData>", `<row r="4"><c r="A4" t="str"><v>Total</v></c><c r="F4"><v>2</v></c></row></sheetData>`), sentBoth, "only 'Total' and '2' are filled in: this looks like a heading, a total or a note").exit = 1
	add("remarks beside the table", edit(bookSheet, `<v>11</v></c></row>`, `<v>11</v></c><c r="H2" t="str"><v>call first</v></c></row>`), sentBoth)
	refused("cells out of order", edit(bookSheet, `"A2"`, `"B2"`, `"B2"`, `"A2"`), `cell "A2" comes after cell "B2"`)
	refused("two hidden columns for one field", func(p map[string]string) {
		edit(bookTexts, ">last_name<", ">Email Address<")(p)
		edit(bookSheet, "<sheetData>", `<cols><col min="5" max="6" hidden="1"/></cols><sheetData>`)(p)
	}, "'Email Address' (hidden in the workbook)", "both mean email; hint: say which one with --map")
	refused("the text of a CSV file in column A", func(p map[string]string) {
		var rows []string
		for line := range strings.SplitSeq(strings.TrimSpace(swap(handList, ",", ";")), "\n") {
			rows = append(rows, inline(line))
		}
		p[bookSheet] = `<worksheet xmlns="` + bookMain + `"><sheetData>` + strings.Join(rows, "") + `</sheetData></worksheet>`
	}, "each line of it stands as a whole in column A; hint: ")
	add("a hidden sheet first", func(p map[string]string) {
		addSheet(p, `name="Lists" state="veryHidden"`, inline(handHeader)+inline(handGamma))
	}, sentBoth)
	add("a sheet of notes first", func(p map[string]string) {
		addSheet(p, `name="Notes about the partner onboarding of this year"`, inline("Please read")+inline("Call Ann"))
	}, sentBoth, "sheet 'Partners' of 2")
	add("a summary first, and a title", func(p map[string]string) {
		addSheet(p, `name="Export Summary"`, inline("This document was exported from Numbers.")+inline("Numbers Sheet Name,Numbers Table Name,Excel Worksheet Name"))
		p[bookSheet] = `<worksheet xmlns="` + bookMain + `"><sheetData>` + inline("Table 1") + inline(handHeader) + inline(handAcme) + inline(handBeta) + `</sheetData></worksheet>`
	}, sentBoth, "skipped above the header: Table 1")
	return all
}

// sentOf is what was sent of partners, one a line, as results has them.
func sentOf(columns []string, rows [][]string) (lines []string) {
	for _, row := range rows {
		var cells []string
		for i, column := range columns {
			if !strings.HasPrefix(column, "onboard_") && column != "type" && row[i] != "" {
				cells = append(cells, row[i])
			}
		}
		lines = append(lines, strings.Join(cells, "|"))
	}
	slices.Sort(lines)
	return lines
}
