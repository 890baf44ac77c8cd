package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"onboard/pkg/batch"
	"onboard/pkg/ledger"
	"onboard/pkg/lmpi"
	"onboard/pkg/partner"
	"onboard/pkg/report"
	"onboard/pkg/sheet"
)

// submission is one call of submit, or of reconcile. prepare fills in what
// stands below the empty line.
type submission struct {
	*console
	*submitFlags
	path    string
	again   invocation
	started time.Time

	perSecond float64
	dir       string // of the outputs
	rules     *partner.Rules
	sheet     *sheet.Sheet
	to        *target
	account   string
	client    *lmpi.Client
	log       *attemptLog
	ledgerRun ledger.Run
	ledgerIs  string // where it is; "" for a throw-away one
	ledger    ledger.Ledger

	ledgerMissing bool // it is not there, and a dry run makes none
	plan          *batch.Plan
	carried       *batch.Carried // what the new files will have of older ones
	kept          decisions      // of the in-doubt file that is written anew
	refused       int            // decisions that the ledger did not take
}

// run goes the whole way. Whatever fails before the first request is exit 2.
func (s *submission) run(ctx context.Context) error {
	release, err := s.prepare()
	defer release()
	if err != nil {
		return err
	}
	before, ready := interruptible(ctx)
	err = s.makePlan(before, nil)
	if err == nil {
		err = s.keepsDoubts(before)
	}
	if err == nil && !s.dryRun {
		err = s.openDecisions(before)
	}
	if err == nil {
		err = s.consent(before)
	}
	ready()
	if err != nil {
		return s.giveUp(err)
	}
	return s.submit(ctx, nil)
}

// giveUp ends the run in the ledger before anything was sent.
func (s *submission) giveUp(err error) error {
	exit := exitError{report.ExitNothing}
	errors.As(err, &exit)
	if e := s.ledgerRun.End(exit.code, nil); e != nil {
		s.say("onboard: %v", e)
	}
	return err
}

// makePlan is pass 1. With --check-existing it asks first which partners there
// are; without an answer nothing is sent, nor with links in the way that are
// nowhere else.
func (s *submission) makePlan(ctx context.Context, each func(*batch.Result) error) (err error) {
	var existing map[partner.Key]bool
	if s.checkExisting {
		if existing, err = s.existingNames(ctx); err != nil {
			return fmt.Errorf("--check-existing: %w", err)
		}
	}
	old, err := openResults(s.resultsPath())
	if err != nil {
		return err
	}
	s.carried = batch.NewCarried()
	s.plan, err = batch.MakePlan(ctx, s.sheet, s.rules, s.ledgerRun, existing, func(r *batch.Result) error {
		s.carried.Add(r)
		if each == nil {
			return nil
		}
		return each(r)
	})
	if old == nil {
		return err
	}
	defer old.Close()
	if err == nil {
		err = s.keepsLinks(ctx, old)
	}
	return err
}

// existingNames asks which names are partners already. A pending onboarding is
// probably not among them.
func (s *submission) existingNames(ctx context.Context) (map[partner.Key]bool, error) {
	l := batch.Listing{List: s.client.Partners, Pace: s.newPace(), MaxAttempts: s.Attempts, OnAttempt: s.log.attempt,
		OnWait: func(reason string, wait time.Duration) {
			if !s.quiet {
				s.say("Which partners exist already is asked again in %s: %s", wait.Round(time.Second), reason)
			}
		}}
	return l.Names(ctx)
}

