package main

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"onboard/pkg/batch"
	"onboard/pkg/pace"
	"onboard/pkg/partner"
	"onboard/pkg/report"
)

const (
	drawEvery  = 100 * time.Millisecond // on a terminal
	plainEvery = 10 * time.Second       // elsewhere: a line a script's log can bear
)

// draw shows how far the run is until the returned function is called. One
// goroutine owns the bar; the counters are read, never written.
func (s *submission) draw(e *ending, l *pace.Limiter) (stop func()) {
	if s.quiet || s.noProgress {
		return func() {}
	}
	d := drawer{total: e.plan.Rows, progress: e.progress, pace: l, began: time.Now(), w: s.err}
	every, show := plainEvery, d.line
	finish := func() {}
	if f, ok := terminal(s.err); ok {
		width := columns(f)
		bar := newBar(f, e.plan.Rows, width)
		d.room = width - barWidth(width) - len(fmt.Sprintf(" 100%% [] (%d/%[1]d) ", e.plan.Rows))
		every, show = drawEvery, func() { d.bar(bar) }
		finish = func() { d.bar(bar); fmt.Fprintln(f) }
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		t := time.NewTicker(every)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				show()
			case <-done:
				finish()
				return
			}
		}
	}()
	return func() { close(done); <-ended }
}

// barWidth leaves most of a narrow terminal to the words.
func barWidth(columns int) int { return min(24, columns/6) }

func newBar(w io.Writer, rows, columns int) *progressbar.ProgressBar {
	return progressbar.NewOptions(rows,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetWidth(barWidth(columns)),
		progressbar.OptionShowCount(),
		progressbar.OptionSetPredictTime(false), // ours goes by the pace, not by rows that were answered from the ledger
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetTheme(progressbar.ThemeASCII),
	)
}

// drawer puts the counters into words.
type drawer struct {
	total    int
	progress *batch.Progress
	pace     *pace.Limiter
	began    time.Time
	w        io.Writer
	room     int // for the words beside the bar, in columns
}

func (d *drawer) bar(bar *progressbar.ProgressBar) {
	n := d.progress.Read()
	words := d.words(n)
	if r := []rune(words); len(r) > d.room {
		words = string(r[:max(0, d.room-1)]) + "…"
	}
	bar.Describe(words)
	_ = bar.Set(n.Rows - n.ByStatus[partner.NotSent])
}

func (d *drawer) line() {
	n := d.progress.Read()
	fmt.Fprintf(d.w, "%d of %d rows: %s\n", n.Rows, d.total, d.words(n))
}

// words says what happened so far and what is being waited for.
func (d *drawer) words(n batch.Numbers) string {
	text := fmt.Sprintf("%d created", n.ByStatus[partner.Created])
	for _, s := range []partner.Status{partner.AlreadyCreated, partner.Rejected, partner.InDoubt} {
		if c := n.ByStatus[s]; c > 0 {
			text += fmt.Sprintf(", %d %s", c, report.Words(s))
		}
	}
	if bad := n.ByStatus[partner.Invalid] + n.ByStatus[partner.Duplicate]; bad > 0 {
		text += fmt.Sprintf(", %d bad", bad)
	}
	if n.Throttled > 0 {
		text += fmt.Sprintf(", %d throttled", n.Throttled)
	}
	if held := d.pace.Held(); held > 0 {
		return text + fmt.Sprintf(", server asked for %s", report.Duration(held))
	}
	if left := d.left(n); left > 0 {
		text += ", " + report.Duration(left) + " left"
	}
	return text
}

// left is the time that the remaining rows take at the speed so far.
func (d *drawer) left(n batch.Numbers) time.Duration {
	elapsed := time.Since(d.began)
	if n.Rows == 0 || n.Rows >= d.total || elapsed < time.Second {
		return 0
	}
	return time.Duration(float64(elapsed) / float64(n.Rows) * float64(d.total-n.Rows))
}
