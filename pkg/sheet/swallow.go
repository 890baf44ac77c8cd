package sheet

import (
	"bytes"
	"fmt"
	"slices"

	"onboard/pkg/partner"
)

// A quotation mark that stands alone makes a cell of the text up to the next one,
// and so takes in the lines between them. Such a record has the right number of cells
// often enough. What tells it from a cell of several lines is that each line, were the
// mark text, would be a row of its own.

// leastColumns are the columns of a sheet in which a line can be told from a note.
const leastColumns = 4

// swallowed are the physical lines, counted from the record's first one as 0, that
// look like further rows.
func (s *Sheet) swallowed(record []byte) (lines []int) {
	own := len(s.Header) - s.countAdded()
	all := splitLines(record)
	if s.byRecord || own < leastColumns || len(all) < 2 || !about(len(looseCells(all[0], s.Delimiter)), len(s.Header)) {
		return nil
	}
	for i, line := range all[1:] {
		cells := looseCells(line, s.Delimiter)
		if (about(len(cells), own) || about(len(cells), len(s.Header))) && likeRow(cells) {
			lines = append(lines, i+1)
		}
	}
	return lines
}

func about(n, want int) bool { return want-1 <= n && n <= want+1 }

func (s *Sheet) countAdded() (n int) {
	for _, added := range s.ours {
		if added {
			n++
		}
	}
	return n
}

// swallowFault says which lines a record that starts on the given line has taken in;
// "" when there are none.
func (s *Sheet) swallowFault(record []byte, line int) (fault, hint string) {
	lines := s.swallowed(record)
	if len(lines) == 0 {
		return "", ""
	}
	for i := range lines {
		lines[i] += line
	}
	return "a quotation mark is missing or too many: the row takes in " + nameLines(lines) + ", which would be a row of its own",
		"close the mark, or take it away, in the sheet that the row comes from, and check that again"
}

// nameLines is "line 4", "lines 4 and 6" or "lines 4 to 9".
func nameLines(lines []int) string {
	first, last := lines[0], lines[len(lines)-1]
	switch {
	case len(lines) == 1:
		return fmt.Sprintf("line %d", first)
	case len(lines) == 2:
		return fmt.Sprintf("lines %d and %d", first, last)
	}
	return fmt.Sprintf("lines %d to %d", first, last)
}

// splitLines cuts text at its line breaks, whatever stands between quotation marks.
func splitLines(b []byte) (lines [][]byte) {
	for len(b) > 0 {
		end := lineEnd(b, 0)
		lines = append(lines, b[:end])
		if end < len(b) && b[end] == '\r' && end+1 < len(b) && b[end+1] == '\n' {
			end++
		}
		b = b[min(end+1, len(b)):]
	}
	return lines
}

// looseCells are the texts of the cells of one line, where a quotation mark that does
// not close before a delimiter is text.
func looseCells(line []byte, delim byte) (cells []string) {
	for {
		shut := -1
		if len(line) > 0 && line[0] == '"' {
			shut = closing(line, 1)
		}
		end := bytes.IndexByte(line, delim)
		if shut >= 0 && (shut+1 == len(line) || line[shut+1] == delim) {
			end = shut + 1
		}
		if end < 0 || end >= len(line) {
			return append(cells, looseText(line))
		}
		cells = append(cells, looseText(line[:end]))
		line = line[end+1:]
	}
}

func looseText(cell []byte) string {
	return partner.Clean(string(bytes.Trim(cell, `"`)))
}

// likeRow says that cells can be no title and no note, as an e-mail address is one of
// them, or a country and a data center are.
func likeRow(cells []string) bool {
	country, center := false, false
	for _, c := range cells {
		if partner.IsEmail(c) {
			return true
		}
		isCenter := slices.Contains(partner.Specs[partner.DataCenter].Values, c)
		if partner.IsCountry(c) && (!isCenter || center) {
			country = true
		}
		center = center || isCenter
	}
	return country && center
}
