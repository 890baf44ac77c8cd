package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"onboard/pkg/batch"
	"onboard/pkg/ledger/store"
	"onboard/pkg/pace"
	"onboard/pkg/report"
	"onboard/pkg/sheet"
)

const trackExits = `  0    every row was created, was asked about, and has not failed
  1    finished; some have failed, got no answer, or were never created
  2    nothing was asked: bad flags, unreadable file, no credentials, no ledger
  3    stopped before the end; run it again to continue
  130  interrupted; what was heard was recorded; run it again to continue`

func newTrack(c *console) *cobra.Command {
	var flags submitFlags
	var watch time.Duration
	cmd := &cobra.Command{
		Use:   "track [FILE]",
		Short: "Ask how far the onboarding of each created partner is",
		Long: `Track asks the API about every partner of a sheet that was created: progressing,
success or fail. FILE is the sheet that was submitted, or its results file; read
it with the same flags. Track writes

  NAME.tracking.csv   all rows of the sheet, each with onboard_state, the ids of
                      the partner and its user, and when that was heard
  NAME.tracking.json  the states in numbers

Without FILE it asks about all created partners of the target and the account,
and shows the numbers only.

The ledger knows the tokens; none is shown or written. It remembers each answer,
and what has succeeded or failed is not asked about again. Asking creates and
changes nothing. --watch asks again every 10 minutes until all have an end, and
--watch=30m every 30.`,
		Annotations: map[string]string{exitText: trackExits},
		Example: `  onboard track partners.csv --target production
  onboard track --target production --watch=1h --summary tracking.json`,
		Args: oneSheetAtMost,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := flags.useProfile(cmd.Flags()); err != nil {
				return err
			}
			t := tracking{submission: submission{console: c, submitFlags: &flags, path: strings.Join(args, ""),
				started: time.Now(), again: typed(cmd)}, watch: watch, watching: cmd.Flags().Changed("watch")}
			return t.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	flags.registerCalls(f)
	f.Lookup("target").Usage = "`NAME`: where the partners were created: staging, production or a web address (no default)"
	f.Lookup("summary").Usage = "`FILE` for the states in numbers, - for standard output (default: NAME.tracking.json; without a sheet none)"
	f.Lookup("max-attempts").Usage = "`N`: attempts for a question that the server did not answer"
	f.Lookup("ledger").Usage = "`FILE`: the ledger (default: ledger.db in your state folder)"
	f.DurationVar(&watch, "watch", 0, "`TIME`: ask again at such intervals, until all have succeeded or failed; a time other than 10m needs the =, as in --watch=1h")
	f.Lookup("watch").NoOptDefVal = "10m"
	return cmd
}

// oneSheetAtMost refuses a second argument, which is most often a time.
func oneSheetAtMost(_ *cobra.Command, args []string) error {
	if len(args) < 2 {
		return nil
	}
	for _, arg := range args {
		if _, err := time.ParseDuration(arg); err == nil {
			return fmt.Errorf("%s is no sheet; hint: the time of --watch needs the =, as in --watch=%s", arg, arg)
		}
	}
	return fmt.Errorf("one sheet at a time, and %d were given; hint: quote a name that has spaces", len(args))
}

// tracking is one call of track. Of the submission's it has the sheet, the
// ledger and the way to the API; it creates nothing.
type tracking struct {
	submission
	watching bool
	watch    time.Duration
	limiter  *pace.Limiter
	sum      string // of the sheet, after the first reading
	waiting  int    // onboardings that a watch waits for
}

// prepare opens all that is needed. release closes it, also after an error.
func (t *tracking) prepare() (release func(), err error) {
	var opened []func()
	release = func() { closeAll(opened) }
	if err := t.check(); err != nil {
		return release, err
	}
	if t.perSecond, err = t.PerSecond(); err != nil {
		return release, err
	}
	if t.path != "" {
		if t.rules, err = t.newRules(); err != nil {
			return release, err
		}
		if t.sheet, err = t.open(t.console, t.path, t.rules, t.again); err != nil {
			return release, err
		}
		opened = append(opened, func() { t.sheet.Close() })
		if err := t.keepProfile(t.console, t.rules); err != nil {
			return release, err
		}
		t.again.saved = t.saveFile
	}
	if err := t.places(); err != nil {
		return release, err
	}
	if err = t.connect(&opened); err == nil {
		t.limiter = t.newPace()
	}
	return release, err
}

// check refuses what makes no sense, before anything is read.
func (t *tracking) check() error {
	if t.watching && t.watch <= 0 {
		return fmt.Errorf("--watch=%s is not a time to wait", t.watch)
	}
	if t.target == "sandbox" {
		return errors.New("the sandbox of --target sandbox ends with each command, and has nothing to tell the next one; hint: run 'onboard sandbox' in another window, and give its address as --target to submit and to track")
	}
	return t.submitFlags.check()
}

// places settles where the files are, and refuses those that would get in each
// other's way, and a ledger that is not there: it could only know nothing.
func (t *tracking) places() error {
	path, err := t.ledgerPath()
	if err != nil {
		return err
	}
	if store.Missing(path) {
		return fmt.Errorf("there is no ledger at %s, so nothing is known to track; hint: name the ledger of the submission with --ledger", path)
	}
	places := append(t.otherPlaces(path), place{"the summary", t.summary})
	if t.sheet != nil {
		if t.dir, err = t.folder(t.path); err != nil {
			return err
		}
		if t.summary == "" {
			t.summary = filepath.Join(t.dir, t.sheet.Base+".tracking.json")
			places[len(places)-1].path = t.summary
		}
		places = append(places, place{"the sheet", t.path}, place{"the tracking file", t.file()},
			place{"the profile to read", t.useFile}, place{"the profile to write", t.saveFile})
	}
	return distinct(places)
}

// named is what the sheet is called on the screen; "" without one.
func (t *tracking) named() string {
	if t.sheet == nil {
		return ""
	}
	return t.sheet.Name()
}

// file is where the tracked sheet goes; "" without a sheet.
func (t *tracking) file() string {
	if t.sheet == nil {
		return ""
	}
	return filepath.Join(t.dir, t.sheet.Base+".tracking.csv")
}

// run asks once, or round after round.
func (t *tracking) run(ctx context.Context) error {
	release, err := t.prepare()
	defer release()
	if err != nil {
		return err
	}
	ctx, released := interruptible(ctx)
	defer released()
	for first := true; ; first = false {
		s, stop, err := t.round(ctx, first)
		if err != nil {
			return err
		}
		if !t.more(ctx, s, &stop) {
			return t.conclude(s, stop)
		}
	}
}

// round asks about everything that is open, and writes the files. An error ends
// the run: it was said, or nothing was asked.
func (t *tracking) round(ctx context.Context, first bool) (*report.TrackSummary, *batch.Stop, error) {
	s := &report.TrackSummary{Target: t.to.name, StartedAt: time.Now().UTC()}
	b := &batch.Tracking{Sheet: t.sheet, SHA256: t.sum, Rules: t.rules, Run: t.ledgerRun, Ask: t.client.Onboarding, Pace: t.limiter,
		Concurrency: t.Concurrency, MaxAttempts: t.Attempts, OnAttempt: t.log.attempt, Progress: &batch.Progress{}}
	view, err := b.Read(ctx, nil)
	if err == nil && view.Rows == 0 {
		err = t.nothing()
	}
	if err != nil && first {
		return nil, nil, t.giveUp(err)
	}
	if first && !t.quiet {
		t.screen().TrackPlan(report.TrackPlan{File: t.named(), Target: t.to.name, Account: t.account, Ledger: t.ledgerIs, View: view, Rate: t.perSecond})
	}
	var stop *batch.Stop
	if err == nil && view.Open > 0 {
		stopDrawing := t.draw(b, view.Open)
		stop, err = b.Do(ctx)
		stopDrawing()
	}
	if errors.Is(err, context.Canceled) {
		stop, err = &batch.Stop{Kind: batch.Interrupted, Reason: "the run was interrupted"}, nil
	}
	if err == nil && !stop.InvalidatesOutputs() {
		view, err = t.write(b)
	}
	if err != nil || stop.InvalidatesOutputs() {
		return nil, nil, t.broken(asStop(stop, err), err)
	}
	t.sum = b.SHA256
	return s, stop, t.sumUp(s, b, view, stop)
}

// asStop is the stop that an error is, if it is one.
func asStop(stop *batch.Stop, err error) *batch.Stop {
	errors.As(err, &stop)
	return stop
}

// nothing is why no row could be read.
func (t *tracking) nothing() error {
	if t.sheet != nil {
		return &sheet.FileError{File: t.sheet.Name(), Msg: "there is a header and no row below it"}
	}
	return fmt.Errorf("the ledger %s knows no created partner of %s and account %s; hint: use the --target, the credentials and the --ledger of the submission", t.ledgerIs, t.to.name, t.account)
}

// write makes the file of the sheet, whatever the operator's patience.
func (t *tracking) write(b *batch.Tracking) (*batch.TrackView, error) {
	if t.sheet == nil {
		return b.Read(context.Background(), nil)
	}
	return b.Write(context.Background(), t.file())
}

// sumUp fills in the summary and writes it.
func (t *tracking) sumUp(s *report.TrackSummary, b *batch.Tracking, view *batch.TrackView, stop *batch.Stop) error {
	if t.sheet != nil {
		s.Input = &report.Input{Path: t.path, SHA256: b.SHA256, Rows: view.Rows, BlankRows: view.Blank}
	}
	s.Counts, s.NoAnswer, s.HTTP = report.TrackCounts(view.Counts), report.NoAnswers(b.Silences()), report.HTTPOf(b.Progress)
	s.Exit = report.TrackExit(stop, view.Counts, s.NoAnswer)
	s.Open, t.waiting = view.Open, view.Waiting
	s.Files.Tracking, s.FinishedAt = t.file(), time.Now().UTC()
	if t.summary != "-" {
		s.Files.Summary = t.summary
	}
	if err := t.writeSummary(s); err != nil {
		t.say("onboard: can't write the summary: %v", err)
		_ = t.ledgerRun.End(report.ExitStopped, nil)
		return exitError{report.ExitStopped}
	}
	return nil
}

func (t *tracking) writeSummary(s *report.TrackSummary) error {
	switch t.summary {
	case "":
		return nil
	case "-":
		return t.sayJSON(s.JSON())
	}
	f, err := sheet.CreateFile(t.summary)
	if err != nil {
		return err
	}
	if _, err := f.Write(s.JSON()); err != nil {
		f.Discard()
		return err
	}
	return f.Commit()
}

// more waits for the next round of a watch, and says whether there is one. The
// end of the operator's patience is a stop.
func (t *tracking) more(ctx context.Context, s *report.TrackSummary, stop **batch.Stop) bool {
	if !t.watching || t.waiting == 0 || *stop != nil && (*stop).Kind != batch.ServerUnhealthy {
		return false
	}
	if !t.quiet {
		t.screen().TrackRound(s, *stop, time.Now().Add(t.watch))
	}
	timer := time.NewTimer(t.watch)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		t.say("") // after the ^C that a terminal shows
		*stop = &batch.Stop{Kind: batch.Interrupted, Reason: "the watch was interrupted"}
		s.Exit = report.TrackExit(*stop, nil, nil)
		return false
	}
}

