package report

import (
	"fmt"
	"slices"
	"strings"

	"onboard/pkg/batch"
	"onboard/pkg/partner"
	"onboard/pkg/sheet"
	"onboard/pkg/terminal"
)

// PlanInfo is what the plan says besides the sheet.
type PlanInfo struct {
	Plan      *batch.Plan
	Target    string // where partners are created, "" for a dry run
	Account   string
	Ledger    string  // where it is; "": this rehearsal has a throw-away one
	NewLedger bool    // it knows no partner of this target and account
	NoLedger  bool    // it is not there yet
	Rate      float64 // per second
	Limit     int     // rows to send at most, 0: all
}

const (
	commonest     = 10 // kinds of problem that the plan shows
	mostCenters   = 8  // data centers
	mostCountries = 6  // countries of each
)

// ToSend is how many rows the run will send.
func (p PlanInfo) ToSend() int {
	n := p.Plan.Counts[partner.Valid]
	if p.Limit > 0 {
		n = min(n, p.Limit)
	}
	return n
}

// Plan says what was found and what is going to happen.
func (s Screen) Plan(p PlanInfo) {
	s.sheet(p.Plan)
	s.columns(p.Plan)
	s.entry("Rows", s.planCounts(p))
	if p.Plan.Fixed > 0 {
		s.entry("Fixed", Count(p.Plan.Fixed, "cell")+", listed in the problems file")
	}
	s.places(p)
	if p.Target != "" {
		target := terminal.Text(p.Target)
		if target == "production" {
			target = s.paint(bold, target)
		}
		s.entry("Target", target+", account "+terminal.Text(p.Account))
		s.entry("Ledger", ledgerWords(p))
		s.entry("Pace", perTime(p.Rate)+", so "+expected(p.ToSend(), p.Rate))
	}
	s.problems(p.Plan)
}

func (s Screen) sheet(p *batch.Plan) {
	text := terminal.Text(p.Sheet.Name()) + ": " + Count(p.Rows, "row")
	if p.Blank > 0 {
		text += ", " + Count(p.Blank, "blank one") + " skipped"
	}
	s.entry("Sheet", text+", "+kindOf(p.Sheet))
	for _, title := range p.Sheet.Titles {
		s.entry("", "skipped above the header: "+terminal.Text(title))
	}
}

// kindOf says what kind of file was read.
func kindOf(s *sheet.Sheet) string {
	if s.Workbook == nil {
		return separator(s.Delimiter) + ", " + s.Encoding
	}
	text := "workbook, sheet '" + terminal.Text(s.Workbook.Sheet) + "'"
	if len(s.Workbook.Sheets) > 1 {
		text += fmt.Sprintf(" of %d (--sheet reads another)", len(s.Workbook.Sheets))
	}
	return text
}

func separator(d byte) string {
	switch d {
	case ',':
		return "comma-separated"
	case ';':
		return "semicolon-separated"
	case '\t':
		return "tab-separated"
	}
	return fmt.Sprintf("separated by %q", string(d))
}

// columns tells how each header was understood: first those that are not just
// another way of writing the field's own name, one on a line.
func (s Screen) columns(p *batch.Plan) {
	var other, own, rest, unused []string
	for i, header := range p.Sheet.Header {
		header = terminal.Text(partner.Clean(header))
		f, ok := p.Sheet.FieldOf(i)
		switch {
		case ok && sheet.Fold(header) == sheet.Fold(f.String()):
			own = append(own, f.String())
		case ok:
			other = append(other, fmt.Sprintf("'%s' is %s", header, f))
		case p.Sheet.NotUsed(i) != "":
			unused = append(unused, fmt.Sprintf("not used: '%s', because %s", header, terminal.Text(p.Sheet.NotUsed(i))))
		case !p.Sheet.IsAdded(i) && header != "":
			rest = append(rest, "'"+header+"'")
		}
	}
	s.entry("Columns", fmt.Sprintf("%d of %d are used", len(own)+len(other), len(p.Sheet.Header)))
	if len(other) > 0 && len(own) > 0 {
		own = []string{"under their own names: " + strings.Join(own, ", ")}
	} else {
		own = nil
	}
	for _, text := range slices.Concat(other, own, constants(p), unused) {
		s.Hanging(strings.Repeat(" ", labelWidth+2), labelWidth+4, text)
	}
	if len(rest) > 0 {
		s.Hanging(strings.Repeat(" ", labelWidth+2), labelWidth+4, "carried through: "+first(rest, 8))
	}
}

