package report

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"onboard/pkg/batch"
	"onboard/pkg/partner"
	"onboard/pkg/terminal"
)

// Words is a status as a sentence has it.
func Words(s partner.Status) string { return strings.ReplaceAll(string(s), "_", " ") }

// Closing says what happened, where the files are and what to do next. Lines
// with names and commands are never broken: they are there to be copied.
func (to Screen) Closing(s *Summary, stop *batch.Stop, next []string) {
	var parts []string
	for _, status := range partner.Statuses {
		if n := s.Counts[string(status)]; n > 0 {
			parts = append(parts, to.count(n, status))
		}
	}
	to.Hanging("", 0, Count(s.Input.Rows, "row")+": "+strings.Join(parts, ", "))
	to.stopped(stop)
	t := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	links := s.Counts[string(partner.Created)] + s.Counts[string(partner.AlreadyCreated)]
	doubts := s.Counts[string(partner.InDoubt)]
	bad := s.Input.Rows - links - doubts - s.Counts[string(partner.Valid)]
	for _, f := range []struct {
		name, path string
		rows       int // a file with only a header is not worth a line
	}{
		{"Links", s.Files.Results, links}, {"Errors", s.Files.Errors, bad}, {"In doubt", s.Files.InDoubt, doubts},
		{"Problems", s.Files.Problems, bad + doubts + s.Noted}, {"Summary", s.Files.Summary, 1}, {"Report", s.Files.Report, 1},
	} {
		if f.path != "" && f.rows > 0 {
			fmt.Fprintf(t, "%s\t%s\n", f.name, terminal.Text(f.path))
		}
	}
	writeNext(t, next)
	t.Flush()
}

// stopped says why a run ended before its end, if it did.
func (to Screen) stopped(stop *batch.Stop) {
	if stop == nil {
		return
	}
	to.Hanging("", 0, to.paint(red, "Stopped")+": "+terminal.Text(stop.Reason))
	if stop.Hint != "" {
		to.Hanging("", 0, "hint: "+terminal.Text(stop.Hint))
	}
}

func writeNext(w io.Writer, next []string) {
	for i, line := range next {
		label := "Next"
		if i > 0 {
			label = ""
		}
		fmt.Fprintf(w, "%s\t%s\n", label, terminal.Text(line))
	}
}

// Count is a number with its noun: "1 row", "2 rows".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func are(n int, noun string) string {
	if n == 1 {
		return Count(n, noun) + " is"
	}
	return Count(n, noun) + " are"
}

// perTime is a pace in words: 5/s, 90/m, 12/h.
func perTime(perSecond float64) string {
	switch {
	case perSecond >= 1:
		return decimal(perSecond) + "/s"
	case perSecond*60 >= 1:
		return decimal(perSecond*60) + "/m"
	}
	return decimal(perSecond*3600) + "/h"
}

// decimal is a number with at most two decimals.
func decimal(x float64) string {
	return strconv.FormatFloat(math.Round(x*100)/100, 'f', -1, 64)
}

// expected is the time that rows take at a pace, which decides it nearly
// always.
func expected(rows int, perSecond float64) string {
	d := time.Duration(float64(rows) / perSecond * float64(time.Second))
	if d < time.Second {
		return "less than a second"
	}
	return "about " + Duration(d)
}

// Moment is when something was, in UTC as in the files.
func Moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }

// Duration is a time in words, to the second.
func Duration(d time.Duration) string {
	d = d.Round(time.Second)
	h, m, s := int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60
	switch {
	case h > 0:
		return fmt.Sprintf("%d h %02d min", h, m)
	case m > 0:
		return fmt.Sprintf("%d min %02d s", m, s)
	}
	return fmt.Sprintf("%d s", s)
}
