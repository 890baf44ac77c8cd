package batch

import (
	"slices"
	"strings"

	"onboard/pkg/partner"
	"onboard/pkg/sheet"
)

const (
	concernLimit = 1000 // rows of one status that are kept
	nameLimit    = 120  // code points of a company's name
	whyLimit     = 600  // code points of what is wrong with a row, and of what to do
)

// Attention keeps, within bounds, what a person has to look at after a run: the
// first rows of each status that is none of success, and how often there was
// which problem.
type Attention struct {
	Sheet   *sheet.Sheet
	kept    map[partner.Status][]Concern
	tallies tallies
}

// Concern is a row that needs attention.
type Concern struct {
	Line      int
	Company   string // as the sheet has it
	Status    partner.Status
	Why, Hint string
	TraceID   string
}

// urgency is the order in which a person wants to see rows.
var urgency = []partner.Status{partner.InDoubt, partner.Rejected, partner.Invalid, partner.Duplicate, partner.NotSent}

// Add looks at one row.
func (a *Attention) Add(r *Result) {
	if r.Status != partner.NotSent { // which is none of the sheet
		a.tallies.add(r.Problems)
	}
	if a.kept == nil {
		a.kept = map[partner.Status][]Concern{}
	}
	if !slices.Contains(urgency, r.Status) || len(a.kept[r.Status]) == concernLimit {
		return
	}
	why, hint := explain(r.Problems)
	a.kept[r.Status] = append(a.kept[r.Status], Concern{Line: r.Row.Line, Status: r.Status, TraceID: r.TraceID,
		Company: brieflySaid(a.Sheet.Cell(r.Row, partner.CompanyName), nameLimit),
		Why:     brieflySaid(why, whyLimit), Hint: brieflySaid(hint, whyLimit)})
}

// Concerns are the rows that were kept, the most urgent ones first, and in the
// order of the sheet.
func (a *Attention) Concerns() (all []Concern) {
	for _, s := range urgency {
		all = append(all, a.kept[s]...)
	}
	return all
}

// Problems counts the problems by column and code, the commonest first.
func (a *Attention) Problems() []Tally { return a.tallies.commonest() }

// brieflySaid cuts a text to so many code points. It shares no memory with the
// block that the text was read from.
func brieflySaid(text string, limit int) string {
	n := 0
	for i := range text {
		if n == limit {
			return text[:i] + "…"
		}
		n++
	}
	return strings.Clone(text)
}