// constants are the fields that get one value for all rows, or for those that
// leave the cell empty.
func constants(p *batch.Plan) (texts []string) {
	for f := range partner.NumFields {
		value := p.Rules.DefaultOf(f)
		switch _, ok := p.Sheet.Mapped(f); {
		case value == "":
		case p.Rules.DefaultBy(f) != nil:
			by := p.Rules.DefaultBy(f)
			which := "an empty " + f.String()
			if !ok {
				which = f.String()
			}
			texts = append(texts, terminal.Sprintf("%s goes by %s: %s", which, by.On, strings.Join(by.Pairs(" "), ", ")))
		case !ok:
			texts = append(texts, fmt.Sprintf("%s is %s in every row", f, terminal.Text(value)))
		case value != partner.Specs[f].Default:
			texts = append(texts, fmt.Sprintf("an empty %s is %s", f, terminal.Text(value)))
		}
	}
	return texts
}

// first joins the first n texts, and says how many more there are.
func first(texts []string, n int) string {
	if len(texts) <= n+1 { // "and 1 more" is no shorter than the one
		return strings.Join(texts, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(texts[:n], ", "), len(texts)-n)
}

func (s Screen) planCounts(p PlanInfo) string {
	c := p.Plan.Counts
	var parts []string
	switch {
	case p.Target == "":
		parts = append(parts, s.count(c[partner.Valid], partner.Valid))
	case p.ToSend() < c[partner.Valid]:
		parts = append(parts, s.paint(green, fmt.Sprintf("%d to create", p.ToSend())),
			fmt.Sprintf("%d left for later by --limit", c[partner.Valid]-p.ToSend()))
	default:
		parts = append(parts, s.paint(green, fmt.Sprintf("%d to create", c[partner.Valid])))
	}
	for _, status := range partner.Statuses {
		if status != partner.Valid && c[status] > 0 {
			parts = append(parts, s.count(c[status], status))
		}
	}
	return strings.Join(parts, ", ")
}

func ledgerWords(p PlanInfo) string {
	switch {
	case p.Ledger == "":
		return "none: this rehearsal is forgotten; --ledger FILE remembers it"
	case p.NoLedger:
		return terminal.Text(p.Ledger) + ", which is not there yet"
	case p.NewLedger:
		return terminal.Text(p.Ledger) + ", which knows no partner of this target and account yet"
	}
	return terminal.Text(p.Ledger)
}

func (s Screen) problems(p *batch.Plan) {
	for _, warning := range p.Warnings {
		s.Hanging(s.paint(yellow, "Warning")+"  ", labelWidth, terminal.Sprintf("%s (%s)", warning.Message, warning.Where()))
	}
	if len(p.Common) == 0 {
		return
	}
	fmt.Fprintln(s, "Problems")
	digits := len(fmt.Sprint(p.Common[0].Count))
	for i, tally := range p.Common {
		if i == commonest {
			s.Hanging(fmt.Sprintf("  %-*s  ", digits+1, "…"), digits+5, "and "+Count(len(p.Common)-i, "more kind"))
			break
		}
		head := fmt.Sprintf("  %*d×  ", digits, tally.Count)
		s.Hanging(head, digits+5, fmt.Sprintf("%s (line %d: %s)", kindOfProblem(tally), tally.Example.Line, terminal.Text(tally.Example.Message)))
	}
}

func kindOfProblem(t batch.Tally) string {
	if t.Column != "" {
		return terminal.Text(t.Column)
	}
	return strings.ReplaceAll(string(t.Code), "_", " ")
}
