package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"onboard/pkg/batch"
	"onboard/pkg/ledger"
	"onboard/pkg/partner"
	"onboard/pkg/report"
	"onboard/pkg/sheet"
)

// decisions are what operators wrote into an in-doubt file, by partner.
type decisions map[ledger.Key]batch.Decision

// due is a decision that is to be carried out, and what the ledger has of its
// partner.
type due struct {
	batch.Decision
	line  int // of the sheet, or of the file with the decision
	entry ledger.Entry
}

func (s *submission) inDoubtPath() string { return filepath.Join(s.dir, s.sheet.Base+".in-doubt.csv") }

// readDecisions reads what an operator has filled in.
func (s *submission) readDecisions(ctx context.Context, path string) (decisions, error) {
	from, err := sheet.Open(path, s.in, sheet.Options{Optional: s.rules.HasDefault, Map: s.mapped})
	if err != nil {
		return nil, fmt.Errorf("can't read the decisions: %w", err)
	}
	defer from.Close()
	return batch.ReadDecisions(ctx, from, s.rules)
}

// openDecisions reads the in-doubt file that is going to be written anew, and
// refuses to lose decisions in it that were not carried out yet. Rows to be left
// in doubt go on saying so.
func (s *submission) openDecisions(ctx context.Context) error {
	path := s.inDoubtPath()
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var err error
	if s.kept, err = s.readDecisions(ctx, path); err != nil {
		return err
	}
	known, err := s.ledgerRun.Lookup(ctx, slices.Collect(maps.Keys(s.kept)))
	if err != nil {
		return err
	}
	for key, d := range s.kept {
		if d.Open(known[key]) {
			return fmt.Errorf("%s holds decisions that were not carried out yet; hint: %s, or delete that file", path, s.again.line("reconcile", s.path, "limit"))
		}
	}
	return nil
}

// takeDecisions reads the decisions, from the in-doubt file unless another one is
// named. Those to skip in the in-doubt file hold as long as nothing else is said.
func (r *reconciliation) takeDecisions(ctx context.Context) (decisions, error) {
	named := r.decisions != "" && !samePlace(r.decisions, r.inDoubtPath())
	if !named && !r.sheet.HasAdded("onboard_decision") {
		return r.ownDecisions(ctx)
	}
	err := r.openDecisions(ctx)
	if err != nil {
		return nil, err
	}
	var taken decisions
	if named {
		taken, err = r.readDecisions(ctx, r.decisions)
	} else {
		taken, err = batch.ReadDecisions(ctx, r.sheet, r.rules)
	}
	if err != nil {
		return nil, err
	}
	for key, d := range taken {
		if r.kept == nil {
			r.kept = decisions{}
		}
		r.kept[key] = d
	}
	return r.kept, nil
}

// ownDecisions reads the in-doubt file. It need not be there when nothing is in
// doubt, or all is decided alike.
func (r *reconciliation) ownDecisions(ctx context.Context) (own decisions, err error) {
	_, err = os.Lstat(r.inDoubtPath())
	if missing := errors.Is(err, fs.ErrNotExist); missing && (r.all != "" || len(r.doubts) == 0) {
		return nil, nil
	}
	r.kept, err = r.readDecisions(ctx, r.inDoubtPath())
	return r.kept, err
}

// due finds out what is to be done: decisions on rows in doubt, in the order of
// the sheet, and tokens and links of partners that were settled without them.
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
	for _, d := range all {
		switch {
		case d.Half(d.entry):
			return nil, &sheet.FileError{File: filepath.Base(d.File), Line: d.Line, Msg: "there is only one of token and link",
				Hint: "fill in both onboard_token and onboard_link, or neither"}
		case d.Outdated(d.entry):
			return nil, &sheet.FileError{File: filepath.Base(d.File), Line: d.Line, Msg: "the row was sent since this decision, and is in doubt again, with another trace id",
				Hint: "find out about " + d.entry.TraceID + " and decide anew, in " + filepath.Base(r.inDoubtPath()) + " as the last run wrote it"}
		}
	}
	if r.all != "" {
		more := r.likewise(taken, existing)
		if len(more) > 0 && existing == nil && r.yes {
			return nil, fmt.Errorf("who is a partner already could not be asked, so --all %s with --yes does nothing; hint: run it again later, or write the decisions into %s", r.all, quote(r.inDoubtPath()))
		}
		r.say("%s filled in, %d by --all %s.", report.Count(len(taken), "decision"), len(more), r.all)
		all = append(all, more...)
	} else if len(taken) == 0 && len(r.doubts) > 0 {
		err = fmt.Errorf("no decision is filled in; hint: write created, resend or skip into the onboard_decision column of %s, and run this again", quote(r.inDoubtPath()))
	}
	return all, err
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
// created partner lacks are carried out; any other is named, by its line.
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
		case d.Completes(e):
			all = append(all, due{d, d.Line, e})
		case !d.Open(e):
			r.say("The partner on %s is not in doubt any more; its decision was left aside.", where)
		case len(r.doubts) > 0 && samePlace(d.File, r.inDoubtPath()): // the file is going to be written anew
			return nil, fmt.Errorf("the decision on %s is about a partner that is not in %s, or not in this ledger, and would be lost; hint: move it to another file, or bring its row back", where, r.sheet.Name())
		default:
			r.say("The partner on %s is not in %s, or not in this ledger; its decision was left aside.", where, r.sheet.Name())
		}
	}
	return all, nil
}
