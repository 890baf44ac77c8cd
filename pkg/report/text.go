package report

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"onboard/pkg/batch"
	"onboard/pkg/partner"
	"onboard/pkg/sheet"
)

// PlanInfo is what the plan says besides the sheet.
type PlanInfo struct {
	Plan    *batch.Plan
	Target  string // where partners are created, "" for a dry run
	Account string
	Ledger  string  // where it is
	Rate    float64 // per second
	Limit   int     // rows to send at most, 0: all
}

// commonest is how many kinds of problem the plan shows.
const commonest = 10

// ToSend is how many rows the run will send.
func (p PlanInfo) ToSend() int {
	n := p.Plan.Counts[partner.Valid]
	if p.Limit > 0 {
		n = min(n, p.Limit)
	}
	return n
}

// WritePlan says what was found and what is going to happen.
func WritePlan(w io.Writer, p PlanInfo) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	s := p.Plan.Sheet
	fmt.Fprintf(t, "Sheet\t%s: %s", s.Name(), Count(p.Plan.Rows, "row"))
	if p.Plan.Blank > 0 {
		fmt.Fprintf(t, ", %s skipped", Count(p.Plan.Blank, "blank one"))
	}
	fmt.Fprintf(t, ", %s\n", kindOf(s))
	for _, title := range s.Titles {
		fmt.Fprintf(t, "\tskipped above the header: %s\n", title)
	}
	fmt.Fprintf(t, "Columns\t%s\n", columns(p.Plan))
	fmt.Fprintf(t, "Rows\t%s\n", planCounts(p))
	if p.Plan.Fixed > 0 {
		fmt.Fprintf(t, "Fixed\t%s, listed in the problems file\n", Count(p.Plan.Fixed, "cell"))
	}
	if p.Target != "" {
		fmt.Fprintf(t, "Target\t%s, account %s\n", p.Target, p.Account)
		fmt.Fprintf(t, "Ledger\t%s\n", p.Ledger)
		fmt.Fprintf(t, "Pace\t%s, so %s\n", perTime(p.Rate), expected(p.ToSend(), p.Rate))
	}
	t.Flush()
	writeProblems(w, p.Plan)
}

// kindOf says what kind of file was read.
func kindOf(s *sheet.Sheet) string {
	if s.Workbook != nil {
		text := "sheet '" + s.Workbook.Sheet + "'"
		if len(s.Workbook.Sheets) > 1 {
			text += fmt.Sprintf(" of %d (--sheet reads another)", len(s.Workbook.Sheets))
		}
		return text
	}
	if s.Encoding != "UTF-8" {
		return separator(s.Delimiter) + ", " + s.Encoding
	}
	return separator(s.Delimiter)
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

// columns tells how headers were understood, where they are not just another
// way of writing the field's own name.
func columns(p *batch.Plan) string {
	var notes []string
	mapped := 0
	for f := range partner.NumFields {
		header, ok := p.Sheet.Mapped(f)
		if ok {
			mapped++
		}
		if ok && sheet.Fold(header) != sheet.Fold(f.String()) {
			notes = append(notes, fmt.Sprintf("'%s' is %s", header, f))
		} else if !ok && p.Rules.HasDefault(f) {
			notes = append(notes, fmt.Sprintf("%s is %s in every row", f, p.Rules.DefaultOf(f)))
		}
	}
	text := fmt.Sprintf("%d of %d are used", mapped, len(p.Sheet.Header))
	if len(notes) > 0 {
		text += ": " + strings.Join(notes, ", ")
	}
	return text
}

func planCounts(p PlanInfo) string {
	c := p.Plan.Counts
	var parts []string
	switch {
	case p.Target == "":
		parts = append(parts, fmt.Sprintf("%d valid", c[partner.Valid]))
	case p.ToSend() < c[partner.Valid]:
		parts = append(parts, fmt.Sprintf("%d to create, %d left for later by --limit", p.ToSend(), c[partner.Valid]-p.ToSend()))
	default:
		parts = append(parts, fmt.Sprintf("%d to create", c[partner.Valid]))
	}
	for _, s := range partner.Statuses {
		if s != partner.Valid && c[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c[s], Words(s)))
		}
	}
	return strings.Join(parts, ", ")
}

