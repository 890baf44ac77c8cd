package batch

import (
	"time"

	"onboard/pkg/ledger"
	"onboard/pkg/partner"
	"onboard/pkg/sheet"
)

// Result is what became of one row.
type Result struct {
	Row      sheet.Row
	Status   partner.Status
	Problems []partner.Problem // why it has no link
	Fixed    []partner.Problem // exact corrections that were applied, and what to look at
	Token    string
	Link     string
	TraceID  string
	At       time.Time     // when the answer was recorded; of a row in doubt, when its attempt began
	Doubt    *ledger.Entry // of a row in doubt: what the ledger has of it
	Company  string        // of a row in doubt
	Decision Verdict       // on a row that stays in doubt: what its file goes on saying
}

// problem adds a reason to a row that is no fault of a single cell.
func (r Result) problem(code partner.Code, message, hint string) Result {
	r.Problems = []partner.Problem{{Line: r.Row.Line, Code: code, Message: message, Hint: hint}}
	return r
}