// conclude records the end, and says what was found.
func (t *tracking) conclude(s *report.TrackSummary, stop *batch.Stop) error {
	t.log.Info("end", zap.Any("states", s.Counts), zap.Int("exit", s.Exit.Code))
	if err := t.ledgerRun.End(s.Exit.Code, s.Counts); err != nil {
		t.say("onboard: the end of the run could not be recorded: %v", err)
	}
	if !t.quiet || s.Exit.Code != report.ExitOK {
		t.screen().TrackClosing(s, stop, t.next(s))
		t.strange(s)
	}
	if s.Exit.Code != report.ExitOK {
		return exitError{s.Exit.Code}
	}
	return nil
}

// strange says that it is probably the wrong ledger that was asked.
func (t *tracking) strange(s *report.TrackSummary) {
	if s.Input != nil && s.Counts[batch.NotCreated]+s.Counts[batch.NotValid]+s.Counts[batch.Repeated] == s.Input.Rows {
		t.say("hint: none of these rows was created with this target, account and ledger; use the --target, the credentials, the --ledger and the --key of the submission")
	}
}

// next is what to do now.
func (t *tracking) next(s *report.TrackSummary) (next []string) {
	if s.Open > 0 {
		next = append(next, "later again: "+t.again.line("track", t.path))
	}
	if s.Counts[batch.DoubtState] > 0 {
		next = append(next, t.again.line("reconcile", t.path, "watch", "summary"))
	}
	if s.Counts[batch.NotValid] > 0 && t.sheet != nil {
		corrected := filepath.Join(t.dir, t.sheet.Base+".errors.csv")
		if _, err := os.Stat(corrected); err == nil {
			next = append(next, "rows that were corrected in "+quote(corrected)+" and submitted with it: "+t.again.line("track", corrected, "summary"))
		}
	}
	return next
}
