package main

import (
	"fmt"
	"path/filepath"
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
	plan     *batch.Plan
	out      *batch.Outputs
	stop     *batch.Stop
	progress *batch.Progress // nil for a dry run
	target   string
	started  time.Time
	command  string // as it would be typed again
}

// finish returns the exit code as an error, if it is not 0.
func (e *ending) finish() error {
	exit := report.ExitOf(e.stop, e.out.Counts)
	if err := e.out.Commit(); err != nil {
		return fmt.Errorf("can't write the outputs: %w; hint: make room or write elsewhere with --out, and run the same command again: nothing is created twice", err)
	}
	s := e.summary(exit)
	if err := e.writeSummary(s); err != nil {
		return fmt.Errorf("can't write the summary: %w", err)
	}
	if !e.flags.quiet || exit.Code != report.ExitOK {
		report.WriteClosing(e.console.err, s, e.stop, e.next(exit, s))
	}
	if exit.Code != report.ExitOK {
		return exitError{exit.Code}
	}
	return nil
}

func (e *ending) summary(exit report.Exit) *report.Summary {
	s := &report.Summary{
		Input:     report.Input{Path: e.plan.Sheet.Path, SHA256: e.plan.SHA256, Rows: e.plan.Rows, BlankRows: e.plan.Blank},
		Target:    e.target,
		Counts:    report.CountsOf(e.out.Counts, e.progress == nil),
		StartedAt: e.started.UTC(), FinishedAt: time.Now().UTC(),
		Exit:  exit,
		Files: e.files(),
	}
	if e.progress != nil {
		s.HTTP = report.HTTPOf(e.progress)
	}
	switch e.flags.summary {
	case "":
		s.Files.Summary = filepath.Join(e.dir, e.plan.Sheet.Base+".summary.json")
	case "-":
	default:
		s.Files.Summary = e.flags.summary
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

func (e *ending) writeSummary(s *report.Summary) error {
	if e.flags.summary == "-" {
		_, err := e.console.out.Write(s.JSON())
		return err
	}
	f, err := sheet.CreateFile(s.Files.Summary)
	if err != nil {
		return err
	}
	if _, err := f.Write(s.JSON()); err != nil {
		f.Discard()
		return err
	}
	return f.Commit()
}

// next is what to do now, with the exact command where there is one.
func (e *ending) next(exit report.Exit, s *report.Summary) []string {
	path, again := e.plan.Sheet.Path, e.command
	bad := e.out.Counts[partner.Invalid] + e.out.Counts[partner.Duplicate] + e.out.Counts[partner.Rejected]
	var next []string
	switch {
	case e.stop != nil || e.out.Counts[partner.NotSent] > 0:
		next = append(next, again)
	case e.progress == nil && exit.Code == report.ExitOK && path != "-":
		next = append(next, "onboard submit "+quote(path)+" --target sandbox   (or staging, or production)")
	}
	if bad > 0 && e.stop == nil {
		next = append(next, "correct "+quote(s.Files.Errors)+" and hand it in as it is: onboard validate "+quote(s.Files.Errors))
	}
	if e.out.Counts[partner.InDoubt] > 0 {
		next = append(next, "find out about the rows in "+quote(s.Files.InDoubt)+" (support can search the trace ids), fill in onboard_decision, and run onboard reconcile "+quote(path)+" --target "+quote(e.target))
	}
	return next
}
