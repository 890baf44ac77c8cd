package main

import (
	"fmt"
	"slices"
	"strings"

	"onboard/pkg/report"
	"onboard/pkg/terminal"
)

// narrowestCell is how far a column may be cut to make a table fit.
const narrowestCell = 6

// table writes rows in columns; the first row is the header. On a terminal the
// widest columns are cut, with "…", until a row fits; those to keep are never cut.
func table(s report.Screen, rows [][]string, keep ...int) {
	for _, row := range rows {
		for i := range row {
			row[i] = terminal.Text(row[i])
		}
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], report.Columns(cell))
		}
	}
	for s.Width > 0 {
		total, widest := -2, -1
		for i, w := range widths {
			total += w + 2
			if !slices.Contains(keep, i) && (widest < 0 || w > widths[widest]) {
				widest = i
			}
		}
		if total <= s.Width || widest < 0 || widths[widest] <= narrowestCell {
			break
		}
		widths[widest]--
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			cell = cut(cell, widths[i])
			line.WriteString(cell + strings.Repeat(" ", widths[i]-report.Columns(cell)+2))
		}
		fmt.Fprintln(s, strings.TrimRight(line.String(), " "))
	}
}

// cut shortens a text to so many columns, and says so with an ellipsis.
func cut(text string, room int) string {
	if report.Columns(text) <= room {
		return text
	}
	for runes := []rune(text); len(runes) > 0; {
		runes = runes[:len(runes)-1]
		if short := string(runes) + "…"; report.Columns(short) <= room {
			return short
		}
	}
	return ""
}
