package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
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
func (s *submission) draw(intake context.Context, p *batch.Progress, l *pace.Limiter, toSend int) (stop func()) {
	if s.quiet || s.noProgress {
		return func() {}
	}
	d := drawer{rows: s.plan.Rows, toSend: toSend, progress: p, pace: l, intake: intake, screen: s.screen(), away: s.away}
	every, show, finish := plainEvery, d.line, func() {}
	if f, ok := terminalOf(s.err); ok && os.Getenv("TERM") != "dumb" {
		d.file = f
		every, show = drawEvery, func() { d.draw(false) }
		finish = func() { d.draw(true); fmt.Fprintln(d.screen) }
	}
	return repeat(every, show, finish)
}

// repeat has one goroutine show something at intervals, until the returned
// function is called; then it finishes.
func repeat(every time.Duration, show, finish func()) (stop func()) {
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

// drawer takes looks at a run and shows them.
type drawer struct {
	rows, toSend int
	progress     *batch.Progress
	pace         *pace.Limiter
	intake       context.Context // over when no further row is sent
	screen       report.Screen
	away         func() time.Duration // for which the ledger has not answered
	speed        speed
	silent       time.Time // since when no answer came; zero: none is waited for
	answers      int       // that had come by then

	file  *os.File // the terminal
	bar   *progressbar.ProgressBar
	width int // columns that the bar was made for
	shown int // columns of the line that stands on the terminal
}

// look reads the counters.
func (d *drawer) look() look {
	now, n := time.Now(), d.progress.Read()
	if n.OnWire == 0 || n.Requests != d.answers || d.silent.IsZero() {
		d.silent, d.answers = now, n.Requests
	}
	l := look{Numbers: n, toSend: d.toSend, held: d.pace.PausedFor(), silence: now.Sub(d.silent), away: d.away(), stopping: d.intake.Err() != nil}
	if l.pace = d.speed.perSecond(now, n.Sent); l.pace == 0 {
		l.pace = d.pace.Rate()
	}
	return l
}

// line is for a log: whole words and no bar.
func (d *drawer) line() {
	l := d.look()
	fmt.Fprintf(d.screen, "%d of %d rows: %s\n", l.Rows, d.rows, strings.Join(texts(l.words(report.Duration)), ", "))
}

// draw puts the bar in the place of the one before. The library draws it into
// nothing, because it would write each look in several pieces, which flicker.
func (d *drawer) draw(over bool) {
	l := d.look()
	l.over = over
	if width := columns(d.file); d.bar == nil || width != d.width {
		d.bar, d.width = newBar(d.rows, width), width
	}
	l.narrow = d.width < 60
	line := barLine(d.bar, l.Rows-l.ByStatus[partner.NotSent])
	line += fit(d.screen, l.words(clock), d.width-1-report.Columns(line)) // a full line would wrap
	fmt.Fprint(d.screen, d.over(line))
}

// over puts a line in the place of the one before, all of it.
func (d *drawer) over(line string) string {
	used := report.Columns(line)
	rest := strings.Repeat(" ", max(0, min(d.shown, d.width-1)-used))
	d.shown = used
	return "\r" + line + rest
}

// barLine is the bar with so many rows done, and the space behind it.
func barLine(bar *progressbar.ProgressBar, rows int) string {
	bar.Describe("")
	_ = bar.Set(rows) // writes nothing, so can't fail
	return strings.TrimRight(strings.TrimPrefix(bar.String(), "\r "), " ") + "  "
}

// newBar leaves most of a narrow terminal to the words.
func newBar(rows, columns int) *progressbar.ProgressBar {
	options := []progressbar.Option{
		progressbar.OptionSetWriter(io.Discard),
		progressbar.OptionSetWidth(min(24, columns/10)),
		progressbar.OptionSetPredictTime(false), // ours goes by the pace, not by rows that were answered from the ledger
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetTheme(progressbar.ThemeASCII),
	}
	if columns >= 100 {
		options = append(options, progressbar.OptionShowCount())
	}
	return progressbar.NewOptions(rows, options...)
}

// fit joins words until the room is full. What matters least is left out.
func fit(s report.Screen, words []word, room int) string {
	for len(words) > 1 && report.Columns(strings.Join(texts(words), ", ")) > room {
		least := 0
		for i, w := range words {
			if w.rank >= words[least].rank {
				least = i
			}
		}
		words = append(words[:least:least], words[least+1:]...)
	}
	var shown []string
	for _, w := range words {
		text := w.text
		if len(text) > room { // the words are ASCII
			text = text[:max(0, room)]
		}
		shown = append(shown, s.Paint(w.status, text))
	}
	return strings.Join(shown, ", ")
}
