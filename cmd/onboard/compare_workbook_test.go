//go:build compare && linux

package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"
)

// TestCompareWorkbook measures validate on workbooks of 200,000 rows of thirteen
// columns beside SheetJS, and beside the same rows as CSV, in turn and repeatedly,
// and a workbook of a million rows for its memory.
func TestCompareWorkbook(t *testing.T) {
	const rows = 200_000
	dir := t.TempDir()
	ours := filepath.Join(dir, "onboard")
	compile(t, "-o", ours, ".")
	list, shared, inline, long := filepath.Join(dir, "list.csv"), filepath.Join(dir, "shared.xlsx"), filepath.Join(dir, "inline.xlsx"), filepath.Join(dir, "long.xlsx")
	compareList(t, list, rows)
	compareBook(t, shared, func(sheet *bufio.Writer) [][]byte { return excelRows(t, list, sheet, true) })
	compareBook(t, inline, func(sheet *bufio.Writer) [][]byte { return excelRows(t, list, sheet, false) })
	compareBook(t, long, longRows)
	script, node := sheetJS(dir)
	best := map[string]time.Duration{}
	for range 5 {
		for _, path := range []string{list, shared, inline} {
			least(best, "onboard "+filepath.Base(path), exec.Command(ours, "validate", "--quiet", path))
			if node != nil && path != list {
				cmd := exec.Command("node", script, path)
				cmd.Env = append(os.Environ(), "NODE_PATH="+*node)
				least(best, "SheetJS "+filepath.Base(path), cmd)
			}
		}
	}
	csvTime := best["onboard list.csv"].Seconds()
	fmt.Printf("\n%d rows; least processor time of 5 runs, memory of one more\nonboard, CSV             %6.2f s\n", rows, csvTime)
	for _, path := range []string{shared, inline} {
		name := filepath.Base(path)
		took := best["onboard "+name].Seconds()
		memory := peakOf(exec.Command(ours, "validate", "--quiet", path))
		fmt.Printf("onboard, %-12s    %6.2f s, %5.1f times the CSV, %4d MB\n", name, took, took/csvTime, memory)
		if other := best["SheetJS "+name].Seconds(); other > 0 {
			fmt.Printf("SheetJS, %-12s    %6.2f s, %5.1f times onboard's\n", name, other, other/took)
		}
	}
	fmt.Printf("a million rows of 6 columns %4d MB\n", peakOf(exec.Command(ours, "validate", "--quiet", long)))
}

// least runs a program and keeps the least processor time of all its runs.
func least(best map[string]time.Duration, name string, cmd *exec.Cmd) {
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() > 1 {
		fmt.Printf("%s: %v %s\n", name, err, out)
		return
	}
	took := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if was, ok := best[name]; !ok || took < was {
		best[name] = took
	}
}

// sheetJS is the script that reads a workbook with SheetJS, and the folder of modules
// in which that is: the one that ONBOARD_NODE_MODULES names, or a new one. There is
// none where it can't be installed.
func sheetJS(dir string) (script string, modules *string) {
	script, _ = filepath.Abs("testdata/compare/sheetjs.cjs")
	if named := os.Getenv("ONBOARD_NODE_MODULES"); named != "" {
		return script, &named
	}
	install := exec.Command("npm", "install", "--no-audit", "--no-fund", "--prefix", dir, "xlsx@0.18.5")
	if out, err := install.CombinedOutput(); err != nil {
		fmt.Printf("SheetJS: not installed (%v) %s\n", err, out)
		return script, nil
	}
	folder := filepath.Join(dir, "node_modules")
	return script, &folder
}

