package main

import (
	"fmt"
	"time"

	"onboard/pkg/batch"
	"onboard/pkg/partner"
	"onboard/pkg/report"
)

// look is one look at a run, and turns it into words.
type look struct {
	batch.Numbers
	toSend   int           // rows that the run is to send in all
	pace     float64       // results per second; positive
	held     time.Duration // for which nobody may start
	silence  time.Duration // since the last answer, while one is waited for
	away     time.Duration // for which the ledger has not answered
	stopping bool          // no further row is sent
	over     bool          // nothing is waited for
	narrow   bool          // there is little room
}

// word is one thing to say about a run.
type word struct {
	text   string
	rank   int            // what matters least, and is left out first, has the highest
	status partner.Status // gives it a color
}

// slowAnswer is how long an answer is waited for before that is said.
const slowAnswer = 5 * time.Second

// slowLedger is how long a ledger may be out of reach before that is said.
const slowLedger = time.Second

// words say what happened so far, and what is waited for or how long it takes.
func (l look) words(duration func(time.Duration) string) (words []word) {
	add := func(rank int, status partner.Status, n int, name string) {
		if n > 0 {
			words = append(words, word{fmt.Sprintf("%d %s", n, name), rank, status})
		}
	}
	if l.toSend > 0 {
		words = append(words, word{fmt.Sprintf("%d created", l.ByStatus[partner.Created]), 0, partner.Created})
	}
	add(6, "", l.ByStatus[partner.AlreadyCreated], "already created")
	add(3, partner.Rejected, l.ByStatus[partner.Rejected], "rejected")
	add(1, partner.InDoubt, l.ByStatus[partner.InDoubt], "in doubt")
	add(7, "", l.ByStatus[partner.Invalid]+l.ByStatus[partner.Duplicate], "bad")
	add(5, "", l.Throttled, "throttled")
	if l.over {
		return words
	}
	if why := l.waits(); why != "" {
		return append(words, word{why, 2, partner.NotSent})
	}
	left := l.toSend - l.Sent
	if left <= 0 || l.InFlight == 0 && l.Sent == 0 {
		return words
	}
	words = append(words, word{speedWords(l.pace), 4, ""})
	return append(words, word{duration(time.Duration(float64(left)/l.pace*float64(time.Second))) + " left", 2, ""})
}

// waits says what the run is waiting for, if it is for more than its turn.
func (l look) waits() string {
	long, short := "", ""
	switch {
	case l.away >= slowLedger:
		long, short = "no answer from the ledger for "+atLeast(l.away), "no ledger"
	case l.stopping:
		long, short = fmt.Sprintf("stopping, %d on their way", l.InFlight), "stopping"
	case l.held > 0 && l.Asked:
		long, short = "server asked for "+atLeast(l.held), "pause "+atLeast(l.held)
	case l.held > 0:
		long, short = "server is busy, pausing "+atLeast(l.held), "pause "+atLeast(l.held)
	case l.OnWire == 0 && l.Unreached > 0:
		long, short = "server not reached, trying again", "not reached"
	case l.OnWire > 0 && l.silence >= slowAnswer:
		long, short = "no answer for "+atLeast(l.silence), "waiting "+atLeast(l.silence)
	case l.Elsewhere > 0 && l.Elsewhere >= l.InFlight:
		long, short = fmt.Sprintf("waiting for %s that another run sends", report.Count(l.Elsewhere, "row")), "another run"
	case l.Alone && l.InFlight > 0 && l.Sent == 0:
		long, short = "first row goes alone", "first row"
	case l.Alone && l.InFlight > 0:
		long, short = "one at a time until one is answered", "one at a time"
	}
	if l.narrow {
		return short
	}
	return long
}

// atLeast is a time in words, and never no time.
func atLeast(d time.Duration) string { return report.Duration(max(d, time.Second)) }

// speedWords is a measured pace, to as many digits as mean anything.
func speedWords(perSecond float64) string {
	switch {
	case perSecond >= 10:
		return fmt.Sprintf("%.0f/s", perSecond)
	case perSecond >= 1:
		return fmt.Sprintf("%.1f/s", perSecond)
	case perSecond*60 >= 1:
		return fmt.Sprintf("%.0f/m", perSecond*60)
	}
	return fmt.Sprintf("%.0f/h", perSecond*3600)
}

// clock is a time as a clock shows it: 2:05, 1:02:05.
func clock(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

func texts(words []word) (all []string) {
	for _, w := range words {
		all = append(all, w.text)
	}
	return all
}

// speed measures how many rows per second get a result at present: in the last
// half minute, or for as long as the last few took.
type speed struct{ samples []sample }

type sample struct {
	at   time.Time
	rows int
}

const (
	speedWindow = 30 * time.Second
	speedRows   = 3                // a pace has to rest on so many rows
	speedMemory = 10 * time.Minute // what is older is forgotten
)

// perSecond takes a sample, and is 0 as long as there are too few rows to tell.
func (s *speed) perSecond(now time.Time, rows int) float64 {
	if n := len(s.samples); n == 0 || now.Sub(s.samples[n-1].at) >= time.Second {
		s.samples = append(s.samples, sample{now, rows})
	}
	enough := func(i int) bool {
		return now.Sub(s.samples[i].at) >= speedWindow && rows-s.samples[i].rows >= speedRows
	}
	for len(s.samples) > 1 && (enough(1) || now.Sub(s.samples[0].at) > speedMemory) {
		s.samples = s.samples[1:]
	}
	past, since := rows-s.samples[0].rows, now.Sub(s.samples[0].at)
	if past < speedRows || since < 2*time.Second {
		return 0
	}
	return float64(past) / since.Seconds()
}
