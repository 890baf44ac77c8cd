package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	"onboard/pkg/batch"
	"onboard/pkg/ledger"
	"onboard/pkg/report"
)

// linked are the decisions after which a partner has a link.
func linked(all []due) (told []due) {
	for _, d := range all {
		if d.Links(d.entry) {
			told = append(told, d)
		}
	}
	return told
}

// resent counts the rows that are to be sent again.
func resent(all []due) (n int) {
	for _, d := range all {
		if d.Verdict == batch.DecidedResend {
			n++
		}
	}
	return n
}

// showLinked lists whose link is going to be recorded. Of a link the host alone is
// shown: a screen is no place for the rest.
func (r *reconciliation) showLinked(told []due) {
	if len(told) == 0 {
		return
	}
	r.say("To be recorded with a link: %s", report.Count(len(told), "row"))
	s := r.screen()
	for _, d := range told {
		s.Hanging("  ", 4, fmt.Sprintf("%s (line %d)", companyOf(d.entry.Body), d.line))
		s.Hanging("    ", 4, "trace id "+d.entry.TraceID)
		if d.Link == "" {
			s.Hanging("    ", 4, "a link on "+hostOf(d.entry.Link)+", that came with its answer")
		} else {
			s.Hanging("    ", 4, fmt.Sprintf("a link on %s, from line %d of %s", hostOf(d.Link), d.Line, filepath.Base(d.File)))
		}
		if d.Replaces(d.entry) {
			s.Hanging("    ", 4, fmt.Sprintf("in place of the token and link of %s: %s", report.Moment(d.entry.SettledAt), d.entry.Reason))
		}
	}
}

// hostOf is where a link leads to.
func hostOf(link string) string {
	if u, err := url.Parse(link); err == nil && u.Host != "" {
		return u.Host
	}
	return "no host"
}

// agree gets a second yes before a link is recorded, and one before anything is sent
// again.
func (r *reconciliation) agree(ctx context.Context, told, resend int) error {
	if told+resend == 0 || r.yes {
		return nil
	}
	if !r.interactive() || r.path == "-" {
		return errors.New("nobody can be asked here; hint: look at the rows above, then add --yes to record links and send rows again without being asked")
	}
	if told > 0 {
		if err := r.confirm(ctx, batch.DecidedCreated, report.Count(told, "row")+" to be recorded as created with the links above"); err != nil {
			return err
		}
	}
	if resend == 0 {
		return nil
	}
	return r.confirm(ctx, batch.DecidedResend, fmt.Sprintf("%s to be sent again to %s. A partner that exists already would then exist twice", report.Count(resend, "row"), r.to.name))
}

func (r *reconciliation) confirm(ctx context.Context, word batch.Verdict, question string) error {
	answer, err := r.ask(ctx, fmt.Sprintf("%s. Type %s to go on: ", question, word))
	if err == nil && answer != string(word) {
		err = errors.New("not confirmed, so nothing was decided or sent")
	}
	return err
}

// record puts the decisions into the ledger, and returns the partners that are to be
// sent again. What is refused of one row does not keep the others.
func (r *reconciliation) record(all []due) (map[ledger.Key]bool, error) {
	only := map[ledger.Key]bool{}
	for i, d := range all {
		err := r.ledgerRun.Decide(d.decision(r.why))
		var taken *ledger.TakenError
		switch {
		case err == nil && d.Verdict == batch.DecidedResend:
			only[d.entry.Key] = true
		case err == nil:
		case errors.As(err, &taken):
			r.refuse(d)
			r.say("Refused  the token or link that line %d of %s has for %s is that of %s (line %d); hint: each partner has its own: ask the vendor's support about both, with the trace ids %s and %s",
				d.Line, filepath.Base(d.File), companyOf(d.entry.Body), companyOf(taken.Holder.Body), taken.Holder.Line, d.entry.TraceID, taken.Holder.TraceID)
		case errors.Is(err, ledger.ErrLost) && d.Replaces(d.entry):
			r.refuse(d)
			r.say("Refused  the token and link of %s are not those of a decision, or were changed meanwhile, so line %d of %s does not replace them", companyOf(d.entry.Body), d.Line, filepath.Base(d.File))
		case errors.Is(err, ledger.ErrLost):
			return nil, fmt.Errorf("somebody else decided about line %d (%s) meanwhile, or its answer arrived: it is not in doubt any more, and this decision and those after it were left aside (%d before it are recorded); hint: this writes the files anew, with what is known now: %s",
				d.line, companyOf(d.entry.Body), i, r.again.line("submit", r.path, "limit"))
		default:
			return nil, fmt.Errorf("the decision about line %d could not be recorded: %w", d.line, err)
		}
	}
	return only, nil
}

// refuse leaves a row as it is. Its file must not go on saying created: without the
// token that was refused that would be another decision.
func (r *reconciliation) refuse(d due) {
	r.refused++
	delete(r.kept, d.entry.Key)
}

// decision is what the ledger is told.
func (d *due) decision(why string) ledger.Decision {
	l := ledger.Decision{Key: d.entry.Key, Attempt: d.entry.Attempt, State: ledger.Created, Token: d.Token, Link: d.Link, Who: operator(), Why: why}
	if d.Verdict == batch.DecidedResend {
		l.State = ledger.Released
	}
	if d.Replaces(d.entry) {
		l.Was = &ledger.Told{Token: d.entry.Token, Link: d.entry.Link}
	}
	return l
}
