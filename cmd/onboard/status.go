package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"onboard/pkg/ledger"
)

// statusLimit is how many runs and rows in doubt the status shows.
const statusLimit = 20

func newStatus(c *console) *cobra.Command {
	var path, backup string
	cmd := &cobra.Command{
		Use:   "status [FILE]",
		Short: "Show what the ledger holds: runs, counts and rows in doubt",
		Long: `Status shows the ledger: how many partners are in which state, by target and
account; the latest runs; and the rows in doubt. With FILE it shows the runs of
that sheet only. It changes nothing and uses no network.

With --backup it writes a whole copy of the ledger to a new file, also while
runs go on. A plain copy of the file may miss what was written last.`,
		Example: "  onboard status\n  onboard status partners.csv --ledger team.db\n  onboard status --backup ledger-2026-11.db",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			file := ""
			if len(args) == 1 {
				file = filepath.Base(args[0])
			}
			return status(cmd.Context(), c, path, file, backup)
		},
	}
	cmd.Flags().StringVar(&path, "ledger", "", "`FILE` of the ledger (default: ledger.db in your state folder)")
	cmd.Flags().StringVar(&backup, "backup", "", "write a copy of the ledger to a new `FILE`")
	return cmd
}

func status(ctx context.Context, c *console, path, file, backup string) error {
	if path == "" {
		var err error
		if path, err = defaultLedger(); err != nil {
			return err
		}
	}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		fmt.Fprintf(c.out, "There is no ledger at %s yet: nothing was submitted.\n", path)
		return nil
	}
	l, err := openBook(path)
	if err != nil {
		return err
	}
	defer l.Close()
	if backup != "" {
		if err := l.Backup(ctx, backup); err != nil {
			return err
		}
		c.say("The ledger was copied to %s.", backup)
		return nil
	}
	t := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	defer t.Flush()
	fmt.Fprintf(t, "Ledger\t%s\n", path)
	if err := showCounts(ctx, t, l); err != nil {
		return err
	}
	if err := showRuns(ctx, t, l, file); err != nil {
		return err
	}
	return showDoubts(ctx, t, l)
}

func showCounts(ctx context.Context, t *tabwriter.Writer, l ledger.Ledger) error {
	counts, err := l.Counts(ctx)
	if err != nil {
		return err
	}
	var scopes []ledger.Scope
	for s := range counts {
		scopes = append(scopes, s)
	}
	sort.Slice(scopes, func(i, j int) bool {
		return scopes[i].Endpoint+scopes[i].Account < scopes[j].Endpoint+scopes[j].Account
	})
	fmt.Fprintln(t, "\nTARGET\tACCOUNT\tCREATED\tREJECTED\tIN DOUBT\tBEING SENT\tNOT SENT")
	for _, s := range scopes {
		n := counts[s]
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%d\t%d\t%d\n", s.Endpoint, s.Account,
			n[ledger.Created], n[ledger.Rejected], n[ledger.InDoubt], n[ledger.Sending], n[ledger.Released])
	}
	return nil
}

func showRuns(ctx context.Context, t *tabwriter.Writer, l ledger.Ledger, file string) error {
	runs, err := l.Runs(ctx, 1000)
	if err != nil {
		return err
	}
	fmt.Fprintln(t, "\nRUN\tSTARTED\tSHEET\tTARGET\tBY\tENDED")
	shown := 0
	for _, r := range runs {
		if file != "" && filepath.Base(r.File) != file || shown == statusLimit {
			continue
		}
		shown++
		ended := "did not end by itself"
		if r.Alive {
			ended = "running"
		} else if !r.EndedAt.IsZero() && r.ExitCode != ledger.Died {
			ended = fmt.Sprintf("exit code %d", r.ExitCode)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s@%s\t%s\n", r.ID, r.StartedAt.Local().Format("2006-01-02 15:04"), r.File, r.Target, r.User, r.Host, ended)
	}
	return nil
}

func showDoubts(ctx context.Context, t *tabwriter.Writer, l ledger.Ledger) error {
	doubts, err := l.InDoubt(ctx, statusLimit)
	if err != nil || len(doubts) == 0 {
		return err
	}
	fmt.Fprintln(t, "\nIN DOUBT\tLINE\tSENT\tTRACE ID\tTARGET\tWHY")
	for _, d := range doubts {
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\t%s\n", companyOf(d.Body), d.Line, d.ClaimedAt.Local().Format("2006-01-02 15:04:05"), d.TraceID, d.Scope.Endpoint, d.Reason)
	}
	return nil
}

// companyOf is the name in a request body.
func companyOf(body []byte) string {
	var b struct{ Company struct{ Name string } }
	if json.Unmarshal(body, &b) != nil {
		return "?"
	}
	return b.Company.Name
}
