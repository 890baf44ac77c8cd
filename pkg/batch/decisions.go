package batch

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"onboard/pkg/ledger"
	"onboard/pkg/lmpi"
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
	SheetLine   string // of the row, as onboard_line has it; "" where it does not say
	TraceID     string // of the attempt that it is about
	Token, Link string // only with DecidedCreated
}

// Completes says whether the decision tells a token or link that a created
// partner lacks so far.
func (d Decision) Completes(e ledger.Entry) bool {
	return d.Verdict == DecidedCreated && e.State == ledger.Created && (e.Token == "" && d.Token != "" || e.Link == "" && d.Link != "")
}

// Replaces says whether the decision tells another token or link than a created
// partner has.
func (d Decision) Replaces(e ledger.Entry) bool {
	other := func(told, has string) bool { return told != "" && has != "" && told != has }
	return d.Verdict == DecidedCreated && e.State == ledger.Created && (other(d.Token, e.Token) || other(d.Link, e.Link))
}

// Open says whether the decision is still to be carried out, by what the ledger
// has of its partner; one that it does not know may be known to another.
func (d Decision) Open(e ledger.Entry) bool {
	return d.Verdict != DecidedSkip && (e.State == "" || e.State == ledger.InDoubt || d.Completes(e) || d.Replaces(e))
}

// Half says whether the decision tells a token without a link, or a link without
// a token, and the ledger does not have the other one either. What replaces has to
// be whole.
func (d Decision) Half(e ledger.Entry) bool {
	if d.Replaces(e) {
		return d.Token == "" || d.Link == ""
	}
	return d.Token != "" && d.Link == "" && e.Link == "" || d.Link != "" && d.Token == "" && e.Token == ""
}

// Links says whether the partner has a link once the decision is carried out.
func (d Decision) Links(e ledger.Entry) bool {
	return d.Verdict == DecidedCreated && (d.Link != "" || e.Link != "")
}

// OnLine says whether the decision stands in a row of one of these lines of a sheet,
// as far as it says so.
func (d Decision) OnLine(lines ...int) bool {
	for _, line := range lines {
		if d.SheetLine == strconv.Itoa(line) {
			return true
		}
	}
	return d.SheetLine == ""
}

// ReadDecisions reads the filled-in rows of an in-doubt file, by partner. An
// unknown word, a token or link that can be none, or a second decision on one
// partner, is an error with its line.
func ReadDecisions(ctx context.Context, s *sheet.Sheet, rules *partner.Rules) (map[ledger.Key]Decision, error) {
	if !s.HasAdded("onboard_decision") {
		return nil, decisionError(s, s.HeaderLine, "there is no column onboard_decision", "take the in-doubt file as it was written, and fill in that column")
	}
	r := decisionReader{sheet: s, decisions: map[ledger.Key]Decision{}, told: map[string]int{}}
	w := walker{sheet: s, rules: rules}
	_, err := w.walk(ctx, func(b checkedBlock) error {
		for i := range b.rows {
			if err := r.read(&b.rows[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return r.decisions, err
}

// decisionReader takes the rows of an in-doubt file, one after the other.
type decisionReader struct {
	sheet     *sheet.Sheet
	decisions map[ledger.Key]Decision
	told      map[string]int // lines by token and by link
}

func (r *decisionReader) read(c *Checked) error {
	d, err := readDecision(r.sheet, *c.Row)
	if err != nil || d.Verdict == "" {
		return err
	}
	if c.Bad {
		return r.sheet.NotUTF8(*c.Row)
	}
	if !c.Valid() {
		return decisionError(r.sheet, d.Line, "the row is not valid any more", "put its cells back as they were; only onboard_decision, onboard_token and onboard_link are for you")
	}
	if other, twice := r.decisions[c.Key]; twice {
		return decisionError(r.sheet, d.Line, fmt.Sprintf("line %d decides about the same partner", other.Line), "leave one of the two")
	}
	for _, text := range []string{d.Token, d.Link} {
		if line := r.told[text]; text != "" && line > 0 {
			return decisionError(r.sheet, d.Line, fmt.Sprintf("line %d has the same token or link", line), "each partner has its own: ask the vendor's support, with the trace ids")
		}
		r.told[text] = d.Line
	}
	r.decisions[c.Key] = d
	return nil
}

func readDecision(s *sheet.Sheet, row sheet.Row) (Decision, error) {
	d := Decision{File: s.Path, Line: row.Line, Verdict: Verdict(strings.ToLower(s.Added(row, "onboard_decision"))),
		SheetLine: s.Added(row, "onboard_line"), TraceID: s.Added(row, "onboard_trace_id")}
	switch d.Verdict {
	case "", DecidedSkip, DecidedResend:
		return d, nil
	case DecidedCreated:
		d.Token, d.Link = s.AddedExactly(row, "onboard_token"), s.AddedExactly(row, "onboard_link")
		if flaw := flawOf(d.Token, d.Link); flaw != "" {
			return d, decisionError(s, row.Line, flaw, "copy it anew from where the vendor tells it")
		}
		return d, nil
	}
	return d, decisionError(s, row.Line, fmt.Sprintf("the decision %q is not known", string(d.Verdict)), "write created, resend or skip into onboard_decision")
}

// flawOf says why what an operator told can't be a token and a link; "" when it can.
// Empty ones are not told.
func flawOf(token, link string) string {
	if flaw := lmpi.TokenFault(token); token != "" && flaw != "" {
		return "onboard_token is " + flaw
	}
	if flaw := lmpi.LinkFault(link); link != "" && flaw != "" {
		return "onboard_link is " + flaw
	}
	return ""
}

func decisionError(s *sheet.Sheet, line int, msg, hint string) error {
	return &sheet.FileError{File: s.Name(), Line: line, Msg: msg, Hint: hint}
}