// compareBook writes a workbook whose only sheet has the rows that are given, which
// refer to the shared texts that rows returns.
func compareBook(t *testing.T, path string, rows func(sheet *bufio.Writer) (shared [][]byte)) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	const (
		main   = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
		rel    = `xmlns="http://schemas.openxmlformats.org/package/2006/relationships"`
		office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	)
	part := func(name string, write func(w *bufio.Writer)) {
		part, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		w := bufio.NewWriterSize(part, 1<<16)
		write(w)
		_ = w.Flush()
	}
	whole := func(name, text string) { part(name, func(w *bufio.Writer) { _, _ = w.WriteString(text) }) }
	const kind = "application/vnd.openxmlformats-officedocument.spreadsheetml."
	whole("[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>`+
		`<Override PartName="/xl/workbook.xml" ContentType="`+kind+`sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="`+kind+`worksheet+xml"/>`+
		`<Override PartName="/xl/sharedStrings.xml" ContentType="`+kind+`sharedStrings+xml"/></Types>`)
	whole("_rels/.rels", `<Relationships `+rel+`><Relationship Id="rId1" Type="`+office+`/officeDocument" Target="xl/workbook.xml"/></Relationships>`)
	whole("xl/workbook.xml", `<workbook `+main+` xmlns:r="`+office+`"><sheets><sheet name="Partners" sheetId="1" r:id="rId1"/></sheets></workbook>`)
	whole("xl/_rels/workbook.xml.rels", `<Relationships `+rel+`><Relationship Id="rId1" Type="`+office+`/worksheet" Target="worksheets/sheet1.xml"/>`+
		`<Relationship Id="rId2" Type="`+office+`/sharedStrings" Target="sharedStrings.xml"/></Relationships>`)
	var shared [][]byte
	part("xl/worksheets/sheet1.xml", func(w *bufio.Writer) {
		fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><worksheet %s><sheetData>`, main)
		shared = rows(w)
		_, _ = w.WriteString(`</sheetData></worksheet>`)
	})
	part("xl/sharedStrings.xml", func(w *bufio.Writer) {
		fmt.Fprintf(w, `<sst %s count="%d" uniqueCount="%d">`, main, len(shared), len(shared))
		for _, text := range shared {
			fmt.Fprintf(w, `<si><t>%s</t></si>`, text)
		}
		_, _ = w.WriteString(`</sst>`)
	})
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
}

// excelRows are the rows of a list as Excel writes them: with shared texts, or with
// texts in the cells.
func excelRows(t *testing.T, list string, w *bufio.Writer, shared bool) (texts [][]byte) {
	t.Helper()
	f, err := os.Open(list)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	known := map[string]int{}
	reader := csv.NewReader(f)
	for n := 1; ; n++ {
		record, err := reader.Read()
		if err == io.EOF {
			return texts
		} else if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(w, `<row r="%d" spans="1:%d">`, n, len(record))
		for i, text := range record {
			var escaped bytes.Buffer
			_ = xml.EscapeText(&escaped, []byte(text))
			at, ok := known[text]
			_, number := strconv.Atoi(text)
			switch {
			case number == nil && (i == 7 || i == 8):
				fmt.Fprintf(w, `<c r="%c%d"><v>%s</v></c>`, 'A'+i, n, text)
				continue
			case !shared:
				fmt.Fprintf(w, `<c r="%c%d" t="inlineStr"><is><t>%s</t></is></c>`, 'A'+i, n, &escaped)
				continue
			case !ok:
				at = len(texts)
				known[text] = at
				texts = append(texts, slices.Clone(escaped.Bytes()))
			}
			fmt.Fprintf(w, `<c r="%c%d" t="s"><v>%d</v></c>`, 'A'+i, n, at)
		}
		_, _ = w.WriteString(`</row>`)
	}
}

// longRows are a million rows of six columns, about as many as a workbook of 200 MB
// can hold.
func longRows(w *bufio.Writer) (texts [][]byte) {
	header := []string{"country", "data_center", "first_name", "last_name", "email", "DE", "EU", "Ann", "Lee", "ann@example.com"}
	for _, text := range header {
		texts = append(texts, []byte(text))
	}
	_, _ = w.WriteString(`<row><c t="inlineStr"><is><t>company_name</t></is></c><c t="s"><v>0</v></c><c t="s"><v>1</v></c><c t="s"><v>2</v></c><c t="s"><v>3</v></c><c t="s"><v>4</v></c></row>`)
	for n := range 1_000_000 {
		fmt.Fprintf(w, `<row><c><v>%d</v></c><c t="s"><v>5</v></c><c t="s"><v>6</v></c><c t="s"><v>7</v></c><c t="s"><v>8</v></c><c t="s"><v>9</v></c></row>`, 1_000_000+n)
	}
	return texts
}
