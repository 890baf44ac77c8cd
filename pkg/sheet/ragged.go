package sheet

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"

	"onboard/pkg/partner"
)

// headerCells are the texts of a record that may be the header.
func headerCells(record []byte, delim byte) []string {
	record = trimBreak(record)
	if again := unpadded(record, delim); again != nil {
		record = again
	}
	return cellTexts(record, delim)
}

// sampled is how many rows are looked at to find what all of them have.
const sampled = 100

// extraCells is how many empty cells each of the first rows has beyond the header,
// which is what a program makes that ends its rows with a delimiter.
func (s *Sheet) extraCells(body []byte, whole bool) (extra int) {
	body = bytes.Clone(body[:min(len(body), blockSize)]) // nextRecord may change it
	for n := 0; n < sampled && len(body) > 0; {
		end, _, _ := nextRecord(body, s.Delimiter, whole)
		if end == 0 {
			break
		}
		cells := cellTexts(body[:end], s.Delimiter)
		body = body[end:]
		switch beyond := len(cells) - len(s.Header); {
		case filled(cells) == 0:
			continue
		case beyond < 1 || filled(cells) > len(s.Header):
			return 0
		default:
			extra = max(extra, beyond)
			n++
		}
	}
	return extra
}

// whole says that a record has a cell for each column that has a name, and none
// beyond the header that holds text.
func (s *Sheet) whole(record []string) bool {
	n := len(record)
	return n == len(s.Header) || s.named <= n && n < len(s.Header) ||
		n > len(s.Header) && n <= len(s.Header)+s.extra && filled(record) <= len(s.Header)
}

// isStray says that text follows a closing quotation mark.
func isStray(record []byte, delim byte) bool {
	_, _, stray := nextRecord(bytes.Clone(record), delim, true)
	return stray
}

const doubleIt = `a quotation mark inside a cell has to be doubled`

// strayRow is a record with text behind a closing quotation mark.
func (s *Sheet) strayRow(record []byte, line int) Row {
	row := Row{Line: line, Raw: record, Bad: badByte(record) >= 0, NUL: bytes.IndexByte(record, 0) >= 0}
	row.Fault, row.Hint = s.swallowFault(record, line)
	switch {
	case row.Fault != "":
	case bytes.Contains(record, []byte(`\"`)):
		row.Fault, row.Hint = `a quotation mark inside a cell is written \" here, which CSV does not know`, `write "" for each \"`
	default:
		row.Fault, row.Hint = "a cell goes on after its closing quotation mark; "+doubleIt, `write "" for each mark inside`
	}
	row.Hint += " " + s.markOfCells(record)
	return row
}

// markOfCells ends the hint of a row that is written anew in the errors file, where
// nothing is wrong with its quotation marks any more. It tells whether somebody has
// corrected the row when it comes back. Spreadsheet programs fill all rows up to the
// longest, so empty cells at the end don't count.
func (s *Sheet) markOfCells(record []byte) string {
	sum := crc32.NewIEEE()
	cells := cellTexts(record, s.Delimiter)
	for len(cells) > 0 && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	for i, c := range cells {
		if i >= len(s.ours) || !s.ours[i] {
			_, _ = io.WriteString(sum, unguard(c)+"\x00")
		}
	}
	return fmt.Sprintf("(%08x)", sum.Sum32())
}

// Uncorrected knows a row of an errors file that text behind a quotation mark had
// spoilt, and that comes back as it was written.
func (s *Sheet) Uncorrected(row Row) (fault, hint string) {
	hint = s.Added(row, "onboard_hint")
	if row.Fault != "" || !strings.HasSuffix(hint, ")") || !strings.HasSuffix(hint, s.markOfCells(row.Raw)) {
		return "", ""
	}
	return s.Added(row, "onboard_problems"), hint
}

// ragged says what is wrong with a record that has more or fewer cells than the
// header.
func (s *Sheet) ragged(raw []byte, record []string) (fault, hint string) {
	want, n := s.named, len(record)
	word := "cells"
	if n == 1 {
		word = "cell"
	}
	if n > len(s.Header) {
		why, hint := s.tooMany(raw, record)
		return fmt.Sprintf("the row has %d %s, and the header has %d: %d too many%s", n, word, len(s.Header), n-len(s.Header), why), hint
	}
	if fault, hint = s.otherwise(record); fault != "" {
		return fault, hint
	}
	if n == 1 {
		if fault, hint = s.noPartner(record); fault != "" {
			return fault, hint
		}
	}
	return fmt.Sprintf("the row has %d %s, and the header has %d: %d missing", n, word, want, want-n), ""
}

// tooMany says why a record has more cells than the header.
func (s *Sheet) tooMany(raw []byte, record []string) (why, hint string) {
	delim := string(s.Delimiter)
	has := func(texts ...string) bool {
		return slices.ContainsFunc(texts, func(text string) bool { return bytes.Contains(raw, []byte(text)) })
	}
	switch last := partner.Clean(record[filled(record)-1]); {
	case filled(record) <= len(s.Header):
		return ", and empty", fmt.Sprintf("take the %q at the end of the row away", delim)
	case s.Workbook != nil:
		return fmt.Sprintf(" (the last one is '%s', right of the header)", short(last)), "write a header above it, or clear the cell"
	case has(`\"`):
		return ` (a quotation mark inside a cell is written \" here, which CSV does not know)`, `write "" for each \"`
	case has(delim+"'", "'"+delim):
		return ` (single quotation marks hold no cell together)`, `put a cell that contains ` + delim + ` between double quotation marks`
	case has("“", "”", "„"):
		return ` (typographic quotation marks hold no cell together)`, `put a cell that contains ` + delim + ` between plain quotation marks (")`
	case has("\ufeff\""):
		return " (the byte order mark U+FEFF before a quotation mark keeps it from opening a cell)", "take the mark U+FEFF away"
	case has(" \"", "\t\"", "\u00a0\""):
		return " (the space before a quotation mark keeps it from opening a cell)", "take the space away"
	}
	return fmt.Sprintf(" (a cell that contains %q needs quotation marks around it)", delim), ""
}

