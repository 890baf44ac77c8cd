package sheet

import (
	"bytes"
	"strings"
)

// rawCells cuts a record, without its line break, into its cells, quotation
// marks included. The slices share the record's bytes.
func rawCells(record []byte, delim byte, cells [][]byte) [][]byte {
	for {
		end := len(record)
		from := 0
		if end > 0 && record[0] == '"' {
			if from = closing(record, 1); from < 0 {
				from = end
			}
		}
		if i := bytes.IndexByte(record[from:], delim); i >= 0 {
			end = from + i
		}
		cells = append(cells, record[:end])
		if end == len(record) {
			return cells
		}
		record = record[end+1:]
	}
}

// wellFormed says that a raw cell is as RFC 4180 has it: quotation marks stand around
// all of it, or nowhere.
func wellFormed(raw []byte) bool {
	if len(raw) > 0 && raw[0] == '"' {
		return closing(raw, 1) == len(raw)-1
	}
	return bytes.IndexByte(raw, '"') < 0
}

// unquote is the text of a raw cell.
func unquote(raw []byte) string {
	if len(raw) == 0 || raw[0] != '"' {
		return string(raw)
	}
	shut := closing(raw, 1)
	if shut < 0 {
		shut = len(raw)
	}
	text := strings.ReplaceAll(string(raw[1:shut]), `""`, `"`)
	if shut+1 < len(raw) { // stray text behind the closing mark belongs to the cell, as spreadsheet programs read it
		text += string(raw[shut+1:])
	}
	return text
}

// cellTexts cuts a record into the texts of its cells.
func cellTexts(record []byte, delim byte) []string {
	raw := rawCells(trimBreak(record), delim, nil)
	texts := make([]string, len(raw))
	for i, c := range raw {
		texts[i] = unquote(c)
	}
	return texts
}

// trimBreak takes the line break off the end of a record.
func trimBreak(record []byte) []byte {
	if n := len(record); n > 0 && record[n-1] == '\n' {
		record = record[:n-1]
	}
	if n := len(record); n > 0 && record[n-1] == '\r' {
		record = record[:n-1]
	}
	return record
}

// appendCell adds one cell to a record, quoted by RFC 4180 when it has to be.
func appendCell(dst []byte, text string, delim byte) []byte {
	if !strings.ContainsAny(text, "\"\r\n") && strings.IndexByte(text, delim) < 0 &&
		(text == "" || text[0] != ' ' && text[len(text)-1] != ' ') {
		return append(dst, text...)
	}
	dst = append(dst, '"')
	dst = append(dst, strings.ReplaceAll(text, `"`, `""`)...)
	return append(dst, '"')
}

// The formula guard. A cell that a spreadsheet program would run is written
// with a leading apostrophe, and reading takes one off again. A text that has
// apostrophes before such a start gets one more, so that what went in always
// comes back.

// runs says that a cell, apostrophes aside, starts as a formula does. Programs set up
// for East Asian languages take the full-width signs for the plain ones.
func runs(text string) bool {
	text = strings.TrimLeft(text, "'")
	if text == "" {
		return false
	}
	switch text[0] {
	case '=', '+', '-', '@', '\t', '\r', '\n', 0:
		return true
	}
	for _, sign := range [...]string{"＝", "＋", "－", "＠"} {
		if strings.HasPrefix(text, sign) {
			return true
		}
	}
	return false
}

// mayRun tells from the first byte of a well-formed cell's text that runs has to see
// all of it.
func mayRun(raw []byte) bool {
	if len(raw) > 0 && raw[0] == '"' {
		raw = raw[1:]
	}
	return len(raw) > 0 && (raw[0] == '\'' || raw[0] == "＝"[0] || runs(string(raw[:1])))
}

// guard makes a text safe to open in a spreadsheet program.
func guard(text string) string {
	if runs(text) {
		return "'" + text
	}
	return text
}

// guardOnce guards a cell of the input, which may have its guard already.
func guardOnce(text string) string { return guard(unguard(text)) }

// unguard takes off what guard, or a careful spreadsheet user, put on.
func unguard(text string) string {
	if text != "" && text[0] == '\'' && runs(text) {
		return text[1:]
	}
	return text
}
