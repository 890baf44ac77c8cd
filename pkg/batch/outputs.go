package batch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"onboard/pkg/partner"
	"onboard/pkg/sheet"
)

// Outputs are the files of a run. Every row goes into exactly one of results,
// errors and in-doubt, in input order; problems has a line for each problem.
// They replace older files only when all of them are complete.
type Outputs struct {
	Results, Errors, InDoubt *sheet.Output
	Problems                 *sheet.Problems
	sheet                    *sheet.Sheet
	base                     string // path without ".results.csv"
	Counts                   map[partner.Status]int
}

// CreateOutputs starts the files of a sheet in a folder. A dry run has no
// results.
func CreateOutputs(s *sheet.Sheet, dir string, dryRun bool) (*Outputs, error) {
	o := &Outputs{sheet: s, base: filepath.Join(dir, s.Base), Counts: map[partner.Status]int{}}
	var err error
	if !dryRun {
		o.Results, err = createResults(s, o.base+".results.csv")
	}
	if err == nil {
		o.Errors, err = s.Create(o.base+".errors.csv", "onboard_line", "onboard_status", "onboard_problems", "onboard_hint")
	}
	if err == nil {
		o.Problems, err = s.CreateProblems(o.base + ".problems.csv")
	}
	if err != nil {
		o.Discard()
		return nil, err
	}
	return o, nil
}

// createResults starts a file of rows with links.
func createResults(s *sheet.Sheet, path string) (*sheet.Output, error) {
	return s.Create(path, "onboard_line", "onboard_status", "onboard_token", "onboard_link", "onboard_trace_id", "onboard_at")
}

func addResult(o *sheet.Output, r *Result) error {
	return o.Add(r.Row, sheet.Cell{Text: strconv.Itoa(r.Row.Line)}, sheet.Cell{Text: string(r.Status)}, sheet.Cell{Text: r.Token, Literal: true},
		sheet.Cell{Text: r.Link, Literal: true}, sheet.Cell{Text: r.TraceID}, sheet.Cell{Text: stamp(r.At)})
}

// Add writes one row to its file.
func (o *Outputs) Add(r *Result) error {
	o.Counts[r.Status]++
	if err := o.Problems.Add(append(r.Fixed, r.Problems...)...); err != nil || r.Status == partner.Valid {
		return err
	}
	line, status := sheet.Cell{Text: strconv.Itoa(r.Row.Line)}, sheet.Cell{Text: string(r.Status)}
	messages, hints := explain(r.Problems)
	switch r.Status {
	case partner.Created, partner.AlreadyCreated:
		return addResult(o.Results, r)
	case partner.InDoubt:
		if err := o.openInDoubt(); err != nil {
			return err
		}
		return o.InDoubt.Add(r.Row, line, status, sheet.Cell{Text: r.TraceID}, sheet.Cell{Text: stamp(r.At)},
			sheet.Cell{Text: messages}, sheet.Cell{Text: string(r.Decision)})
	}
	return o.Errors.Add(r.Row, line, status, sheet.Cell{Text: messages}, sheet.Cell{Text: hints})
}

func (o *Outputs) openInDoubt() (err error) {
	if o.InDoubt == nil {
		o.InDoubt, err = o.sheet.Create(o.inDoubtPath(),
			"onboard_line", "onboard_status", "onboard_trace_id", "onboard_at", "onboard_problems", "onboard_decision")
	}
	return err
}

func (o *Outputs) inDoubtPath() string { return o.base + ".in-doubt.csv" }

// explain joins a row's problems into two cells: what is wrong, and what to do.
func explain(problems []partner.Problem) (messages, hints string) {
	var m, h []string
	for _, p := range problems {
		text := p.Message
		if p.Column != "" {
			text = p.Column + ": " + text
		}
		m = append(m, text)
		if p.Hint != "" && p.Column != "" {
			h = append(h, p.Column+": "+p.Hint)
		} else if p.Hint != "" {
			h = append(h, p.Hint)
		}
	}
	return strings.Join(m, "; "), strings.Join(h, "; ")
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// file is what every output can do.
type file interface {
	Ready() error
	Commit() error
	Discard()
	Path() string
}

// files lists the outputs there are.
func (o *Outputs) files() (all []file) {
	if o.Results != nil {
		all = append(all, o.Results)
	}
	if o.Errors != nil {
		all = append(all, o.Errors)
	}
	if o.InDoubt != nil {
		all = append(all, o.InDoubt)
	}
	if o.Problems != nil {
		all = append(all, o.Problems)
	}
	return all
}

// Ready makes all files durable, and replaces none.
func (o *Outputs) Ready() error {
	var errs []error
	for _, f := range o.files() {
		errs = append(errs, f.Ready())
	}
	return errors.Join(errs...)
}

// Commit puts the files in their places. An in-doubt file of an earlier run
// goes when no row is in doubt any more.
func (o *Outputs) Commit() error {
	var errs []error
	for _, f := range o.files() {
		errs = append(errs, f.Commit())
	}
	if o.Results != nil && o.InDoubt == nil {
		if err := os.Remove(o.inDoubtPath()); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Rescue puts the results in their place, or beside what stands there, and returns
// it; "" when there are none. It is for a run whose ledger is gone: the links are
// nowhere else, and results with links that a ledger does not know are not replaced.
func (o *Outputs) Rescue() (path string, err error) {
	if o.Counts[partner.Created]+o.Counts[partner.AlreadyCreated] == 0 {
		return "", nil
	}
	path = o.Results.Path()
	for n := 1; ; n++ {
		if _, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) {
			break
		} else if err != nil {
			return "", err
		}
		path = fmt.Sprintf("%s.results.rescued-%d.csv", o.base, n)
	}
	o.Results.Move(path)
	return path, o.Results.Commit()
}

// Discard drops the files; older ones stay as they are.
func (o *Outputs) Discard() {
	for _, f := range o.files() {
		f.Discard()
	}
}
