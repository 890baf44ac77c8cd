package batch

import (
	"context"
	"fmt"
	"strings"

	"onboard/pkg/ledger"
	"onboard/pkg/partner"
	"onboard/pkg/sheet"
)

// Verdict is what an operator decided about a row in doubt.
type Verdict string

// The verdicts that onboard_decision may hold.
const (
	DecidedCreated Verdict = "created" // it exists; token and link if the operator has them
	DecidedResend  Verdict = "resend"  // it does not exist: send it again
	DecidedSkip    Verdict = "skip"    // leave it in doubt
)

// Decision is a filled-in row of an in-doubt file.
type Decision struct {
	File        string // its path
	Line        int    // in that file
	Verdict     Verdict
	TraceID     string // of the attempt that it is about
	Token, Link string // only with DecidedCreated
}

// Completes says whether the decision tells a token or link that a created
// partner lacks so far.
func (d Decision) Completes(e ledger.Entry) bool {
	return d.Verdict == DecidedCreated && e.State == ledger.Created && (e.Token == "" && d.Token != "" || e.Link == "" && d.Link != "")
}

// Open says whether the decision is still to be carried out, by what the ledger
// has of its partner; one that it does not know may be known to another.
func (d Decision) Open(e ledger.Entry) bool {
	return d.Verdict != DecidedSkip && (e.State == "" || e.State == ledger.InDoubt || d.Completes(e))
}

// Half says whether the decision tells a token without a link, or a link without
// a token, and the ledger does not have the other one either.
func (d Decision) Half(e ledger.Entry) bool {
	return d.Token != "" && d.Link == "" && e.Link == "" || d.Link != "" && d.Token == "" && e.Token == ""
}

// ReadDecisions reads the filled-in rows of an in-doubt file, by partner. An
// unknown word, or a second decision on one partner, is an error with its line.
func ReadDecisions(ctx context.Context, s *sheet.Sheet, rules *partner.Rules) (map[ledger.Key]Decision, error) {
	decisions := map[ledger.Key]Decision{}
	w := walker{sheet: s, rules: rules}
	_, err := w.walk(ctx, func(b checkedBlock) error {
		for i := range b.rows {
			d, err := readDecision(s, *b.rows[i].Row)
			if err != nil {
				return err
			}
			if d.Verdict == "" {
				continue
			}
			if !b.rows[i].Valid() {
				return decisionError(s, d.Line, "the row is not valid any more", "put its cells back as they were; only onboard_decision, onboard_token and onboard_link are for you")
			}
			if other, twice := decisions[b.rows[i].Key]; twice {
				return decisionError(s, d.Line, fmt.Sprintf("line %d decides about the same partner", other.Line), "leave one of the two")
			}
			decisions[b.rows[i].Key] = d
		}
		return nil
	})
	return decisions, err
}

func readDecision(s *sheet.Sheet, row sheet.Row) (Decision, error) {
	d := Decision{File: s.Path, Line: row.Line, Verdict: Verdict(strings.ToLower(s.Added(row, "onboard_decision"))), TraceID: s.Added(row, "onboard_trace_id")}
	switch d.Verdict {
	case "", DecidedSkip, DecidedResend:
		return d, nil
	case DecidedCreated:
		d.Token, d.Link = s.Added(row, "onboard_token"), s.Added(row, "onboard_link")
		return d, nil
	}
	return d, decisionError(s, row.Line, fmt.Sprintf("the decision %q is not known", string(d.Verdict)), "write created, resend or skip into onboard_decision")
}

// Outdated finds a wish to send again that is about another attempt than the one
// that is in doubt now: it was carried out, and must not be a second time. That a
// partner exists stays true.
func (d Decision) Outdated(e ledger.Entry) bool {
	return d.Verdict == DecidedResend && d.TraceID != e.TraceID
}

func decisionError(s *sheet.Sheet, line int, msg, hint string) error {
	return &sheet.FileError{File: s.Name(), Line: line, Msg: msg, Hint: hint}
}
