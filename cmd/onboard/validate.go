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
and handed in as it is.`,
		Annotations: map[string]string{exitText: validateExits},
		Example: `  onboard validate partners.csv
  onboard validate export.csv --default data_center=EU --map 'Name=company_name'`,
		Args: oneFile,
		RunE: func(cmd *cobra.Command, args []string) error { return validate(cmd, c, &flags, args[0]) },
	}
	flags.register(cmd.Flags())
	flags.registerReport(cmd.Flags())
	flags.registerJSON(cmd.Flags())
	return cmd
}

func validate(cmd *cobra.Command, c *console, flags *sheetFlags, path string) error {
	e := &ending{console: c, flags: flags, started: time.Now(), again: typed(cmd)}
	if err := flags.useProfile(cmd.Flags()); err != nil {
		return err
	}
	rules, err := flags.newRules()
	if err != nil {
		return err
	}
	if e.dir, err = flags.folder(path); err != nil {
		return err
	}
	if e.sheet, err = flags.open(c, path, rules, e.again); err != nil {
		return err
	}
	defer e.sheet.Close()
	if err := distinct(flags.outputs(path, e.dir, e.sheet.Base)); err != nil {
		return err
	}
	if err := flags.keepProfile(c, rules); err != nil {
		return err
	}
	e.again.saved = flags.saveFile
	if err := e.open(); err != nil {
		return err
	}
	defer collect(garbageOfChecks)()
	ctx, release := interruptible(cmd.Context())
	defer release()
	if e.plan, err = batch.MakePlan(ctx, e.sheet, rules, nil, nil, e.emit); err != nil {
		e.discard()
		return err
	}
	if err := e.keepsOthers(); err != nil {
		e.discard()
		return err
	}
	e.out.Counts = e.plan.Counts // a dry run goes no further, and of rows that are valid as they are it writes nothing
	info := report.PlanInfo{Plan: e.plan}
	if !flags.quiet {
		c.screen().Plan(info)
	}
	if err := flags.tellPlan(c, info); err != nil {
		e.discard()
		return err
	}
	return e.finish()
}
