package main

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"onboard/pkg/partner"
	"onboard/pkg/report"
	"onboard/pkg/terminal"
)

// statusLimit is how many runs and rows in doubt people are shown.
const statusLimit = 20

// tell writes what a ledger holds to standard output.
func (h *holdings) tell(c *console, asJSON bool) error {
	if asJSON {
		return writeJSON(c, h)
	}
	s := screenOf(c.out)
	fmt.Fprintln(s, terminal.Sprintf("Ledger  %s\n", h.Ledger))
	table(s, h.accountRows(), 0)
	fmt.Fprintln(s)
	h.showRuns(s)
	h.showDoubts(s)
	h.showConflicts(s)
	return nil
}

// accountRows leaves out the states that no partner is in.
func (h *holdings) accountRows() [][]string {
	rows := [][]string{{"TARGET", "ACCOUNT"}}
	for _, a := range h.Accounts {
		rows = append(rows, []string{a.Target, a.Account})
	}
	for _, state := range []struct {
		name  string
		count func(*account) int
	}{
		{"CREATED", func(a *account) int { return a.Created }}, {"REJECTED", func(a *account) int { return a.Rejected }},
		{"IN DOUBT", func(a *account) int { return a.InDoubt }}, {"BEING SENT", func(a *account) int { return a.Sending }},
		{"NOT SENT", func(a *account) int { return a.NotSent }},
	} {
		total := 0
		for i := range h.Accounts {
			total += state.count(&h.Accounts[i])
		}
		if total == 0 && state.name != "CREATED" {
			continue
		}
		rows[0] = append(rows[0], state.name)
		for i := range h.Accounts {
			rows[i+1] = append(rows[i+1], strconv.Itoa(state.count(&h.Accounts[i])))
		}
	}
	return rows
}

// byWidth is how wide a terminal must be for the column BY, which would be cut to
// nothing before the others are.
const byWidth = 100

func (h *holdings) showRuns(s report.Screen) {
	rows := h.runRows()
	if s.Width > 0 && s.Width < byWidth {
		for i := range rows {
			rows[i] = rows[i][:len(rows[i])-1]
		}
	}
	table(s, rows, 0, 1, 3, 4, 5)
}

func (h *holdings) runRows() [][]string {
	rows := [][]string{{"RUN", "STARTED", "SHEET", "TARGET", "ENDED", "LINKS", "BY"}}
	for i, r := range h.Runs {
		if i == statusLimit {
			break
		}
		ended := "was cut off"
		if r.Running {
			ended = "running"
		} else if r.ExitCode != nil {
			ended = fmt.Sprintf("exit code %d", *r.ExitCode)
		}
		rows = append(rows, []string{shortRun(r.ID), r.Started.UTC().Format("2006-01-02 15:04Z"), r.Sheet, r.Target, ended, links(&r), r.User + "@" + r.Host})
	}
	return rows
}

// links is how many of a run's rows have their link at its end: "7 of 20". A command
// that counts something else is named instead.
func links(r *pastRun) string {
	if _, counted := r.Counts[string(partner.Created)]; !counted {
		return cmp.Or(strings.TrimPrefix(r.Command, "submit"), "-")
	}
	rows := 0
	for _, n := range r.Counts {
		rows += n
	}
	if rows == 0 {
		return "-"
	}
	return fmt.Sprintf("%d of %d", r.Counts[string(partner.Created)]+r.Counts[string(partner.AlreadyCreated)], rows)
}

// showDoubts says what support needs to know of each row.
func (h *holdings) showDoubts(s report.Screen) {
	if len(h.InDoubt) == 0 {
		return
	}
	fmt.Fprintf(s, "\nIN DOUBT: %s; 'onboard reconcile SHEET' settles them\n", report.Count(len(h.InDoubt), "row"))
	for i, d := range h.InDoubt {
		if i == statusLimit {
			fmt.Fprintf(s, "  and %d more: --json has them all\n", len(h.InDoubt)-i)
			break
		}
		showDoubt(s, d)
	}
}

// showConflicts names the partners whose links are under suspicion.
func (h *holdings) showConflicts(s report.Screen) {
	if len(h.Conflicts) == 0 {
		return
	}
	fmt.Fprintf(s, "\nUNDER SUSPICION: %s; the same token or link came for both. Find out whose it is\n", report.Count(len(h.Conflicts), "pair"))
	for i, c := range h.Conflicts {
		if i == statusLimit {
			fmt.Fprintf(s, "  and %d more: --json has them all\n", len(h.Conflicts)-i)
			break
		}
		for _, d := range []openDoubt{c.Holder, c.Partner} {
			s.Hanging("  ", 4, fmt.Sprintf("%s (line %d), sent %s to %s, trace id %s", d.Company, d.Line, report.Moment(d.Sent), d.Target, d.TraceID))
		}
	}
}

// showDoubt says what support needs to know of a row, and then more.
func showDoubt(s report.Screen, d openDoubt, more ...string) {
	s.Hanging("  ", 4, terminal.Sprintf("%s (line %d)", d.Company, d.Line))
	sent := fmt.Sprintf("sent %s to %s", report.Moment(d.Sent), d.Target)
	for _, text := range append([]string{sent, "trace id " + d.TraceID, d.Reason}, more...) {
		s.Hanging("    ", 4, terminal.Text(text))
	}
}
