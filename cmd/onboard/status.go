package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"onboard/pkg/ledger"
	"onboard/pkg/ledger/store"
	"onboard/pkg/partner"
	"onboard/pkg/terminal"
)

func newStatus(c *console) *cobra.Command {
	var path, backup string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status [FILE]",
		Short: "Show what the ledger holds: runs, counts and rows in doubt",
		Long: `Status shows the ledger: how many partners are in which state, by target and
account; the latest runs; the rows in doubt; and the partners for which one and
the same token or link came. With FILE it shows the runs of that sheet only. It
changes nothing and uses no network.

With --backup it writes a whole copy of the ledger to a new file, also while
runs go on. A plain copy of the file may miss what was written last.`,
		Example: "  onboard status\n  onboard status partners.csv --ledger team.db\n  onboard status --json | jq .accounts\n  onboard status --backup ledger-2026-11.db",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			file := ""
			if len(args) == 1 {
				file = filepath.Base(args[0])
			}
			return status(cmd.Context(), c, path, file, backup, asJSON)
		},
	}
	cmd.Flags().StringVar(&path, "ledger", "", "`FILE`: the ledger, or postgres://USER@HOST/DATABASE (default: ledger.db in your state folder)")
	cmd.Flags().StringVar(&backup, "backup", "", "`FILE`: write a copy of the ledger to this new file")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write it as JSON, all runs and rows in doubt included")
	return cmd
}

func status(ctx context.Context, c *console, path, file, backup string, asJSON bool) error {
	path, err := ledgerPlace(path)
	if err != nil {
		return err
	}
	if store.Missing(path) {
		if asJSON {
			return (&holdings{path, []account{}, []pastRun{}, []openDoubt{}, []conflict{}}).tell(c, true)
		}
		fmt.Fprintln(screenOf(c.out), terminal.Sprintf("There is no ledger at %s yet: nothing was submitted.", path))
		return nil
	}
	l, err := openLedger(c, path)
	if err != nil {
		return err
	}
	defer l.Close()
	if backup != "" {
		if _, err := os.Stat(filepath.Dir(backup)); errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("--backup %s: there is no such folder; hint: check the spelling, or create the folder first", backup)
		}
		if err := l.Backup(ctx, backup); err != nil {
			return err
		}
		c.say("The ledger was copied to %s.", backup)
		return nil
	}
	h, err := readHoldings(ctx, l, store.Shown(path), file)
	if err != nil {
		return err
	}
	if file != "" && len(h.Runs) == 0 && !asJSON {
		c.say("No run of %s is in this ledger; 'onboard status' shows all.", file)
	}
	return h.tell(c, asJSON)
}

// holdings are what a ledger holds, for people and scripts. Neither tokens nor
// links are in it. Its keys are described in docs/using.md.
type holdings struct {
	Ledger    string      `json:"ledger"`
	Accounts  []account   `json:"accounts"`
	Runs      []pastRun   `json:"runs"` // the latest first
	InDoubt   []openDoubt `json:"in_doubt"`
	Conflicts []conflict  `json:"conflicts"`
}

// conflict is a partner for which the token or link of another one came.
type conflict struct {
	Partner openDoubt `json:"partner"`
	Holder  openDoubt `json:"holder"`
}

// account counts partners by state, in one target as one account.
type account struct {
	Target   string `json:"target"`
	Account  string `json:"account"`
	Created  int    `json:"created"`
	Rejected int    `json:"rejected"`
	InDoubt  int    `json:"in_doubt"`
	Sending  int    `json:"being_sent"`
	NotSent  int    `json:"not_sent"`
}

// pastRun is a run. ExitCode is missing unless it ended by itself.
type pastRun struct {
	ID       string         `json:"id"`
	Command  string         `json:"command"` // "" of older runs, but for track
	Sheet    string         `json:"sheet"`
	Target   string         `json:"target"`
	Account  string         `json:"account"`
	User     string         `json:"user"`
	Host     string         `json:"host"`
	Started  time.Time      `json:"started_at"`
	Ended    *time.Time     `json:"ended_at,omitempty"`
	Running  bool           `json:"running"`
	ExitCode *int           `json:"exit_code,omitempty"`
	Counts   map[string]int `json:"counts"` // rows by status
}

// openDoubt is a partner that may have been created.
type openDoubt struct {
	Company string    `json:"company"`
	Line    int       `json:"line"` // of the sheet that was handed in then
	Target  string    `json:"target"`
	Account string    `json:"account"`
	Sent    time.Time `json:"sent_at"`
	TraceID string    `json:"trace_id"`
	Reason  string    `json:"reason"`
}

// mostRuns and mostDoubts bound what a script is told.
const mostRuns, mostDoubts = 1000, 100_000

func readHoldings(ctx context.Context, l ledger.Ledger, path, file string) (*holdings, error) {
	h := &holdings{Ledger: path, Accounts: []account{}, Runs: []pastRun{}, InDoubt: []openDoubt{}, Conflicts: []conflict{}}
	counts, err := l.Counts(ctx)
	if err != nil {
		return nil, err
	}
	for s, n := range counts {
		h.Accounts = append(h.Accounts, account{targetName(s.Endpoint), s.Account, n[ledger.Created], n[ledger.Rejected],
			n[ledger.InDoubt], n[ledger.Sending], n[ledger.Released]})
	}
	slices.SortFunc(h.Accounts, func(a, b account) int { return cmp.Compare(a.Target+a.Account, b.Target+b.Account) })
	runs, err := l.Runs(ctx, mostRuns)
	if err != nil {
		return nil, err
	}
	for _, r := range runs {
		if file == "" || filepath.Base(r.File) == file {
			h.Runs = append(h.Runs, pastRunOf(&r))
		}
	}
	doubts, err := l.InDoubt(ctx, mostDoubts)
	if err != nil {
		return nil, err
	}
	for _, d := range doubts {
		h.InDoubt = append(h.InDoubt, openDoubtOf(d))
	}
	conflicts, err := l.Conflicts(ctx, mostDoubts)
	for _, c := range conflicts {
		h.Conflicts = append(h.Conflicts, conflict{openDoubtOf(c.Partner), openDoubtOf(c.Holder)})
	}
	return h, err
}

func openDoubtOf(d ledger.Doubt) openDoubt {
	return openDoubt{companyOf(d.Body), d.Line, targetName(d.Scope.Endpoint), d.Scope.Account, d.ClaimedAt.UTC(), d.TraceID, d.Reason}
}

func pastRunOf(r *ledger.RunSummary) pastRun {
	p := pastRun{ID: r.ID, Command: commandOf(r), Sheet: r.File, Target: r.Target, Account: r.Scope.Account, User: r.User, Host: r.Host,
		Started: r.StartedAt.UTC(), Running: r.Alive, Counts: r.Counts}
	if !r.Alive && !r.EndedAt.IsZero() && r.ExitCode != ledger.Died {
		ended := r.EndedAt.UTC()
		p.Ended, p.ExitCode = &ended, &r.ExitCode
	}
	return p
}

// commandOf is a run's command. An older program did not note it, but only track counts
// other things than rows with links.
func commandOf(r *ledger.RunSummary) string {
	if _, submitted := r.Counts[string(partner.Created)]; r.Command == "" && len(r.Counts) > 0 && !submitted {
		return "track"
	}
	return r.Command
}

// companyOf is the name in a request body.
func companyOf(body []byte) string {
	var b struct{ Company struct{ Name string } }
	if json.Unmarshal(body, &b) != nil {
		return "?"
	}
	return b.Company.Name
}
