package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"onboard/pkg/batch"
	"onboard/pkg/ledger"
	"onboard/pkg/lmpi"
	"onboard/pkg/pace"
	"onboard/pkg/partner"
	"onboard/pkg/report"
)

type submitFlags struct {
	sheetFlags
	target, credentials, ledger string
	caFile                      string
	rate                        string
	concurrency, attempts       int
	limit                       int
	timeout                     time.Duration
	maxErrors                   string
	dryRun, yes, noProgress     bool
	logFile, logLevel           string
}

func newSubmit(c *console) *cobra.Command {
	var flags submitFlags
	cmd := &cobra.Command{
		Use:   "submit FILE",
		Short: "Create the partners of a sheet and write their tokens and links",
		Long: `Submit checks the whole sheet, shows the plan, asks, and then creates every
partner that no earlier run has created. It writes

  NAME.results.csv   the rows that have a token and a link
  NAME.errors.csv    the rows that have none, each with the reason
  NAME.in-doubt.csv  rows that may have been created, if there are any
  NAME.problems.csv  one line for each problem
  NAME.summary.json  the run in numbers

Running it again continues: finished rows are answered from the ledger, and
nothing is created twice.

Credentials come from ` + tokenVariable + ` and ` + secretVariable + `, or from a
file given with --credentials. Every flag can also be set by a variable, such as
ONBOARD_RATE_LIMIT for --rate-limit.

` + exitCodes,
		Example: `  onboard submit partners.csv --target sandbox
  onboard submit partners.csv --target staging --rate-limit 5/s --limit 5`,
		Args: oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			s := submission{console: c, submitFlags: &flags, path: args[0], started: time.Now()}
			s.command = commandLine(typed(cmd, args))
			return s.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	flags.register(f)
	f.StringVar(&flags.target, "target", "", "where partners are created: sandbox, staging, production or a web address (no default)")
	f.StringVar(&flags.credentials, "credentials", "", "file with the credentials, readable only by you")
	f.StringVar(&flags.caFile, "ca-file", "", "file with further certificate authorities to trust (PEM)")
	f.StringVar(&flags.ledger, "ledger", "", "ledger file (default: ledger.db in your state folder; for the sandbox a throw-away one)")
	f.StringVar(&flags.rate, "rate-limit", "5/s", "requests at most, per second, minute or hour: 5/s, 90/m, 1000/h")
	f.IntVar(&flags.concurrency, "concurrency", 8, "requests in flight at most")
	f.DurationVar(&flags.timeout, "timeout", 70*time.Second, "how long one request may take")
	f.IntVar(&flags.attempts, "max-attempts", 5, "attempts for a row that the server did not process")
	f.IntVar(&flags.limit, "limit", 0, "send only the first N rows that would be sent (0: all)")
	f.StringVar(&flags.maxErrors, "max-errors", "", "refuse to submit when more rows than that are invalid: 10 or 2%")
	f.BoolVar(&flags.dryRun, "dry-run", false, "show the plan and stop")
	f.BoolVarP(&flags.yes, "yes", "y", false, "do not ask")
	f.BoolVar(&flags.noProgress, "no-progress", false, "show no progress")
	f.StringVar(&flags.logFile, "log-file", "", "append a log to this file: one JSON line for each attempt")
	f.StringVar(&flags.logLevel, "log-level", "info", "how much to log: debug, info, warn, error")
	return cmd
}

// typed lists the arguments that started the command, as far as they were
// typed: not those from the environment.
func typed(cmd *cobra.Command, args []string) []string {
	if len(os.Args) > 1 && os.Args[1] == cmd.Name() {
		return os.Args[1:]
	}
	return append([]string{cmd.Name()}, args...)
}

// submission is one call of submit.
type submission struct {
	*console
	*submitFlags
	path, command string
	started       time.Time
	perSecond     float64
	target        *target
	account       string
}

// run goes the whole way. Whatever fails before the first request is exit 2.
func (s *submission) run(ctx context.Context) error {
	if err := s.check(); err != nil {
		return err
	}
	rules, err := s.rules()
	if err != nil {
		return err
	}
	dir, err := s.folder(s.path)
	if err != nil {
		return err
	}
	sh, err := s.open(s.console, s.path, rules)
	if err != nil {
		return err
	}
	defer sh.Close()
	if s.target, err = findTarget(s.submitFlags.target, s.credentials); err != nil {
		return err
	}
	defer s.target.stop()
	s.account = s.target.credentials.Account()
	client, err := s.client()
	if err != nil {
		return err
	}
	defer client.Close()
	log, err := openLog(s.logFile, s.logLevel)
	if err != nil {
		return err
	}
	defer log.close()

	book, run, err := s.openLedger(rules)
	if err != nil {
		return err
	}
	defer book.Close()
	plan, err := batch.MakePlan(ctx, sh, rules, run.Lookup, nil)
	if err == nil {
		err = s.consent(plan)
	}
	if err != nil {
		return errors.Join(err, run.End(report.ExitNothing, nil))
	}
	e := &ending{console: s.console, flags: &s.sheetFlags, dir: dir, plan: plan, started: s.started, command: s.command,
		target: s.target.name, progress: &batch.Progress{}}
	return s.submit(ctx, e, run, client, log)
}

// submit is pass 2 and what comes after it.
func (s *submission) submit(ctx context.Context, e *ending, run *ledger.Run, client *lmpi.Client, log *attemptLog) error {
	out, err := batch.CreateOutputs(e.plan.Sheet, e.dir, false)
	if err != nil {
		return errors.Join(err, run.End(report.ExitNothing, nil))
	}
	e.out = out
	limiter := pace.New(s.perSecond)
	now, intake, release := signals(ctx, s.console)
	defer release()
	b := batch.Submission{Plan: e.plan, Run: run, Send: client.Create, Pace: limiter, Concurrency: s.concurrency,
		MaxAttempts: s.attempts, Limit: s.limit, OnAttempt: log.attempt, Emit: out.Add, Progress: e.progress}
	stopDrawing := s.draw(e, limiter)
	e.stop, err = b.Do(now, intake)
	stopDrawing()
	log.end(e.stop, out.Counts)
	if err != nil || e.stop != nil && (e.stop.Kind == batch.LedgerLost || e.stop.Kind == batch.FileChanged) {
		out.Discard()
		return s.broken(e, run, err)
	}
	exit := report.ExitOf(e.stop, out.Counts)
	if err := run.End(exit.Code, report.CountsOf(out.Counts, false)); err != nil {
		s.say("onboard: the end of the run could not be recorded: %v", err)
	}
	if err := e.finish(); err != nil {
		var exit exitError
		if errors.As(err, &exit) {
			return exit
		}
		s.say("onboard: %v", err)
		return exitError{report.ExitStopped}
	}
	return nil
}

// broken ends a run whose outputs can't be trusted. Older files stay as they
// are; the next run writes them anew from the ledger.
func (s *submission) broken(e *ending, run *ledger.Run, err error) error {
	stop := e.stop
	if stop == nil {
		stop = &batch.Stop{Reason: err.Error()}
	}
	_ = run.End(report.ExitStopped, nil) // the ledger may be what is broken; its sweep will tell the next run
	s.say("Stopped: %s", stop.Reason)
	s.say("The output files were not written. Every answer that arrived is recorded.")
	if stop.Hint != "" {
		s.say("hint: %s", stop.Hint)
	}
	s.say("Next  %s", s.command)
	return exitError{report.ExitStopped}
}

// check refuses flags that make no sense, before anything is read.
func (s *submission) check() error {
	var err error
	if s.perSecond, err = pace.ParseRate(s.rate); err != nil {
		return fmt.Errorf("--rate-limit: %w", err)
	}
	switch {
	case s.concurrency < 1 || s.concurrency > 1024:
		return fmt.Errorf("--concurrency %d is not from 1 to 1024", s.concurrency)
	case s.attempts < 1:
		return fmt.Errorf("--max-attempts %d is less than 1", s.attempts)
	case s.limit < 0:
		return fmt.Errorf("--limit %d is negative", s.limit)
	case s.timeout <= 0:
		return fmt.Errorf("--timeout %s is not a time to wait", s.timeout)
	}
	if _, err := s.tooMany(1, 1); err != nil {
		return err
	}
	return nil
}

// tooMany says whether so many invalid rows are more than --max-errors.
func (s *submission) tooMany(invalid, rows int) (bool, error) {
	text, percent := strings.CutSuffix(s.maxErrors, "%")
	if text == "" && !percent {
		return false, nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n < 0 || !percent && n != float64(int(n)) {
		return false, fmt.Errorf("--max-errors %q is neither a number of rows nor a share; hint: --max-errors 10 or --max-errors 2%%", s.maxErrors)
	}
	if percent {
		return float64(invalid)*100 > n*float64(rows), nil
	}
	return float64(invalid) > n, nil
}

func (s *submission) client() (*lmpi.Client, error) {
	config := lmpi.Config{Base: s.target.base, Credentials: s.target.credentials, Timeout: s.timeout,
		Concurrency: s.concurrency, UserAgent: "onboard/" + version()}
	if s.caFile != "" {
		pem, err := os.ReadFile(s.caFile)
		if err != nil {
			return nil, fmt.Errorf("--ca-file: %w", err)
		}
		if config.RootCAs, err = x509.SystemCertPool(); err != nil {
			config.RootCAs = x509.NewCertPool()
		}
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("--ca-file %s holds no certificate in PEM form", s.caFile)
		}
	}
	return lmpi.New(config)
}

// openLedger opens the ledger and starts a run in it. A rehearsal in the
// embedded sandbox forgets, unless a ledger is named.
func (s *submission) openLedger(rules *partner.Rules) (*book, *ledger.Run, error) {
	path, temporary := s.ledger, ""
	var err error
	switch {
	case path != "":
	case s.target.scope == "sandbox":
		temporary, err = os.MkdirTemp("", "onboard-sandbox-*")
		path = filepath.Join(temporary, "ledger.db")
	default:
		path, err = defaultLedger()
	}
	if err != nil {
		return nil, nil, err
	}
	l, err := ledger.Open(path)
	if err != nil {
		return nil, nil, err
	}
	b := &book{l, temporary}
	run, err := l.Begin(ledger.Scope{Endpoint: s.target.scope, Account: s.account},
		ledger.RunInfo{File: s.path, Target: s.target.name, KeyFields: keyFields(rules)})
	if err != nil {
		b.Close()
		return nil, nil, err
	}
	return b, run, nil
}

// book is an open ledger; a temporary one goes when it is closed.
type book struct {
	*ledger.Ledger
	temporary string
}

func (b *book) Close() {
	_ = b.Ledger.Close() // every write was durable when it returned
	if b.temporary != "" {
		os.RemoveAll(b.temporary)
	}
}

func keyFields(r *partner.Rules) string {
	var names []string
	for _, f := range r.Key {
		names = append(names, f.String())
	}
	return strings.Join(names, ",")
}

// defaultLedger is the place in the user's state folder, by the XDG base
// directory specification or the system's own custom.
func defaultLedger() (string, error) {
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "onboard", "ledger.db"), nil
	}
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		dir, err := os.UserConfigDir()
		return filepath.Join(dir, "onboard", "ledger.db"), err
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("there is no home folder for the ledger: %w; hint: name a file with --ledger", err)
	}
	return filepath.Join(home, ".local", "state", "onboard", "ledger.db"), nil
}