// submit is pass 2 and what comes after it. only, if given, holds the partners
// that may be sent.
func (s *submission) submit(ctx context.Context, only map[ledger.Key]bool) error {
	e := &ending{console: s.console, flags: &s.sheetFlags, dir: s.dir, sheet: s.sheet, plan: s.plan, started: s.started,
		again: s.again, target: s.to.name, progress: &batch.Progress{}, rate: s.perSecond, kept: s.kept, refused: s.refused}
	if err := e.open(); err != nil {
		return s.giveUp(err)
	}
	defer collect(garbageOfRequests)()
	limiter := s.newPace()
	now, intake, release := signals(ctx, s.console)
	defer release()
	defer s.hurries(now)()
	b := batch.Submission{Plan: s.plan, Run: s.ledgerRun, Send: s.client.Create, Pace: limiter, Concurrency: s.Concurrency,
		MaxAttempts: s.Attempts, Limit: s.Limit, Only: only, OnAttempt: s.log.attempt, OnStop: s.log.stop, Emit: e.emit, Progress: e.progress}
	stopDrawing := s.draw(intake, e.progress, limiter, s.toSend(only))
	var err error
	e.stop, err = b.Do(now, intake)
	stopDrawing()
	s.log.end(e.stop, e.out.Counts)
	if err != nil || e.stop.InvalidatesOutputs() {
		s.rescue(e)
		e.discard()
		return s.broken(e.stop, err)
	}
	return s.conclude(e)
}

// toSend is how many rows the run will send. The plan of reconcile was made before
// the decisions, and knows none of its own.
func (s *submission) toSend(only map[ledger.Key]bool) int {
	n := s.plan.Counts[partner.Valid]
	if only != nil {
		n = len(only)
	}
	if s.Limit > 0 {
		n = min(n, s.Limit)
	}
	return n
}

// conclude records the end of a run and writes its files.
func (s *submission) conclude(e *ending) error {
	exit := e.exit()
	if err := s.ledgerRun.End(exit.Code, report.CountsOf(e.out.Counts, false)); err != nil {
		s.say("onboard: the end of the run could not be recorded: %v", err)
	}
	err := e.finish()
	var code exitError
	if err != nil && !errors.As(err, &code) {
		s.say("onboard: %v", err)
		return exitError{report.ExitStopped}
	}
	return err
}

// broken ends a run whose outputs can't be trusted. Older files stay as they
// are; the next run writes them anew from the ledger.
func (s *submission) broken(stop *batch.Stop, err error) error {
	if stop == nil {
		stop = &batch.Stop{Reason: err.Error()}
	}
	_ = s.ledgerRun.End(report.ExitStopped, nil) // the ledger may be what is broken; its sweep will tell the next run
	s.say("Stopped: %s", stop.Reason)
	files := "The output files were not written."
	if stop.LedgerMissing {
		files = "No other file was written."
	}
	s.say("%s %s", files, s.saved(stop.LedgerMissing))
	if stop.Hint != "" {
		s.say("hint: %s", stop.Hint)
	}
	if !stop.LedgerMissing {
		s.say("Next  %s", s.again.line(s.again.verb, s.path))
	}
	return exitError{report.ExitStopped}
}

// rescue keeps the links of a run whose ledger is gone: there they are lost.
func (s *submission) rescue(e *ending) {
	if e.stop == nil || !e.stop.LedgerMissing {
		return
	}
	switch path, err := e.out.Rescue(); {
	case err != nil:
		s.say("The links of this run can't be written: %v", err)
	case path != "":
		s.say("The links of this run are in %s. Keep that file.", quote(path))
	}
}

// saved says where the answers are that arrived.
func (s *submission) saved(gone bool) string {
	x := s.ledgerRun.Spilled()
	var text []string
	if x.Lost > 0 {
		text = append(text, report.Count(x.Lost, "answer")+" could be saved nowhere; the vendor's support can search the trace ids of the rows in doubt.")
	}
	if x.Away != "" {
		text = append(text, "Answers that the ledger did not take are in "+quote(x.Away)+": move that file into "+quote(x.Folder)+" before anything else.")
	}
	if x.File != "" {
		text = append(text, "Answers that the ledger did not take are in "+quote(x.File)+", and the next run here reads them back.")
	}
	if len(text) == 0 && gone {
		return "The answers that arrived before were recorded there."
	}
	if len(text) == 0 {
		return "Every answer that arrived is recorded."
	}
	if x.File != "" || x.Away != "" {
		decide := "Decide on no row in doubt before that."
		if _, shared := s.ledgerRun.(ledger.Shared); shared {
			decide = "Decide on no row in doubt before that, on any computer."
		}
		text = append(text, decide)
	}
	return strings.Join(text, " ")
}
