package main

import (
	"time"

	"github.com/spf13/cobra"

	"onboard/pkg/batch"
	"onboard/pkg/report"
)

func newValidate(c *console) *cobra.Command {
	var flags sheetFlags
	cmd := &cobra.Command{
		Use:   "validate FILE",
		Short: "Check every row of a sheet; nothing is sent",
		Long: `Validate is the dry run: it reads, maps and checks every row and writes

  NAME.errors.csv    the rows that are not valid, each with all its problems
  NAME.problems.csv  one line for each problem
  NAME.summary.json  the run in numbers

It uses no network and needs no credentials. The errors file can be corrected
and handed in as it is.

` + exitCodes,
		Example: `  onboard validate partners.csv
  onboard validate export.csv --default data_center=EU --map 'Account Name=company_name'`,
		Args: oneFile,
		RunE: func(cmd *cobra.Command, args []string) error { return validate(cmd, c, &flags, args[0]) },
	}
	flags.register(cmd.Flags())
	return cmd
}

func validate(cmd *cobra.Command, c *console, flags *sheetFlags, path string) error {
	started := time.Now()
	rules, err := flags.newRules()
	if err != nil {
		return err
	}
	dir, err := flags.folder(path)
	if err != nil {
		return err
	}
	s, err := flags.open(c, path, rules)
	if err != nil {
		return err
	}
	defer s.Close()
	out, err := batch.CreateOutputs(s, dir, true)
	if err != nil {
		return err
	}
	plan, err := batch.MakePlan(cmd.Context(), s, rules, nil, nil, out.Add)
	if err != nil {
		out.Discard()
		return err
	}
	if !flags.quiet {
		report.WritePlan(c.err, report.PlanInfo{Plan: plan})
	}
	e := ending{console: c, flags: flags, dir: dir, plan: plan, out: out, started: started, command: "validate"}
	return e.finish()
}