// Words is a status as a sentence has it.
func Words(s partner.Status) string { return strings.ReplaceAll(string(s), "_", " ") }

func writeProblems(w io.Writer, p *batch.Plan) {
	for _, warning := range p.Warnings {
		fmt.Fprintf(w, "Warning  %s (line %d)\n", warning.Message, warning.Line)
	}
	if len(p.Common) == 0 {
		return
	}
	fmt.Fprintln(w, "Problems")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i, tally := range p.Common {
		if i == commonest {
			fmt.Fprintf(t, "  …\tand %s\n", Count(len(p.Common)-i, "more kind"))
			break
		}
		kind := tally.Column
		if kind == "" {
			kind = strings.ReplaceAll(string(tally.Code), "_", " ")
		}
		fmt.Fprintf(t, "  %d×\t%s (line %d: %s)\n", tally.Count, kind, tally.Example.Line, tally.Example.Message)
	}
	t.Flush()
}

// WriteClosing says what happened, where the files are and what to do next.
func WriteClosing(w io.Writer, s *Summary, stop *batch.Stop, next []string) {
	var parts []string
	for _, status := range partner.Statuses {
		if n := s.Counts[string(status)]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, Words(status)))
		}
	}
	fmt.Fprintf(w, "%s: %s\n", Count(s.Input.Rows, "row"), strings.Join(parts, ", "))
	if stop != nil {
		fmt.Fprintf(w, "Stopped: %s\n", stop.Reason)
		if stop.Hint != "" {
			fmt.Fprintf(w, "hint: %s\n", stop.Hint)
		}
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	links := s.Counts[string(partner.Created)] + s.Counts[string(partner.AlreadyCreated)]
	doubts := s.Counts[string(partner.InDoubt)]
	bad := s.Input.Rows - links - doubts - s.Counts[string(partner.Valid)]
	for _, f := range []struct {
		name, path string
		rows       int // a file with only a header is not worth a line
	}{
		{"Links", s.Files.Results, links}, {"Errors", s.Files.Errors, bad}, {"In doubt", s.Files.InDoubt, doubts},
		{"Problems", s.Files.Problems, bad + doubts}, {"Summary", s.Files.Summary, 1},
	} {
		if f.path != "" && f.rows > 0 {
			fmt.Fprintf(t, "%s\t%s\n", f.name, f.path)
		}
	}
	for i, line := range next {
		label := "Next"
		if i > 0 {
			label = ""
		}
		fmt.Fprintf(t, "%s\t%s\n", label, line)
	}
	t.Flush()
}

// Count is a number with its noun: "1 row", "2 rows".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func are(n int, noun string) string {
	if n == 1 {
		return Count(n, noun) + " is"
	}
	return Count(n, noun) + " are"
}

// perTime is a pace in words: 5/s, 90/m, 12/h.
func perTime(perSecond float64) string {
	switch {
	case perSecond >= 1:
		return decimal(perSecond) + "/s"
	case perSecond*60 >= 1:
		return decimal(perSecond*60) + "/m"
	}
	return decimal(perSecond*3600) + "/h"
}

// decimal is a number with at most two decimals.
func decimal(x float64) string {
	return strconv.FormatFloat(math.Round(x*100)/100, 'f', -1, 64)
}

// expected is the time that rows take at a pace, which decides it nearly
// always.
func expected(rows int, perSecond float64) string {
	d := time.Duration(float64(rows) / perSecond * float64(time.Second))
	if d < time.Second {
		return "less than a second"
	}
	return "about " + Duration(d)
}

// Duration is a time in words, to the second.
func Duration(d time.Duration) string {
	d = d.Round(time.Second)
	h, m, s := int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60
	switch {
	case h > 0:
		return fmt.Sprintf("%d h %02d min", h, m)
	case m > 0:
		return fmt.Sprintf("%d min %02d s", m, s)
	}
	return fmt.Sprintf("%d s", s)
}
