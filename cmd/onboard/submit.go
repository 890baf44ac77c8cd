package main

import (
	"onboard/pkg/config"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

type submitFlags struct {
	sheetFlags
	config.Submission
	target, credentials, ledgerFlag string
	caFile                          string
	dryRun, yes, noProgress         bool
	logFile, logLevel               string
	checkExisting                   bool
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
file given with --credentials.`,
		Annotations: map[string]string{exitText: exitCodes},
		Example: `  onboard submit partners.csv --target sandbox
  onboard submit partners.csv --target staging --rate-limit 5/s --limit 5`,
		Args: oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := flags.useProfile(cmd.Flags()); err != nil {
				return err
			}
			s := submission{console: c, submitFlags: &flags, path: args[0], started: time.Now(), again: typed(cmd)}
			return s.run(cmd.Context())
		},
	}
	flags.register(cmd.Flags())
	flags.registerJSON(cmd.Flags())
	return cmd
}

// register adds the flags of everything that creates.
func (s *submitFlags) register(f *pflag.FlagSet) {
	s.registerCalls(f)
	s.registerReport(f)
	f.IntVar(&s.Limit, "limit", 0, "`N`: send only the first N rows that would be sent (0: all)")
	f.StringVar(&s.MaxErrors, "max-errors", "", "`N`: refuse to submit when more than N or N% of the rows are invalid")
	f.BoolVar(&s.dryRun, "dry-run", false, "show the plan and stop")
	f.BoolVarP(&s.yes, "yes", "y", false, "do not ask")
	f.BoolVar(&s.checkExisting, "check-existing", false, "ask first which partners exist already, and leave rows with their names out")
}

// registerCalls adds the flags of everything that calls the API.
func (s *submitFlags) registerCalls(f *pflag.FlagSet) {
	s.sheetFlags.register(f)
	f.StringVar(&s.target, "target", "", "`NAME`: where partners are created: sandbox, staging, production or a web address (no default)")
	f.StringVar(&s.credentials, "credentials", "", "`FILE`: file with the credentials, readable only by you")
	f.StringVar(&s.caFile, "ca-file", "", "`FILE`: file with further certificate authorities to trust (PEM)")
	f.StringVar(&s.ledgerFlag, "ledger", "", "`FILE`: the ledger, or postgres://USER@HOST/DATABASE (default: ledger.db in your state folder; for the sandbox a throw-away one)")
	f.StringVar(&s.Rate, "rate-limit", "5/s", "`RATE`: requests at most, per second, minute or hour: 5/s, 90/m, 1000/h")
	f.IntVar(&s.Concurrency, "concurrency", 8, "`N`: requests in flight at most")
	f.DurationVar(&s.Timeout, "timeout", 70*time.Second, "`TIME`: how long one request may take")
	f.IntVar(&s.Attempts, "max-attempts", 5, "`N`: attempts for a row that the server did not process")
	f.BoolVar(&s.noProgress, "no-progress", false, "show no progress")
	f.StringVar(&s.logFile, "log-file", "", "`FILE`: append a log to this file: one JSON line for each attempt")
	f.StringVar(&s.logLevel, "log-level", "info", "`LEVEL`: how much to log: debug, info, warn, error")
}

// check refuses flags that make no sense, before anything is read.
func (s *submitFlags) check() error {
	if err := asFlag(s.Validate()); err != nil {
		return err
	}
	_, err := s.ledgerPath() // first of all, as a hint about the sheet would repeat a password in it
	return err
}
