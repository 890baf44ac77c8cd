package main

import (
	"context"
	"errors"
	"fmt"

	"onboard/pkg/partner"
	"onboard/pkg/report"
)

// consent shows the plan and gets a yes. An error means that nothing is sent.
func (s *submission) consent(ctx context.Context) error {
	plan := s.plan
	info := report.PlanInfo{Plan: plan, Target: s.to.name, Account: s.account, Ledger: s.ledgerIs, NewLedger: plan.NewLedger, NoLedger: s.ledgerMissing,
		Rate: s.perSecond, Limit: s.Limit}
	if !s.quiet || s.dryRun && !s.json {
		s.screen().Plan(info)
	}
	if err := s.tellPlan(s.console, info); err != nil {
		return err
	}
	bad := plan.Counts[partner.Invalid]
	if s.TooMany(bad, plan.Rows) {
		return fmt.Errorf("%d of %d rows are invalid, more than --max-errors %s allows; hint: 'onboard validate %s' writes them to a file to correct", bad, plan.Rows, s.MaxErrors, quote(s.path))
	}
	if s.dryRun {
		return exitError{report.ExitOf(nil, plan.Counts).Code}
	}
	n := info.ToSend()
	if n == 0 || s.yes {
		return nil
	}
	if s.path == "-" || !s.interactive() {
		return errors.New("nobody can be asked here; hint: look at the plan with --dry-run, then add --yes")
	}
	word := "yes"
	if s.to.name == "production" {
		word = "production"
	}
	partners := fmt.Sprintf("%d partners", n)
	if n == 1 {
		partners = "1 partner"
	}
	answer, err := s.ask(ctx, fmt.Sprintf("Create %s on %s? Type %s to go on: ", partners, s.to.name, word))
	if err == nil && answer != word {
		err = errors.New("not confirmed, so nothing was sent")
	}
	return err
}
