package main

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"onboard/pkg/batch"
	"onboard/pkg/ledger"
	"onboard/pkg/partner"
	"onboard/pkg/report"
	"onboard/pkg/sheet"
)

// due is a decision that is to be carried out, and what the ledger has of its
// partner.
type due struct {
	batch.Decision
	line  int // of the sheet, or of the file with the decision
	entry ledger.Entry
}

// due finds out what is to be done: decisions on rows in doubt, in the order of
// the sheet, and tokens and links of partners that were settled without them, or
// with wrong ones.
func (r *reconciliation) due(ctx context.Context, existing map[partner.Key]bool) (all []due, err error) {
	taken, err := r.takeDecisions(ctx)
	if err != nil {
		return nil, err
	}
	rest := maps.Clone(taken)
	for _, doubt := range r.doubts {
		d, decided := rest[doubt.Doubt.Key]
		delete(rest, doubt.Doubt.Key)
		if decided && d.Verdict != batch.DecidedSkip {
			all = append(all, due{d, doubt.Row.Line, *doubt.Doubt})
		}
	}
	late, err := r.late(ctx, rest)
	if err != nil {
		return nil, err
	}
	all = append(all, late...)
	if err := r.sound(ctx, all); err != nil {
		return nil, err
	}
	if r.all == "" {
		if len(taken) == 0 && len(r.doubts) > 0 {
			err = fmt.Errorf("no decision is filled in; hint: write created, resend or skip into the onboard_decision column of %s, and run this again", quote(r.inDoubtPath()))
		}
		return all, err
	}
	more := r.likewise(taken, existing)
	if len(more) > 0 && existing == nil && r.yes {
		return nil, fmt.Errorf("who is a partner already could not be asked, so --all %s with --yes does nothing; hint: run it again later, or write the decisions into %s", r.all, quote(r.inDoubtPath()))
	}
	r.say("%s filled in, %d by --all %s.", report.Count(len(taken), "decision"), len(more), r.all)
	return append(all, more...), nil
}

// sound refuses decisions of which not all parts agree.
func (r *reconciliation) sound(ctx context.Context, all []due) error {
	for _, d := range all {
		refuse := func(msg, hint string) error {
			return &sheet.FileError{File: filepath.Base(d.File), Line: d.Line, Msg: msg, Hint: hint}
		}
		switch {
		case d.Half(d.entry):
			return refuse("there is only one of token and link", "fill in both onboard_token and onboard_link, or neither")
		case d.TraceID == "":
			return refuse("there is no trace id, so nobody can tell which request the decision is about",
				"keep the column onboard_trace_id as onboard wrote it; 'onboard status' and the errors file have it, too")
		case d.TraceID != d.entry.TraceID:
			return r.otherRequest(ctx, d, refuse)
		case !d.OnLine(d.line, d.entry.Line):
			return refuse(fmt.Sprintf("onboard_line is %s, and the request of this trace id was made for line %d", d.SheetLine, d.entry.Line),
				"rows may have been mixed up, by sorting some columns only: see that all cells belong together, and then leave onboard_line empty")
		case d.Replaces(d.entry) && !d.entry.Decided():
			return refuse("the token and link of this partner came with an answer of the API, and are not replaced",
				"take this row out; if they are wrong, ask the vendor's support, with the trace id")
		}
	}
	return nil
}

// otherRequest says whose trace id a decision has.
func (r *reconciliation) otherRequest(ctx context.Context, d due, refuse func(msg, hint string) error) error {
	found, err := r.ledgerRun.Traced(ctx, []string{d.TraceID})
	if err != nil {
		return err
	}
	anew := "decide anew, in " + filepath.Base(r.inDoubtPath()) + " as the last run wrote it"
	other, known := found[d.TraceID]
	switch {
	case !known:
		return refuse("this ledger knows no request with its trace id", anew)
	case other.Key == d.entry.Key:
		return refuse("the row was sent since this decision, and is in doubt again, with another trace id", "find out about "+d.entry.TraceID+" and "+anew)
	}
	return refuse(fmt.Sprintf("its trace id is that of %s, line %d", companyOf(other.Body), other.Line),
		"rows were mixed up, as by sorting some columns only; see that all cells of a row belong together, or "+anew)
}

// likewise gives the rows without a decision the one of --all, as far as the
// platform does not say that the partner exists.
func (r *reconciliation) likewise(taken decisions, existing map[partner.Key]bool) (all []due) {
	for _, doubt := range r.doubts {
		if _, decided := taken[doubt.Doubt.Key]; decided {
			continue
		}
		if existing[partner.NameKey(doubt.Company)] {
			r.say("Line %d is not sent again: a partner of that name exists.", doubt.Row.Line)
			continue
		}
		all = append(all, due{batch.Decision{Verdict: batch.Verdict(r.all)}, doubt.Row.Line, *doubt.Doubt})
	}
	return all
}

// late sorts the decisions that are on no row in doubt. Those that tell what a
// created partner lacks, or has wrong, are carried out; any other is named, by its
// line.
func (r *reconciliation) late(ctx context.Context, rest decisions) (all []due, err error) {
	known, err := r.ledgerRun.Lookup(ctx, slices.Collect(maps.Keys(rest)))
	if err != nil {
		return nil, err
	}
	keys := slices.SortedFunc(maps.Keys(rest), func(a, b ledger.Key) int { return rest[a].Line - rest[b].Line })
	for _, key := range keys {
		d, e := rest[key], known[key]
		where := fmt.Sprintf("line %d of %s", d.Line, filepath.Base(d.File))
		switch {
		case d.Verdict == batch.DecidedSkip:
		case d.Completes(e) || d.Replaces(e):
			all = append(all, due{d, e.Line, e})
		case !d.Open(e):
			r.say("The partner on %s is not in doubt any more; its decision was left aside.", where)
		case len(r.doubts) > 0 && d.File == r.inDoubtPath(): // the file is going to be written anew
			return nil, fmt.Errorf("the decision on %s is about a partner that is not in %s, or not in this ledger, and would be lost; hint: move it to another file, or bring its row back", where, r.sheet.Name())
		default:
			r.say("The partner on %s is not in %s, or not in this ledger; its decision was left aside.", where, r.sheet.Name())
		}
	}
	return all, nil
}
