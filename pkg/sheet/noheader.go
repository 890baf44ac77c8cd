package sheet

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"onboard/pkg/partner"
)

// noHeader says why nothing of the header is known: it is in one cell, it is a row, it
// stands elsewhere, or the file is of another kind. It returns nil when it is a header
// with other words.
func (s *Sheet) noHeader(opt Options) error {
	if recognised(s.Header, opt.Map) >= unmistakable {
		return nil
	}
	if filledCells(s.Header) == 1 {
		if err := s.oneCell(opt); err != nil {
			return err
		}
	}
	if kind, hint := s.otherText(); kind != "" {
		return s.headerError("this is "+kind+", and no list with a header and rows", hint)
	}
	if line := s.headerBelow(); line > 0 {
		return s.headerError(fmt.Sprintf("this line is no header; line %d looks like it", line), "move the header to the top, above all rows")
	}
	if likeRow(s.Header) {
		return s.headerError("there is no header: the first line is a row already", "put a line with the names of the columns above it; 'onboard template' writes one")
	}
	return nil
}

// oneCell knows a header whose cells are in one: another delimiter stands between
// them, or quotation marks around the line.
func (s *Sheet) oneCell(opt Options) error {
	text := partner.Clean(strings.Join(s.Header, ""))
	sep := s.separatorIn(text, opt.Map)
	switch {
	case sep == "":
		return nil
	case s.Workbook != nil:
		return s.headerError(fmt.Sprintf("each row stands in one cell, with %q inside", sep), "split the column (in Excel: Data, Text to Columns), or hand in the text file that it was")
	case sep == string(s.Delimiter):
		return s.headerError(fmt.Sprintf("each line stands between quotation marks as a whole, and so is one cell, with %q inside", sep),
			"take the marks around the lines away (and write \" for each \"\" inside), or save it anew in the program that it comes from")
	case len(sep) > 1:
		return s.headerError(fmt.Sprintf("the cells of the header are set apart by %s", sepName(sep)), "put tabs or semicolons between the cells; a spreadsheet program saves them as 'CSV UTF-8'")
	case s.sepLine:
		return s.headerError(fmt.Sprintf("the sep= line says %q, and %q stands between the cells of the header", string(s.Delimiter), sep), s.run("delimiter", "'"+sep+"'"))
	case opt.Delimiter != 0 && bytes.Contains(delimiters, []byte(sep)):
		return s.headerError(fmt.Sprintf("with %q between cells the header is one cell; it has %q between them", string(s.Delimiter), sep), "leave out --delimiter, and it is found from the header")
	}
	return s.headerError(fmt.Sprintf("%q stands between the cells of the header, which is not looked for", sep), s.run("delimiter", "'"+sep+"'"))
}

func sepName(sep string) string {
	if partner.Blank(sep) {
		return "spaces"
	}
	return "'" + sep + "'"
}

// separatorIn is what stands between the known spellings in one text: a sign, or
// several spaces; "" when they are not there.
func (s *Sheet) separatorIn(text string, maps map[string]partner.Field) string {
	tried := map[rune]bool{}
	best, most := "", unmistakable-1
	try := func(sep string, cells []string) {
		if n := recognised(cells, maps); n > most {
			best, most = sep, n
		}
	}
	for _, r := range shorten(text, 1000) {
		letter := unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == ' ' || r == '_' || r == '.' || r == '"'
		if !letter && !tried[r] && len(tried) < 20 {
			tried[r] = true
			try(string(r), strings.Split(text, string(r)))
		}
	}
	try("  ", strings.FieldsFunc(strings.ReplaceAll(text, "  ", "\x00"), func(r rune) bool { return r == 0 }))
	try("  ", strings.Fields(text))
	return best
}

// headerBelow is the line of a record that is unmistakably a header, below those at
// which it is looked for; 0 when there is none.
func (s *Sheet) headerBelow() int {
	body, line := bytes.Clone(s.ahead), s.bodyLine
	for len(body) > 0 {
		end, _, _ := nextRecord(body, s.Delimiter, false)
		if end == 0 {
			return 0
		}
		if cells := headerCells(body[:end], s.Delimiter); likeHeader(cells) {
			return line
		}
		line += s.linesIn(body[:end])
		body = body[end:]
	}
	return 0
}

// quotedHeader refuses a sheet whose header and first row have other marks than
// double quotation marks around each cell: no cell would be right.
func (s *Sheet) quotedHeader() error {
	marks := wrapped(s.Header)
	if marks == "" || marks == "brackets" {
		return nil
	}
	end, _, _ := nextRecord(bytes.Clone(s.ahead), s.Delimiter, true)
	if end == 0 || wrapped(cellTexts(s.ahead[:end], s.Delimiter)) != marks {
		return nil
	}
	return s.headerError("each cell stands between "+marks+", which hold no cell together in CSV", `replace them by double quotation marks (")`)
}

// otherText names a text that is no table, by its first lines.
func (s *Sheet) otherText() (kind, hint string) {
	lines := slices.DeleteFunc(strings.FieldsFunc(s.topText(), func(r rune) bool { return r == '\n' || r == '\r' }),
		func(line string) bool { return partner.Blank(line) || strings.HasPrefix(line, "#") })
	if len(lines) == 0 {
		return "", ""
	}
	first := strings.ToLower(strings.TrimSpace(lines[0]))
	for start, name := range map[string]string{"begin:vcard": "a vCard file (.vcf)", "begin:vcalendar": "a calendar file (.ics)", "[internetshortcut]": "a shortcut to a web page (.url)",
		"[desktop entry]": "a shortcut (.desktop)", "dn:": "a directory export (LDIF)", "create table": "a database dump (SQL)", "insert into": "a database dump (SQL)",
		"-- ": "a database dump (SQL)", "select ": "a database query (SQL)", "id;p": "a SYLK spreadsheet (.slk)", "mime-version:": "an e-mail message", "return-path:": "an e-mail message",
		"from: ": "an e-mail message", "received: ": "an e-mail message"} {
		if strings.HasPrefix(first, start) {
			return name, exportCSV
		}
	}
	pairs := 0
	for _, line := range lines[:min(len(lines), 10)] {
		if yamlLine(line) {
			pairs++
		}
	}
	if pairs >= 3 && pairs >= min(len(lines), 10)-1 {
		return "YAML, or another list of 'name: value' lines", exportCSV
	}
	return "", ""
}

// topText is the header as it was read and some of what follows.
func (s *Sheet) topText() string {
	return strings.Join(s.Header, string(s.Delimiter)) + "\n" + strings.ToValidUTF8(string(s.ahead[:min(len(s.ahead), 4096)]), "")
}

// yamlLine says that a line is "name: value", "- name: value" or "---".
func yamlLine(line string) bool {
	line = strings.TrimPrefix(strings.TrimSpace(line), "- ")
	name, _, found := strings.Cut(line+" ", ": ")
	return line == "---" || found && name != "" && len(name) <= quoteLimit && utf8.ValidString(name) && !strings.ContainsAny(name, ",;\t|")
}
