package report

import (
	"encoding/json"

	"onboard/pkg/batch"
	"onboard/pkg/partner"
	"onboard/pkg/sheet"
)

// PlanJSON is the plan for scripts. Its keys are described in docs/using.md;
// those that the summary has too mean the same there.
type PlanJSON struct {
	Input    Input             `json:"input"`
	Format   Format            `json:"format"`
	Columns  []Column          `json:"columns"`  // in the sheet's order
	Defaults map[string]string `json:"defaults"` // field: value of empty cells and missing columns
	Counts   map[string]int    `json:"counts"`   // by status; they add up to the rows
	ToCreate *int              `json:"to_create,omitempty"`
	Fixed    int               `json:"fixed"` // exact corrections that were applied
	Places   []batch.Place     `json:"places"`
	Problems []Kind            `json:"problems"` // all kinds, the commonest first
	Warnings []batch.Warning   `json:"warnings"`
	Target   string            `json:"target"` // "" for a dry run
	Account  string            `json:"account,omitempty"`
	Ledger   string            `json:"ledger,omitempty"` // "" for a throw-away one
	Pace     *Pace             `json:"pace,omitempty"`
}

// Format is what kind of file was read.
type Format struct {
	Encoding  string   `json:"encoding,omitempty"`  // of a text file
	Delimiter string   `json:"delimiter,omitempty"` // of a text file
	Sheet     string   `json:"sheet,omitempty"`     // of a workbook
	Sheets    []string `json:"sheets,omitempty"`    // its visible ones
	Titles    []string `json:"titles,omitempty"`    // skipped above the header
}

// Column is one column of the sheet and the field that it holds.
type Column struct {
	Header string `json:"header"`
	Field  string `json:"field"`              // "": carried through
	Why    string `json:"not_used,omitempty"` // why it is, where its header is the name of a field
}

// Kind is one kind of problem, with the first one as an example.
type Kind struct {
	Column  string `json:"column"`
	Code    string `json:"code"`
	Count   int    `json:"count"`
	Line    int    `json:"line"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

// Pace is how fast the rows are going to be sent.
type Pace struct {
	PerSecond float64 `json:"per_second"`
	Seconds   float64 `json:"seconds"` // that the rows to create take
}

// JSON is the plan as scripts read it.
func (p PlanInfo) JSON() []byte {
	plan := p.Plan
	out := PlanJSON{
		Input:  Input{Path: plan.Sheet.Path, SHA256: plan.SHA256, Rows: plan.Rows, BlankRows: plan.Blank},
		Format: formatOf(plan.Sheet), Columns: columnsOf(plan.Sheet), Defaults: map[string]string{}, Counts: CountsOf(plan.Counts, true),
		Fixed: plan.Fixed, Places: append([]batch.Place{}, plan.Places()...), Problems: []Kind{},
		Warnings: append([]batch.Warning{}, plan.Warnings...), Target: p.Target, Account: p.Account, Ledger: p.Ledger,
	}
	for f := range partner.NumFields {
		if value := plan.Rules.DefaultOf(f); value != "" {
			out.Defaults[f.String()] = value
		}
	}
	for _, t := range plan.Common {
		out.Problems = append(out.Problems, Kind{t.Column, string(t.Code), t.Count, t.Example.Line, t.Example.Message, t.Example.Hint})
	}
	if p.Target != "" {
		n := p.ToSend()
		out.ToCreate, out.Pace = &n, &Pace{p.Rate, float64(n) / p.Rate}
	}
	b, _ := json.MarshalIndent(out, "", "  ") // plain strings and numbers: cannot fail
	return append(b, '\n')
}

func formatOf(s *sheet.Sheet) Format {
	if s.Workbook != nil {
		return Format{Sheet: s.Workbook.Sheet, Sheets: s.Workbook.Sheets, Titles: s.Titles}
	}
	return Format{Encoding: s.Encoding, Delimiter: string(rune(s.Delimiter)), Titles: s.Titles}
}

func columnsOf(s *sheet.Sheet) (all []Column) {
	for i, header := range s.Header {
		c := Column{Header: partner.Clean(header), Why: s.NotUsed(i)}
		if f, ok := s.FieldOf(i); ok {
			c.Field = f.String()
		}
		all = append(all, c)
	}
	return all
}
