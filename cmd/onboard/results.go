package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"onboard/pkg/batch"
	"onboard/pkg/ledger"
	"onboard/pkg/ledger/postgres"
	"onboard/pkg/ledger/store"
	"onboard/pkg/report"
	"onboard/pkg/sheet"
)

func newResults(c *console) *cobra.Command {
	r := &results{console: c}
	cmd := &cobra.Command{
		Use:   "results [FILE]",
		Short: "Write links from the ledger: those that are new, or of a sheet",
		Long: `Results writes tokens and links that the ledger has, of those partners alone
that were created since a day or by one run. FILE is a sheet, such as the one
that was submitted; read it with the same flags. Its rows that have such a link
are written, also those whose other cells were changed since:

  NAME.results.since-2026-12-01.csv  --since 2026-12-01
  NAME.results.run-4fj3k2ab.csv      --run 4fj3k2ab
  NAME.results.ledger.csv            neither: all rows that have a link

Without FILE it writes all such partners as they were created, in the current
folder, and NAME is onboard. With --out - it writes to standard output.

It changes nothing, uses no network and needs no credentials. Tokens and links
are secrets: the file is readable only by you.`,
		Example: `  onboard results partners.csv --since 2026-12-01
  onboard results --since 2026-12-01 --target production --out mailing`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			r.path, r.again = strings.Join(args, ""), typed(cmd)
			if r.path == "" && r.again.has("sheet") { // as in --sheet partners.csv
				r.path, r.Sheet = r.Sheet, ""
				r.again.drop("sheet")
			}
			if err := r.useProfile(cmd.Flags()); err != nil {
				return err
			}
			return r.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	r.registerReading(f)
	f.Lookup("out").Usage = "`FOLDER`: folder for the file, - for standard output (default: beside FILE)"
	f.Lookup("sheet").Usage = "`SHEET`: sheet of a workbook, by name or number; without FILE it names FILE"
	f.Lookup("key").Usage = "`FIELDS`: what makes two rows the same partner (default: as the ledger has it)"
	f.Lookup("key").DefValue = ""
	f.StringVar(&r.since, "since", "", "`DAY`: links that came on this day or later, as 2026-12-01 in the time zone of this computer, or at a time, as 2026-12-01T09:00:00Z")
	f.StringVar(&r.runID, "run", "", "`ID`: links of one run; 'onboard status' lists them")
	f.StringVar(&r.target, "target", "", "`NAME`: where the partners were created, if the ledger has several targets")
	f.StringVar(&r.account, "account", "", "`ACCOUNT`: as which account, if the ledger has several of the target")
	f.StringVar(&r.ledgerAt, "ledger", "", "`FILE`: the ledger, or postgres://USER@HOST/DATABASE (default: ledger.db in your state folder)")
	return cmd
}

// results is one call of results.
type results struct {
	*console
	sheetFlags
	path                      string // of the sheet; "" for none
	since, runID              string
	target, account, ledgerAt string
	again                     invocation

	links     batch.Links
	suffix    string // of the file's name, before .csv
	selection string // which links are wanted, in words
	suspected int    // partners of this account whose token or link came for another one, too
}

func (r *results) run(ctx context.Context) error {
	if err := r.check(); err != nil {
		return err
	}
	l, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer l.Close()
	if r.path != "" {
		if err := r.openSheet(); err != nil {
			return err
		}
		defer r.links.Sheet.Close()
	}
	ctx, release := interruptible(ctx)
	defer release()
	counts, path, err := r.write(ctx)
	if err != nil {
		return err
	}
	if !r.quiet {
		r.printSummary(counts, path)
	}
	if r.suspected > 0 {
		r.say("Warning  the token or link of %s came for another partner, too, and may be that one's; hint: 'onboard status' lists them: leave them out of a mailing until it is known whose they are", report.Count(r.suspected, "partner"))
	}
	return nil
}

// check reads what is wanted.
func (r *results) check() (err error) {
	switch {
	case r.since != "" && r.runID != "":
		return errors.New("--since and --run are two answers to one question; hint: give one of them")
	case r.since != "":
		r.links.Want.Since, err = parseSince(r.since, time.Local)
		r.suffix = "since-" + strings.ReplaceAll(r.since, ":", "-")
		r.selection = "since " + r.links.Want.Since.Format("2006-01-02 15:04:05 -07:00")
	case r.runID == "" && r.path == "":
		return errors.New("which links? hint: onboard results --since 2026-12-01, or --run with one that 'onboard status' shows, or onboard results partners.csv for those of a sheet")
	case r.runID == "":
		r.suffix = "ledger"
	}
	return err
}

// parseSince reads a day, which begins at midnight in the given time zone, or a time.
func parseSince(text string, zone *time.Location) (time.Time, error) {
	if day, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return day, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	return time.Time{}, fmt.Errorf("--since %q is no day and no time; hint: --since 2026-12-01, or --since 2026-12-01T09:00:00Z", text)
}

// open opens the ledger, and what it knows of the target and account.
func (r *results) open(ctx context.Context) (l ledger.Ledger, err error) {
	if r.ledgerAt, err = ledgerPlace(r.ledgerAt); err != nil {
		return nil, err
	}
	if store.Missing(r.ledgerAt) {
		return nil, fmt.Errorf("there is no ledger at %s, so no link is known; hint: name the ledger of the submission with --ledger", r.ledgerAt)
	}
	if l, err = openLedger(r.console, r.ledgerAt); err != nil {
		return nil, err
	}
	if err = r.findRun(ctx, l); err == nil {
		var scope ledger.Scope
		if scope, err = r.scope(ctx, l); err == nil {
			err = errors.Join(r.view(ctx, l, scope), r.suspect(ctx, l, scope))
		}
	}
	if err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// findRun finds the run that --run names by its ID or the beginning of it.
func (r *results) findRun(ctx context.Context, l ledger.Ledger) error {
	if r.runID == "" {
		return nil
	}
	runs, err := l.Runs(ctx, mostRuns)
	if err != nil {
		return err
	}
	var found []ledger.RunSummary
	for _, run := range runs {
		if strings.HasPrefix(run.ID, r.runID) {
			found = append(found, run)
		}
	}
	switch {
	case len(found) == 0:
		return fmt.Errorf("the ledger knows no run %s; hint: 'onboard status' lists them", r.runID)
	case len(found) > 1:
		return fmt.Errorf("%d runs begin with %s; hint: 'onboard status --json' has all of each ID", len(found), r.runID)
	}
	run := &found[0]
	r.links.Want.Run, r.suffix = run.ID, "run-"+shortRun(run.ID)
	r.selection = fmt.Sprintf("by run %s of %s UTC", shortRun(run.ID), run.StartedAt.UTC().Format("2006-01-02 15:04"))
	if r.target == "" && r.account == "" {
		r.target, r.account = targetName(run.Scope.Endpoint), run.Scope.Account
	}
	return nil
}

// scope is the only target and account with links, or the one that flags name: the
// links of two must not get into one file.
func (r *results) scope(ctx context.Context, l ledger.Ledger) (ledger.Scope, error) {
	endpoint := r.target
	if r.target != "" && r.target != "sandbox" {
		base, err := addressOf(r.target)
		if err != nil {
			return ledger.Scope{}, err
		}
		endpoint = base.String()
	}
	counts, err := l.Counts(ctx)
	if err != nil {
		return ledger.Scope{}, err
	}
	var all, fit []ledger.Scope
	for s, n := range counts {
		if n[ledger.Created] == 0 {
			continue
		}
		all = append(all, s)
		if (endpoint == "" || s.Endpoint == endpoint) && (r.account == "" || s.Account == r.account) {
			fit = append(fit, s)
		}
	}
	if len(fit) == 1 {
		return fit[0], nil
	}
	return ledger.Scope{}, r.scopeError(all, fit)
}

// scopeError says why no single target and account was found.
func (r *results) scopeError(all, fit []ledger.Scope) error {
	place := store.Shown(r.ledgerAt)
	switch {
	case len(all) == 0:
		return fmt.Errorf("the ledger %s knows no partner that was created; hint: name the ledger of the submission with --ledger", place)
	case len(fit) == 0:
		return fmt.Errorf("the ledger %s knows no partner that was created there; hint: it knows %s", place, scopeFlags(all))
	}
	return fmt.Errorf("the ledger %s has links of several targets or accounts; hint: %s", place, scopeFlags(fit))
}

// scopeFlags are the flags for each target and account.
func scopeFlags(scopes []ledger.Scope) string {
	var texts []string
	for _, s := range scopes {
		texts = append(texts, "--target "+quote(targetName(s.Endpoint))+" --account "+s.Account)
	}
	slices.Sort(texts)
	return strings.Join(texts, ", or ")
}

// view reads with the ledger's own keys: with others no partner would be found.
func (r *results) view(ctx context.Context, l ledger.Ledger, scope ledger.Scope) error {
	view, keys, err := l.View(ctx, scope)
	if err != nil {
		return err
	}
	if r.Place("key", r.Key) == "" && !r.again.has("key") && keys != "" {
		r.Key = keys
	}
	if r.links.Rules, err = r.newRules(); err != nil {
		return err
	}
	if own := keyFields(r.links.Rules); own != keys && keys != "" {
		return ledger.OtherKeys(store.Shown(r.ledgerAt), scope, keys, own)
	}
	r.links.View = view
	return nil
}

// suspect counts the partners whose link is under suspicion.
func (r *results) suspect(ctx context.Context, l ledger.Ledger, scope ledger.Scope) error {
	conflicts, err := l.Conflicts(ctx, mostDoubts)
	holders := map[ledger.Key]bool{}
	for _, c := range conflicts {
		if c.Holder.Scope == scope {
			holders[c.Holder.Key] = true
		}
	}
	r.suspected = len(holders)
	return err
}

func (r *results) openSheet() (err error) {
	r.links.Sheet, err = r.sheetFlags.open(r.console, r.path, r.links.Rules, r.again)
	return err
}

// write writes the file, or standard output by way of a temporary one: all or nothing
// there, too. path is "" then.
func (r *results) write(ctx context.Context) (counts *batch.LinkCounts, path string, err error) {
	if r.sheetFlags.out != "-" {
		if path, err = r.place(); err == nil {
			err = r.keepsOlder(ctx, path)
		}
		if err != nil {
			return nil, "", err
		}
		counts, err = r.links.Write(ctx, path, true)
		return counts, path, err
	}
	dir, err := os.MkdirTemp("", "onboard-results-*")
	if err != nil {
		return nil, "", err
	}
	defer os.RemoveAll(dir)
	temporary := filepath.Join(dir, "results.csv")
	if counts, err = r.links.Write(ctx, temporary, false); err != nil {
		return nil, "", err
	}
	f, err := sheet.OpenFile(temporary)
	if err != nil {
		return nil, "", err
	}
	defer f.Close()
	_, err = io.Copy(r.console.out, f)
	return counts, "", err
}

// place is where the file goes. Its name is none of the other outputs'.
func (r *results) place() (string, error) {
	base, beside := "onboard", "-"
	if r.links.Sheet != nil {
		base, beside = r.links.Sheet.Base, r.path
	}
	dir, err := r.folder(beside)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, base+".results."+r.suffix+".csv")
	if err := distinct([]place{{"the sheet", r.path}, {"the ledger", r.ledgerAt}, {"the profile to read", r.useFile}, {"the results file", path}}); err != nil {
		return "", err
	}
	return path, r.makeFolder()
}

// keepsOlder refuses to replace links that this ledger does not know: they may be
// nowhere else.
func (r *results) keepsOlder(ctx context.Context, path string) error {
	old, err := openResults(path)
	if err != nil || old == nil {
		return err
	}
	defer old.Close()
	unknown, _, err := batch.NewCarried().Links(ctx, old, r.links.View, rehearsed)
	var file *sheet.FileError
	switch {
	case errors.As(err, &file):
		return unreadable(path, "a results", err)
	case err == nil && unknown > 0:
		return fmt.Errorf("%s holds %s that this ledger does not know for this target and account, and they would be replaced; hint: move that file away, or write elsewhere with --out",
			path, report.Count(unknown, "link"))
	}
	return err
}

// printSummary says what was written.
func (r *results) printSummary(n *batch.LinkCounts, path string) {
	found := report.Count(n.Links, "link")
	if n.Links == 0 {
		found = "no link"
	}
	if r.selection != "" {
		found += " " + r.selection
	}
	if r.links.Sheet != nil {
		found = report.Count(n.Rows, "row") + ": " + found + r.otherRows(n)
	}
	r.say("%s", found)
	if len(n.Changed) > 0 {
		r.say("Changed  %s, since the partner was created: the platform has what was sent then", lineList(n.Changed))
	}
	if n.Invalid > 0 {
		r.say("Invalid  %s says what is wrong with these rows", r.again.line("validate", r.path, "out"))
	}
	if path != "" {
		r.say("Links    %s", quote(path))
	}
	if r.links.Sheet != nil && n.NotCreated > 0 && n.NotCreated+n.Invalid+n.Repeated == n.Rows {
		r.say("hint: none of these rows was created with this target, account and ledger; use the --target, the --ledger and the flags of the submission")
	}
}

// otherRows says what became of the rows without a link in the file.
func (r *results) otherRows(n *batch.LinkCounts) string {
	text, others := "", "with an older link"
	if r.runID != "" {
		others = "with the link of another run"
	}
	for _, other := range []struct {
		n    int
		what string
	}{{n.Others, others}, {n.Linkless, "created without a known link"}, {n.InDoubt, "in doubt"}, {n.NotCreated, "not created"}, {n.Invalid, "invalid"}, {n.Repeated, "duplicate"}} {
		if other.n > 0 {
			text += fmt.Sprintf(", %d %s", other.n, other.what)
		}
	}
	return text
}

// shortRun is as much of a run's ID as tells it from all others.
func shortRun(id string) string { return id[:min(len(id), 8)] }

// runIDs completes --run from the ledger that was named so far, if it is a file that is there.
func runIDs(cmd *cobra.Command, _ []string, _ string) (ids []cobra.Completion, _ cobra.ShellCompDirective) {
	const none = cobra.ShellCompDirectiveNoFileComp
	path, err := ledgerPlace(cmd.Flag("ledger").Value.String())
	if err != nil || postgres.IsPlace(path) || store.Missing(path) {
		return nil, none
	}
	l, err := openLedger(&console{out: io.Discard, err: io.Discard}, path)
	if err != nil {
		return nil, none
	}
	defer l.Close()
	runs, _ := l.Runs(cmd.Context(), statusLimit)
	for _, r := range runs {
		ids = append(ids, cobra.CompletionWithDesc(shortRun(r.ID), r.StartedAt.UTC().Format("2006-01-02 15:04Z")+" "+filepath.Base(r.File)))
	}
	return ids, none
}