// otherwise knows a record of one cell that is a whole row with another delimiter,
// or within quotation marks.
func (s *Sheet) otherwise(record []string) (fault, hint string) {
	if len(record) != 1 {
		return "", ""
	}
	own := len(s.Header) - s.countAdded()
	for _, d := range delimiters {
		cells := looseCells([]byte(record[0]), d)
		if len(cells) < leastColumns-1 || !about(len(cells), own) {
			continue
		}
		if d == s.Delimiter {
			return "the whole row stands between quotation marks, and so is one cell", "take the marks around the row away, and write one mark for each two inside"
		}
		return fmt.Sprintf("the row has %q between its cells, and the header has %q", string(d), string(s.Delimiter)), "hand in lists with different delimiters one by one"
	}
	return "", ""
}

// headingCells is how many cells a heading or a total fills besides numbers.
const headingCells = 2

// Explain says in one sentence what a row is that is no partner, or why all of its
// cells are wrong; "" when its problems say it better. bare tells that nearly all of
// the required cells are missing.
func (s *Sheet) Explain(row Row, bare bool) (fault, hint string) {
	record := cellTexts(row.Raw, s.Delimiter)
	if likeHeader(record) {
		if slices.EqualFunc(record, s.Header, func(a, b string) bool { return Fold(a) == Fold(b) }) {
			return "the row is the header once more", "delete the row"
		}
		return "the row looks like the header of another list", "hand in each list by itself, as the columns may be others from here on"
	}
	if marks := wrapped(record); marks != "" {
		return fmt.Sprintf("each cell stands between %s, which hold no cell together in CSV", marks), `replace them by double quotation marks (")`
	}
	if bare {
		return s.noPartner(record)
	}
	return "", ""
}

// likeHeader says that most cells of a record are known spellings. Nearly every
// record is told from one by its first few cells.
func likeHeader(record []string) bool {
	n, cells := 0, 0
	for _, c := range record {
		if c != "" {
			cells++
		}
		if len(c) <= quoteLimit {
			if _, known := words[strings.ToLower(plainHeader.Replace(c))]; known {
				n++
			}
		}
	}
	return n >= 2 && recognised(record, nil) >= max(unmistakable, cells/2)
}

var plainHeader = strings.NewReplacer(" ", "", "_", "", "-", "", ".", "")

// wrapped names the marks, other than double quotation marks, between which each
// filled cell of a record stands; "" when there are none, or too few cells to tell.
func wrapped(record []string) string {
	n, found := 0, ""
	for _, c := range record {
		if c = partner.Clean(c); c == "" {
			continue
		}
		marks := between(c)
		if marks == "" || found != "" && marks != found {
			return ""
		}
		found = marks
		n++
	}
	if n < leastColumns {
		return ""
	}
	return found
}

// between names the marks around a text.
func between(text string) string {
	for _, marks := range [...][3]string{{"'", "'", "single quotation marks (')"}, {"“", "”", "typographic quotation marks (“ ”)"}, {"„", "“", "typographic quotation marks („ “)"},
		{"‘", "’", "typographic quotation marks (‘ ’)"}, {"«", "»", "typographic quotation marks (« »)"}, {"`", "`", "backticks (`)"}, {"[", "]", "brackets"}} {
		if len(text) >= len(marks[0])+len(marks[1]) && strings.HasPrefix(text, marks[0]) && strings.HasSuffix(text, marks[1]) {
			return marks[2]
		}
	}
	return ""
}

func (s *Sheet) noPartner(record []string) (fault, hint string) {
	var texts []string
	for i, c := range record {
		c = partner.Clean(c)
		if c == "" || i < len(s.ours) && s.ours[i] {
			continue
		}
		if texts = append(texts, c); len(texts) > 2*headingCells {
			return "", ""
		}
	}
	words := slices.DeleteFunc(slices.Clone(texts), number)
	switch {
	case len(texts) == 0 || len(words) > headingCells || likeRow(texts):
		return "", ""
	case len(words) == 0 || !slices.ContainsFunc(words, func(w string) bool { return strings.Trim(w, "-=_*+. ") != "" }):
		return "there is nothing but a number or a ruled line in the row", "delete the row"
	case len(texts) == 1:
		return fmt.Sprintf("only '%s' is filled in: this looks like a heading, a total or a note, and no partner", short(texts[0])), "delete the row, or fill in its other cells"
	}
	return fmt.Sprintf("only '%s' and '%s' are filled in: this looks like a heading, a total or a note, and no partner", short(texts[0]), short(texts[len(texts)-1])),
		"delete the row, or fill in its other cells"
}

// number says that a text is an amount or a count.
func number(text string) bool {
	return strings.Trim(text, "0123456789.,' -+%€$£") == ""
}

// quoteLimit is how much of a cell or a header a message quotes, in code points.
const quoteLimit = 40

func short(text string) string { return shorten(readable(text), quoteLimit) }
