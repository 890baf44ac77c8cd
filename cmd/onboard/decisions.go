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
	"strings"

	"onboard/pkg/batch"
	"onboard/pkg/ledger"
	"onboard/pkg/sheet"
)

// decisions are what operators wrote into an in-doubt file, by partner.
type decisions map[ledger.Key]batch.Decision

func (s *submission) inDoubtPath() string { return filepath.Join(s.dir, s.sheet.Base+".in-doubt.csv") }

// inDoubtFiles are the in-doubt files that are there: ours, and what a spreadsheet
// program made of it. Nothing else is read for decisions but what --decisions names;
// the sheet comes from somebody else.
func (s *submission) inDoubtFiles() (there []string, err error) {
	for _, path := range []string{s.inDoubtPath(), strings.TrimSuffix(s.inDoubtPath(), ".csv") + ".xlsx"} {
		switch _, failed := os.Lstat(path); {
		case failed == nil:
			there = append(there, path)
		case !errors.Is(failed, fs.ErrNotExist):
			err = errors.Join(err, failed)
		}
	}
	return there, err
}

// readDecisions reads what an operator has filled in.
func (s *submission) readDecisions(ctx context.Context, path string) (decisions, error) {
	from, err := sheet.Open(path, s.in, sheet.Options{Optional: s.rules.HasDefault, Map: s.mapped, Written: true})
	if err != nil {
		return nil, fmt.Errorf("can't read the decisions: %w", err)
	}
	defer from.Close()
	return batch.ReadDecisions(ctx, from, s.rules)
}

// ownDecisions reads the in-doubt files that are there. Two of them must not decide
// about one partner.
func (s *submission) ownDecisions(ctx context.Context) (decisions, error) {
	paths, err := s.inDoubtFiles()
	if err != nil {
		return nil, err
	}
	all := decisions{}
	for _, path := range paths {
		own, err := s.readDecisions(ctx, path)
		if err != nil {
			return nil, err
		}
		for key, d := range own {
			if other, twice := all[key]; twice {
				return nil, fmt.Errorf("line %d of %s and line %d of %s decide about the same partner; hint: leave one of the two files", other.Line, other.File, d.Line, d.File)
			}
			all[key] = d
		}
	}
	return all, nil
}

// openDecisions reads the in-doubt file that is going to be written anew, and
// refuses to lose decisions in it that were not carried out yet. Rows to be left
// in doubt go on saying so.
func (s *submission) openDecisions(ctx context.Context) (err error) {
	if s.kept, err = s.ownDecisions(ctx); err != nil {
		return err
	}
	known, err := s.ledgerRun.Lookup(ctx, slices.Collect(maps.Keys(s.kept)))
	if err != nil {
		return err
	}
	for key, d := range s.kept {
		if d.Open(known[key]) {
			return fmt.Errorf("%s holds decisions that were not carried out yet; hint: %s, or delete that file", d.File, s.again.line("reconcile", s.path, "limit"))
		}
	}
	return nil
}

// takeDecisions reads the decisions, from the in-doubt file unless another one is
// named. Those to skip in the in-doubt file hold as long as nothing else is said.
func (r *reconciliation) takeDecisions(ctx context.Context) (taken decisions, err error) {
	if samePlace(r.decisions, r.path) {
		return nil, fmt.Errorf("--decisions %s is the sheet itself, and a sheet decides nothing; hint: %s", r.decisions, r.sheetHint())
	}
	own, err := r.inDoubtFiles()
	if err != nil {
		return nil, err
	}
	if r.decisions == "" || slices.ContainsFunc(own, func(path string) bool { return samePlace(path, r.decisions) }) {
		if len(own) == 0 && r.all == "" && len(r.doubts) > 0 {
			return nil, fmt.Errorf("there is no %s with decisions; hint: %s", r.inDoubtPath(), r.sheetHint())
		}
		r.kept, err = r.ownDecisions(ctx)
		return r.kept, err
	}
	if err := r.openDecisions(ctx); err != nil {
		return nil, err
	}
	if taken, err = r.readDecisions(ctx, r.decisions); err != nil {
		return nil, err
	}
	maps.Copy(r.kept, taken)
	return r.kept, nil
}

// sheetHint says which command reads decisions, as one may hand in the in-doubt file.
func (r *reconciliation) sheetHint() string {
	name, own := strings.CutSuffix(strings.TrimSuffix(r.path, filepath.Ext(r.path)), ".in-doubt")
	if !own {
		return r.again.line("submit", r.path, "limit", "decisions", "all", "why") + " writes it anew"
	}
	for _, ext := range []string{".csv", ".xlsx", ".tsv", ".txt"} {
		if _, err := os.Stat(name + ext); err == nil {
			return "hand in the sheet, and this file is read with it: " + r.again.line("reconcile", name+ext, "decisions")
		}
	}
	return "hand in the sheet that was submitted, and this file with --decisions"
}
