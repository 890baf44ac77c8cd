package main

import (
	"errors"
	"fmt"
	"time"

	"onboard/pkg/batch"
	"onboard/pkg/partner"
	"onboard/pkg/report"
	"onboard/pkg/sheet"
)

// ending is what both validate and submit do when the rows are through: put
// the files in their places, write the summary, say what happened.
type ending struct {
	console  *console
	flags    *sheetFlags
	dir      string
	sheet    *sheet.Sheet
	plan     *batch.Plan
	out      *batch.Outputs
	stop     *batch.Stop
	progress *batch.Progress // nil for a dry run
	target   string
	started  time.Time
	again    invocation  // the command as it was typed
	numbers  *sheet.File // the summary's; nil for standard output
	page     *sheet.File // the report's; nil where none was asked for
	rate     float64     // set, in requests per second
	kept     decisions   // on rows that stay in doubt
	refused  int         // decisions

	corrected string // where the corrections went that stood in the place of the errors; "" for none
	errorsSum string // SHA-256 of the errors file

	attention batch.Attention
}

// open starts all files, before anything is sent.
func (e *ending) open() (err error) {
	if err = e.correctionsReadable(); err != nil {
		return err
	}
	if err = e.flags.makeFolder(); err != nil {
		return err
	}
	if e.out, err = batch.CreateOutputs(e.sheet, e.dir, e.progress == nil); err != nil {
		return err
	}
	if e.numbers, err = e.flags.openSummary(e.dir, e.sheet.Base); err == nil {
		e.page, err = e.flags.openReport()
	}
	if err != nil {
		e.discard()
		return err
	}
	e.attention.Sheet = e.sheet
	if e.page != nil && e.progress != nil {
		e.progress.Over = batch.NewSeries(time.Now())
	}
	return nil
}

// emit takes one row, in the order of the sheet.
func (e *ending) emit(r *batch.Result) error {
	if r.Doubt != nil {
		r.Decision = e.kept[r.Doubt.Key].Verdict
	}
	if e.page != nil {
		e.attention.Add(r)
	}
	return e.out.Add(r)
}

// finish returns the exit code as an error, if it is not 0.
func (e *ending) finish() error {
	exit := e.exit()
	err := e.out.Ready()
	if err == nil {
		e.errorsSum, err = e.out.Errors.SHA256()
	}
	s := e.summary(exit)
	next := e.next(exit, s)
	err = errors.Join(err, e.fillSummary(s), e.fillReport(s, next))
	if err != nil {
		e.discard() // none is replaced: new errors beside old results would tell of no run
	} else {
		err = e.commit()
	}
	if err != nil {
		return fmt.Errorf("can't write the outputs: %w; hint: make room, close the file where it is open, or write elsewhere with --out, and run the same command again: nothing is created twice", err)
	}
	if e.numbers == nil {
		if err := e.console.sayJSON(s.JSON()); err != nil {
			return fmt.Errorf("can't write the summary: %w", err)
		}
	}
	if !e.flags.quiet || exit.Code != report.ExitOK {
		e.console.screen().Closing(s, e.stop, next)
	}
	if e.corrected != "" {
		e.console.say("%s is not as onboard wrote it, so it is kept as %s", s.Files.Errors, e.corrected)
	}
	if exit.Code != report.ExitOK {
		return exitError{exit.Code}
	}
	return nil
}

func (e *ending) exit() report.Exit {
	exit := report.ExitOf(e.stop, e.out.Counts)
	if exit.Code == report.ExitOK && e.refused > 0 {
		return report.Exit{Code: report.ExitErrors, Reason: report.Count(e.refused, "decision") + " refused"}
	}
	return exit
}

