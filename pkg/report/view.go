package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"onboard/pkg/batch"
	"onboard/pkg/partner"
)

// view is what the page's template asks a Page for.
type view struct{ *Page }

// Name is the file name of the sheet.
func (v view) Name() string {
	path := v.Summary.Input.Path
	if path == "-" {
		return "standard input"
	}
	return path[strings.LastIndexAny(path, `/\`)+1:]
}

// Headline says in one sentence what came out.
func (v view) Headline() string {
	c, rows := v.Summary.Counts, v.Summary.Input.Rows
	good, is, are, not := c["created"]+c["already_created"], "has its link", "have their link", "has a link"
	if v.Over == nil {
		good, is, are, not = c["valid"], "is valid", "are valid", "is valid"
	}
	switch {
	case good == 0 && rows == 1:
		return fmt.Sprintf("Not one row %s.", not)
	case good == 0:
		return fmt.Sprintf("None of the %s rows %s.", grouped(rows), not)
	case good == rows && rows > 1:
		return fmt.Sprintf("All %s rows %s.", grouped(rows), are)
	case good > 1:
		return fmt.Sprintf("%s of %s rows %s.", grouped(good), grouped(rows), are)
	case rows > 1:
		return fmt.Sprintf("1 of %s rows %s.", grouped(rows), is)
	}
	return fmt.Sprintf("The one row %s.", is)
}

// Mood is how the run ended, in a word; its name chooses the colour.
func (v view) Mood() string {
	switch v.Summary.Exit.Code {
	case ExitOK:
		return "Done"
	case ExitInterrupted:
		return "Interrupted"
	case ExitStopped:
		return "Stopped"
	case ExitInDoubt:
		return "In doubt"
	}
	return "Finished"
}

// Took is how long the run was.
func (v view) Took() string {
	if d := v.Summary.FinishedAt.Sub(v.Summary.StartedAt); d >= time.Second {
		return Duration(d)
	}
	return "less than a second"
}

// Pace is the set rate.
func (v view) Pace() string { return perTime(v.Rate) }

// Milliseconds is a latency of the summary in words.
func (v view) Milliseconds(ms float64) string {
	return latency(time.Duration(ms * float64(time.Millisecond)))
}

// tile is one count.
type tile struct {
	Status partner.Status
	Count  int
}

// Tiles are the counts of summary.json, in the order in which people read them.
// A dry run leaves out what it can't find.
func (v view) Tiles() (tiles []tile) {
	for _, s := range partner.Statuses {
		if n, ok := v.Summary.Counts[string(s)]; ok && (n > 0 || v.Over != nil || slices.Contains(offline, s)) {
			tiles = append(tiles, tile{s, n})
		}
	}
	return tiles
}

// offline are the statuses that a sheet alone can give a row.
var offline = []partner.Status{partner.Valid, partner.Invalid, partner.Duplicate}

// file is an output, by what people call it.
type file struct{ Name, Path string }

// Files are the outputs; summary.json calls them the same.
func (v view) Files() []file {
	f := v.Summary.Files
	all := []file{{"Links", f.Results}, {"Errors", f.Errors}, {"In doubt", f.InDoubt}, {"Problems", f.Problems},
		{"Summary", f.Summary}, {"Report", f.Report}}
	return slices.DeleteFunc(all, func(f file) bool { return f.Path == "" })
}

// bars is how many kinds of problem the page shows.
const bars = 15

// bar is one kind of problem; Percent is of the commonest.
type bar struct {
	batch.Tally
	Percent string
}

// Bars are the commonest problems.
func (v view) Bars() (all []bar) {
	for i, t := range v.Problems {
		if i == bars {
			break
		}
		all = append(all, bar{t, percent(t.Count, v.Problems[0].Count)})
	}
	return all
}

// MoreBars says how many kinds of problem are not shown.
func (v view) MoreBars() string {
	if n := len(v.Problems) - bars; n > 0 {
		return Count(n, "more kind")
	}
	return ""
}

// Missing says which rows the table leaves out, as it is bounded, and where they
// are.
func (v view) Missing() string {
	shown := map[partner.Status]int{}
	for _, c := range v.Concerns {
		shown[c.Status]++
	}
	var parts []string
	for _, s := range partner.Statuses {
		if n := v.Summary.Counts[string(s)] - shown[s]; shown[s] > 0 && n > 0 {
			file := v.Summary.Files.Errors
			if s == partner.InDoubt {
				file = v.Summary.Files.InDoubt
			}
			parts = append(parts, fmt.Sprintf("%s more %s in %s", grouped(n), Words(s), file))
		}
	}
	return strings.Join(parts, ", ")
}

// Traced says whether a row of the table has a trace id.
func (v view) Traced() bool {
	return slices.ContainsFunc(v.Concerns, func(c batch.Concern) bool { return c.TraceID != "" })
}

// Charts are the drawings of what happened over time: none when nothing was
// sent, or in no time.
func (v view) Charts() []chart {
	if v.Over == nil || v.Summary.HTTP.Requests == 0 || v.Over.Lasted < shortest {
		return nil
	}
	t := *v.Over
	fine := t.Fold(max(1, ceil(len(t.Moments), finest)))
	requests := 0
	for i := range t.Moments {
		requests += t.Moments[i].Requests
	}
	coarse := t.Fold(max(1, ceil(len(t.Moments), coarsest), min(len(t.Moments), ceil(enough*len(t.Moments), requests))))
	return []chart{rowsChart(fine), paceChart(coarse, t, v.Rate), latencyChart(coarse)}
}

const (
	finest   = 120 // points of a line
	coarsest = 60  // bars of a chart
	enough   = 10  // requests in a moment, on the average, that make a rate of them
	shortest = time.Second
)

func ceil(a, b int) int { return (a + b - 1) / cmp.Or(b, 1) }

// percent is a share as a length in a drawing.
func percent(n, of int) string {
	return strconv.FormatFloat(math.Round(1000*float64(n)/float64(max(of, 1)))/10, 'f', -1, 64) + "%"
}

// grouped is a number as people read it: 12,345.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
