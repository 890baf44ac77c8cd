package batch

import (
	"fmt"
	"slices"
	"strings"

	"onboard/pkg/partner"
	"onboard/pkg/sheet"
)

// workbookWarnings tell what a workbook shows in another way than it is read.
func workbookWarnings(s *sheet.Sheet) (all []Warning) {
	w := s.Workbook
	if w == nil {
		return nil
	}
	add := func(cells sheet.Cells, one, many, message string) {
		if cells.Count > 0 {
			all = append(all, Warning{Line: cells.Row, Message: cells.First + ": " + plural(cells.Count, one, many) + message})
		}
	}
	add(w.Uncomputed, "a cell has a formula without a result, and is", "%d cells have a formula without a result, and are",
		" read as empty; open the workbook in a spreadsheet program and save it")
	add(w.Linked, "a cell holds", "%d cells hold", " a linked data type of Excel (Geography, Stocks) or a picture, whose text is not in the sheet; in Excel: Data Type, Convert to Text")
	add(w.Merged, "a cell is", "%d cells are", " merged over several rows, and the value stands for each of them")
	if n := w.Hidden.Count; n > 0 {
		all = append(all, hiddenRows(w.Hidden))
	}
	if len(w.HiddenColumns) > 0 {
		all = append(all, Warning{Line: s.HeaderLine, Message: hiddenColumns(s)})
	}
	return all
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf(many, n)
}

func hiddenRows(h sheet.HiddenRows) Warning {
	w := Warning{Line: h.Lines[0], Message: plural(h.Count, "a row is hidden in the workbook, and is", "%d rows are hidden in the workbook, and are")}
	if w.Message += " read like the others; --hidden-rows skip leaves hidden rows out"; h.Skipped {
		w.Message = plural(h.Count, "a row that is hidden in the workbook is", "%d rows that are hidden in the workbook are") + " left out, as --hidden-rows says"
	}
	if h.Count > 1 {
		w.Lines = h.Lines
	}
	return w
}

func hiddenColumns(s *sheet.Sheet) string {
	const most = 5
	var names []string
	for _, i := range s.Workbook.HiddenColumns {
		if i < len(s.Header) {
			names = append(names, "'"+partner.Clean(s.Header[i])+"'")
		}
	}
	if len(names) > most {
		names = append(names[:most], "…")
	}
	return plural(len(names), "a hidden column is", "%d hidden columns are") + " read like the others: " + strings.Join(names, ", ")
}

// checkDates names the cells of a workbook that a spreadsheet program has turned
// into dates: no field is one.
func (w *walker) checkDates(c *Checked) {
	for f := range partner.NumFields {
		name := f.String()
		if w.sheet.IsDate(f, c.Line) && !slices.ContainsFunc(c.Problems, func(p partner.Problem) bool { return p.Field == name }) {
			c.Problems = append(c.Problems, dateProblem(c, f, "format the cell as text, and type the value again"))
		}
	}
}

func dateProblem(c *Checked, f partner.Field, hint string) partner.Problem {
	value := *c.Text.At(f)
	return partner.Problem{Field: f.String(), Value: value, Code: partner.BadFormat, Hint: hint,
		Message: fmt.Sprintf("%s is a date or a time, %s, which a spreadsheet program made of what was typed", partner.Specs[f].Label, partner.Clean(value))}
}

// stillDate knows a cell that was a date in a workbook and comes back unchanged in
// the errors file, where it is a text like any other.
func (p *Plan) stillDate(c *Checked) (Result, bool) {
	if !p.fromErrors {
		return Result{}, false
	}
	told := p.Sheet.Added(*c.Row, "onboard_problems")
	for f := range partner.NumFields {
		problem := dateProblem(c, f, "type what was meant; if it is this, empty the cell onboard_problems")
		if partner.Clean(problem.Value) != "" && strings.Contains(told, problem.Message) {
			problem.Line, problem.Column = c.Line, p.Sheet.Column(f)
			return Result{Row: *c.Row, Status: partner.Invalid, Problems: []partner.Problem{problem}}, true
		}
	}
	return Result{}, false
}
