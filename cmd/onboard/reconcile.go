package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"onboard/pkg/batch"
	"onboard/pkg/ledger"
	"onboard/pkg/ledger/store"
	"onboard/pkg/partner"
	"onboard/pkg/report"
)

type reconcileFlags struct {
	decisions, all, why string
}

func newReconcile(c *console) *cobra.Command {
	var flags submitFlags
	var own reconcileFlags
	cmd := &cobra.Command{
		Use:   "reconcile FILE",
		Short: "Settle rows in doubt by your decisions",
		Long: `A row is in doubt when its request left and no answer came that can be trusted:
the partner may exist, or not. Only a person can find out, on the platform or
from the vendor's support, who can search for the trace id.

Reconcile shows the rows of FILE in doubt, and which of their names are partners
already. Then it carries out what you wrote into the onboard_decision column of
NAME.in-doubt.csv:

  created   the partner exists. Add columns onboard_token and onboard_link with
            its token and link, if you have them, now or later; a wrong link is
            replaced in the same way, with --decisions
  resend    it does not exist: send it again now
  skip      leave it in doubt; so does an empty cell

Who decided, when and why is recorded in the ledger. All files of FILE are
written anew; a row that you skip goes on saying so.`,
		Annotations: map[string]string{exitText: exitCodes},
		Example: `  onboard reconcile partners.csv --target production
  onboard reconcile partners.csv --target production --all resend --why Ann`,
		Args: oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := flags.useProfile(cmd.Flags()); err != nil {
				return err
			}
			r := reconciliation{reconcileFlags: &own, submission: submission{console: c, submitFlags: &flags,
				path: args[0], started: time.Now(), again: typed(cmd)}}
			return r.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	flags.register(f)
	f.StringVar(&own.decisions, "decisions", "", "`FILE`: file with the decisions (default: NAME.in-doubt.csv beside the outputs)")
	f.StringVar(&own.all, "all", "", "`DECISION`: the decision on rows in doubt that have none: resend")
	f.StringVar(&own.why, "why", "", "`REASON`: why you decided so, for the record")
	return cmd
}

// reconciliation is one call of reconcile.
type reconciliation struct {
	submission
	*reconcileFlags
	doubts []*batch.Result
}

func (r *reconciliation) run(ctx context.Context) error {
	if r.all != "" && r.all != string(batch.DecidedResend) {
		return fmt.Errorf("--all %q is not known; hint: --all resend", r.all)
	}
	if err := r.ledgerThere(); err != nil {
		return err
	}
	release, err := r.prepare()
	defer release()
	if err != nil {
		return err
	}
	before, ready := interruptible(ctx)
	only, err := r.decide(before)
	ready()
	if err == nil && only == nil {
		if err = r.nothing(ctx); err == nil {
			err = exitError{report.ExitOK}
		}
	}
	if err != nil {
		return r.giveUp(err)
	}
	return r.submit(ctx, only)
}

// ledgerThere refuses a ledger that is not there: nothing could be in doubt in it.
func (r *reconciliation) ledgerThere() error {
	path, err := r.ledgerPath()
	switch {
	case err != nil:
		return err
	case path == "":
		return errors.New("the ledger of --target sandbox ends with each command, so nothing is in doubt in it; hint: name the ledger of the submission with --ledger")
	case store.Missing(path):
		return fmt.Errorf("there is no ledger at %s, so nothing is known to be in doubt; hint: name the ledger of the submission with --ledger", path)
	}
	return nil
}

// nothing says where nothing is in doubt, and where something is.
func (r *reconciliation) nothing(ctx context.Context) error {
	counts, err := r.ledger.Counts(ctx)
	if err != nil {
		return err
	}
	r.say("No row of %s is in doubt on %s, account %s, in the ledger %s, so nothing was done.", r.sheet.Name(), r.to.name, r.account, r.ledgerIs)
	var elsewhere []string
	for scope, n := range counts {
		if n[ledger.InDoubt] > 0 {
			elsewhere = append(elsewhere, fmt.Sprintf("%s on %s, account %s", report.Count(n[ledger.InDoubt], "row"), targetName(scope.Endpoint), scope.Account))
		}
	}
	if slices.Sort(elsewhere); len(elsewhere) > 0 {
		r.say("In doubt there, of all sheets: %s.", strings.Join(elsewhere, "; "))
	}
	return nil
}

// decide shows what is in doubt, takes the decisions, and records them. It
// returns the partners that are to be sent again; nil when nothing is to be done.
func (r *reconciliation) decide(ctx context.Context) (map[ledger.Key]bool, error) {
	err := r.makePlan(ctx, func(res *batch.Result) error {
		if res.Doubt != nil {
			kept := *res
			kept.Row.Raw, kept.Row.Text, kept.Fixed = nil, nil, nil // their memory is used again
			r.doubts = append(r.doubts, &kept)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var existing map[partner.Key]bool
	if len(r.doubts) > 0 {
		existing = r.existing(ctx)
		r.show(existing)
	}
	due, err := r.due(ctx, existing)
	if err != nil || len(due) == 0 && len(r.doubts) == 0 {
		return nil, err
	}
	if err := r.keepsDoubts(ctx); err != nil {
		return nil, err
	}
	told, resend := linked(due), resent(due)
	r.showLinked(told)
	if r.dryRun {
		r.say("%s, %d of them to send again; --dry-run, so nothing was done.", report.Count(len(due), "decision"), resend)
		return nil, exitError{report.ExitInDoubt}
	}
	if err := r.agree(ctx, len(told), resend); err != nil {
		return nil, err
	}
	return r.record(due)
}

// existing are the names that are partners already, as far as the server tells.
func (r *reconciliation) existing(ctx context.Context) map[partner.Key]bool {
	names, err := r.existingNames(ctx)
	if err != nil {
		r.say("Which partners exist already could not be asked: %v", err)
	}
	return names
}

// show lists the rows in doubt with their evidence.
func (r *reconciliation) show(existing map[partner.Key]bool) {
	r.say("In doubt on %s: %s", r.to.name, report.Count(len(r.doubts), "row"))
	for _, d := range r.doubts {
		there := "no, or pending"
		if existing == nil {
			there = "not known"
		} else if existing[partner.NameKey(d.Company)] {
			there = "yes"
		}
		showDoubt(r.screen(), openDoubt{Company: d.Company, Line: d.Row.Line, Target: r.to.name, Sent: d.Doubt.ClaimedAt,
			TraceID: d.TraceID, Reason: d.Doubt.Reason}, "a partner now: "+there)
	}
}

// operator names who decides, for the record.
func operator() string {
	name := "somebody"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	host, err := os.Hostname()
	if err != nil {
		return name
	}
	return name + "@" + host
}
