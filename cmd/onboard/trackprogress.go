package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"onboard/pkg/batch"
	"onboard/pkg/report"
)

// draw shows how far the questions are until the returned function is called.
func (t *tracking) draw(b *batch.Tracking, total int) (stop func()) {
	if t.quiet || t.noProgress {
		return func() {}
	}
	began := time.Now()
	f, ok := terminalOf(t.err)
	if !ok || os.Getenv("TERM") == "dumb" {
		return repeat(plainEvery, func() {
			n := b.Progress.Read()
			t.say("%d of %d asked: %s", n.Rows, total, strings.Join(texts(t.words(b, n, total, began)), ", "))
		}, func() {})
	}
	d := drawer{screen: t.screen(), file: f}
	show := func() {
		n := b.Progress.Read()
		if width := columns(f); d.bar == nil || width != d.width {
			d.bar, d.width = newBar(total, width), width
		}
		line := barLine(d.bar, n.Rows)
		line += fit(d.screen, t.words(b, n, total, began), d.width-1-report.Columns(line))
		fmt.Fprint(d.screen, d.over(line))
	}
	return repeat(drawEvery, show, func() {
		if !t.watching {
			show()
			fmt.Fprintln(d.screen)
			return
		}
		fmt.Fprint(d.screen, d.over("")+"\r") // each round ends with a line of its own
	})
}

// words says what is being waited for, and what was heard so far.
func (t *tracking) words(b *batch.Tracking, n batch.Numbers, total int, began time.Time) (words []word) {
	add := func(rank int, text string) {
		if text != "" {
			words = append(words, word{text: text, rank: rank})
		}
	}
	if away := t.away(); away >= slowLedger {
		add(0, "no answer from the ledger for "+atLeast(away))
	}
	if held := t.limiter.PausedFor(); held > 0 && n.Asked {
		add(0, "server asked for "+report.Duration(held))
	} else if held > 0 {
		add(0, "pause of "+report.Duration(held))
	}
	heard := b.Heard()
	heard["without an answer"] = b.Silent()
	add(1, report.StateCounts(heard))
	elapsed := time.Since(began)
	if n.Rows > 0 && n.Rows < total && elapsed > time.Second {
		left := float64(elapsed) / float64(n.Rows) * float64(total-n.Rows)
		add(2, report.Duration(time.Duration(left))+" left")
	}
	if n.Throttled > 0 {
		add(3, fmt.Sprintf("%d throttled", n.Throttled))
	}
	return words
}
