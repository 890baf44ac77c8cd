// Package report owns what people and scripts read about a run: the plan
// before it, the closing lines after it, summary.json, and the page of --report.
// It turns numbers into words and drawings and refuses to find anything out by
// itself: no files, no ledger, no clock. Tokens, links and secrets never reach it.
package report

import (
	"encoding/json"
	"fmt"
	"time"

	"onboard/pkg/batch"
	"onboard/pkg/partner"
)

// Summary is the run in numbers, as summary.json has it.
type Summary struct {
	Input      Input          `json:"input"`
	Target     string         `json:"target"`
	Counts     map[string]int `json:"counts"` // by status; they add up to the rows
	HTTP       HTTP           `json:"http"`
	StartedAt  time.Time      `json:"started_at"`
	FinishedAt time.Time      `json:"finished_at"`
	Exit       Exit           `json:"exit"`
	Files      Files          `json:"files"`

	ErrorsSHA256 string `json:"errors_sha256,omitempty"` // of the errors file as it was written, to know corrections by
	Noted        int    `json:"-"`                       // lines of the problems file that are no problem
}

// Input names the sheet that was read.
type Input struct {
	Path      string `json:"path"`
	SHA256    string `json:"sha256"`
	Rows      int    `json:"rows"` // rows that hold text
	BlankRows int    `json:"blank_rows"`
}

// HTTP counts the requests. The percentiles are latencies in milliseconds.
type HTTP struct {
	Requests  int     `json:"requests"`
	Retries   int     `json:"retries"`
	Throttled int     `json:"throttled"`
	P50       float64 `json:"p50_ms"`
	P95       float64 `json:"p95_ms"`
	P99       float64 `json:"p99_ms"`
}

// Exit is the exit code and why.
type Exit struct {
	Code   int    `json:"code"`
	Reason string `json:"reason"`
}

// Files are the paths of the outputs; empty ones were not written.
type Files struct {
	Results  string `json:"results,omitempty"`
	Errors   string `json:"errors,omitempty"`
	InDoubt  string `json:"in_doubt,omitempty"`
	Problems string `json:"problems,omitempty"`
	Summary  string `json:"summary,omitempty"`
	Report   string `json:"report,omitempty"`
}

// The exit codes.
const (
	ExitOK          = 0
	ExitErrors      = 1   // finished; some rows have no link
	ExitNothing     = 2   // nothing was sent
	ExitStopped     = 3   // stopped before the end
	ExitInDoubt     = 4   // finished, and rows are in doubt
	ExitInterrupted = 130 // by the operator
)

// CountsOf gives every status a number: valid only in a dry run, which has no
// other way of saying that a row is good.
func CountsOf(counts map[partner.Status]int, dryRun bool) map[string]int {
	out := map[string]int{}
	for _, s := range partner.Statuses {
		if s != partner.Valid || dryRun {
			out[string(s)] = counts[s]
		}
	}
	return out
}

// HTTPOf reads a submission's progress.
func HTTPOf(p *batch.Progress) HTTP {
	n := p.Read()
	ms := func(share float64) float64 {
		return float64(p.Percentile(share).Round(10*time.Microsecond)) / float64(time.Millisecond)
	}
	return HTTP{Requests: n.Requests, Retries: n.Retries, Throttled: n.Throttled, P50: ms(0.50), P95: ms(0.95), P99: ms(0.99)}
}

// ExitOf is the exit code of a run by how it ended and what it counted.
func ExitOf(stop *batch.Stop, counts map[partner.Status]int) Exit {
	rest := counts[partner.Invalid] + counts[partner.Duplicate] + counts[partner.Rejected] + counts[partner.NotSent]
	switch doubt := counts[partner.InDoubt]; {
	case stop != nil && stop.Kind == batch.Interrupted:
		return Exit{ExitInterrupted, stop.Reason}
	case stop != nil:
		return Exit{ExitStopped, stop.Reason}
	case doubt > 0:
		return Exit{ExitInDoubt, fmt.Sprintf("%s in doubt", are(doubt, "row"))}
	case rest > 0:
		return Exit{ExitErrors, fmt.Sprintf("%s in the errors file", are(rest, "row"))}
	case counts[partner.Valid] > 0:
		return Exit{ExitOK, "every row is valid"}
	}
	return Exit{ExitOK, "every row has its link"}
}

// JSON is the summary as the file has it.
func (s *Summary) JSON() []byte {
	b, _ := json.MarshalIndent(s, "", "  ") // plain strings, numbers and times: cannot fail
	return append(b, '\n')
}