func (e *ending) summary(exit report.Exit) *report.Summary {
	s := &report.Summary{
		Input:     report.Input{Path: e.sheet.Path, SHA256: e.plan.SHA256, Rows: e.plan.Rows, BlankRows: e.plan.Blank},
		Target:    e.target,
		Counts:    report.CountsOf(e.out.Counts, e.progress == nil),
		StartedAt: e.started.UTC(), FinishedAt: time.Now().UTC(),
		Exit:  exit,
		Files: e.files(), ErrorsSHA256: e.errorsSum, Noted: e.plan.Noted,
	}
	if e.progress != nil {
		s.HTTP = report.HTTPOf(e.progress)
	}
	if e.numbers != nil {
		s.Files.Summary = e.numbers.Path()
	}
	if e.page != nil {
		s.Files.Report = e.page.Path()
	}
	return s
}

func (e *ending) files() (f report.Files) {
	if e.out.Results != nil {
		f.Results = e.out.Results.Path()
	}
	if e.out.InDoubt != nil {
		f.InDoubt = e.out.InDoubt.Path()
	}
	f.Errors, f.Problems = e.out.Errors.Path(), e.out.Problems.Path()
	return f
}

func (e *ending) fillSummary(s *report.Summary) error {
	if e.numbers == nil {
		return nil
	}
	_, err := e.numbers.Write(s.JSON())
	return errors.Join(err, e.numbers.Ready())
}

func (e *ending) fillReport(s *report.Summary, next []string) error {
	if e.page == nil {
		return nil
	}
	p := report.Page{Verb: e.again.verb, Summary: s, Stop: e.stop, Next: next, Warnings: e.plan.Warnings,
		Problems: e.attention.Problems(), Concerns: e.attention.Concerns(), Rate: e.rate}
	if e.progress != nil {
		over := e.progress.Over.Read(s.FinishedAt)
		p.Over = &over
	}
	return errors.Join(report.WritePage(e.page, &p), e.page.Ready())
}

// commit puts all files in their places, and what somebody corrected meanwhile
// in another one.
func (e *ending) commit() error {
	var err error
	if e.corrected, err = e.keepCorrections(); err != nil {
		e.discard()
		return err
	}
	err = e.out.Commit()
	for _, f := range []*sheet.File{e.numbers, e.page} {
		if f != nil {
			err = errors.Join(err, f.Commit())
		}
	}
	return err
}

// discard drops what was begun; older files stay as they are.
func (e *ending) discard() {
	e.out.Discard()
	for _, f := range []*sheet.File{e.numbers, e.page} {
		if f != nil {
			f.Discard()
		}
	}
}

// next is what to do now, with the exact command where there is one.
func (e *ending) next(exit report.Exit, s *report.Summary) []string {
	counts, path := e.out.Counts, e.sheet.Path
	bad := counts[partner.Invalid] + counts[partner.Duplicate] + counts[partner.Rejected]
	dryRun := e.progress == nil
	var next []string
	switch {
	case e.stop != nil || counts[partner.NotSent] > 0:
		next = append(next, e.again.line(e.finisher(), path, "limit"))
	case dryRun && exit.Code == report.ExitOK:
		next = append(next, e.again.line("submit", path)+" --target sandbox   (or staging, or production)")
	}
	if counts[partner.InDoubt] > 0 {
		next = append(next, "find out about the rows in "+quote(s.Files.InDoubt)+" (support can search the trace ids), fill in onboard_decision, then: "+
			e.again.line("reconcile", path, "limit"))
	}
	if n := e.plan.Fixable; n > 0 && e.stop == nil && e.again.verb != "reconcile" {
		next = append(next, report.Count(n, "row")+" can be corrected exactly: "+e.again.line(e.again.verb, path, "limit", "yes")+" --fix")
	}
	if bad > 0 && e.stop == nil {
		next = append(next, "correct "+quote(s.Files.Errors)+" and hand it in as it is: "+e.again.line("validate", s.Files.Errors, "report", "encoding", "sheet"))
	}
	return next
}

// finisher is the command that sends what was left: what was decided to be sent
// again is not in doubt any more, so reconcile would leave it out.
func (e *ending) finisher() string {
	if e.again.verb == "reconcile" {
		return "submit"
	}
	return e.again.verb
}
