package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/batch"
	"onboard/pkg/partner"
	"onboard/pkg/report"
)

func TestLookWords(t *testing.T) {
	type counts = map[partner.Status]int
	n := batch.Numbers{InFlight: 8, Sent: 20, OnWire: 8, Throttled: 2,
		ByStatus: counts{partner.Created: 15, partner.AlreadyCreated: 3, partner.Rejected: 4, partner.InDoubt: 1, partner.Invalid: 2, partner.Duplicate: 1}}
	const all = "15 created, 3 already created, 4 rejected, 1 in doubt, 3 bad, 2 throttled, "
	alone := batch.Numbers{InFlight: 1, OnWire: 1, Alone: true, ByStatus: counts{}}
	for _, tc := range []struct {
		name string
		look look
		want string
	}{
		{"running", look{Numbers: n, toSend: 120, pace: 4.83}, all + "4.8/s, 0:21 left"},
		{"a slow pace", look{Numbers: n, toSend: 120, pace: 0.2}, all + "12/m, 8:20 left"},
		{"hours", look{Numbers: n, toSend: 120, pace: 0.01}, all + "36/h, 2:46:40 left"},
		{"paused by Retry-After", look{Numbers: with(n, func(n *batch.Numbers) { n.Asked = true }), toSend: 120, pace: 5, held: 30 * time.Second}, all + "server asked for 30 s"},
		{"paused without", look{Numbers: n, toSend: 120, pace: 5, held: 400 * time.Millisecond}, all + "server is busy, pausing 1 s"},
		{"a slow answer", look{Numbers: n, toSend: 120, pace: 5, silence: 12 * time.Second}, all + "no answer for 12 s"},
		{"no database", look{Numbers: n, toSend: 120, pace: 5, away: 12 * time.Second, stopping: true}, all + "no answer from the ledger for 12 s"},
		{"interrupted", look{Numbers: n, toSend: 120, pace: 5, stopping: true}, all + "stopping, 8 on their way"},
		{"on a narrow terminal", look{Numbers: n, toSend: 120, pace: 5, held: time.Minute, narrow: true}, all + "pause 1 min 00 s"},
		{"the first row", look{Numbers: alone, toSend: 120, pace: 5}, "0 created, first row goes alone"},
		{"no server", look{Numbers: with(alone, func(n *batch.Numbers) { n.OnWire, n.Unreached = 0, 1 }), toSend: 120, pace: 5}, "0 created, server not reached, trying again"},
		{"another run", look{Numbers: with(alone, func(n *batch.Numbers) { n.OnWire, n.Elsewhere, n.Alone = 0, 1, false }), toSend: 120, pace: 5}, "0 created, waiting for 1 row that another run sends"},
		{"no clear answer yet", look{Numbers: with(alone, func(n *batch.Numbers) { n.Sent = 1 }), toSend: 120, pace: 5}, "0 created, one at a time until one is answered"},
		{"before the first", look{Numbers: batch.Numbers{ByStatus: counts{partner.AlreadyCreated: 70}}, toSend: 120, pace: 5}, "0 created, 70 already created"},
		{"nothing to send", look{Numbers: batch.Numbers{ByStatus: counts{partner.AlreadyCreated: 70}}, pace: 5}, "70 already created"},
		{"over", look{Numbers: n, toSend: 120, pace: 5, held: time.Minute, over: true}, strings.TrimSuffix(all, ", ")},
	} {
		if got := strings.Join(texts(tc.look.words(clock)), ", "); got != tc.want {
			t.Errorf("%s: %s\nwant %s", tc.name, got, tc.want)
		}
	}
}

func with(n batch.Numbers, edit func(*batch.Numbers)) batch.Numbers {
	edit(&n)
	return n
}

func TestFit(t *testing.T) {
	words := []word{{"412 created", 0, partner.Created}, {"3 rejected", 3, partner.Rejected}, {"1 in doubt", 1, partner.InDoubt},
		{"13 bad", 7, ""}, {"4.8/s", 4, ""}, {"0:21 left", 2, ""}}
	for room, want := range map[int]string{
		80: "412 created, 3 rejected, 1 in doubt, 13 bad, 4.8/s, 0:21 left",
		60: "412 created, 3 rejected, 1 in doubt, 4.8/s, 0:21 left",
		46: "412 created, 3 rejected, 1 in doubt, 0:21 left",
		35: "412 created, 1 in doubt, 0:21 left",
		27: "412 created, 1 in doubt",
		11: "412 created",
		3:  "412",
		0:  "",
	} {
		if got := fit(report.Screen{}, words, room); got != want {
			t.Errorf("in %d columns: %q, want %q", room, got, want)
		}
	}
	if got := fit(report.Screen{Color: true}, words, 30); report.Columns(got) > 30 || !strings.Contains(got, "\x1b[") {
		t.Errorf("in color: %q", got)
	}
}

// TestSpeed: the pace is that of the last half minute, or of the last rows when
// they are fewer than three.
func TestSpeed(t *testing.T) {
	start := time.Unix(0, 0)
	var got []float64
	var s speed
	rows := 0
	for second := range 200 {
		switch {
		case second < 60:
			rows += 5
		case second < 120:
			rows++
		case second%60 == 0:
			rows++
		}
		p := s.perSecond(start.Add(time.Duration(second)*time.Second), rows)
		if second == 1 || second == 10 || second == 59 || second == 119 || second == 150 || second == 199 {
			got = append(got, p)
		}
	}
	if diff := cmp.Diff([]float64{0, 5, 5, 1}, got[:4]); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for i, p := range got[4:] {
		if p <= 0 || p > 0.2 {
			t.Errorf("at one row a minute, reading %d is %v", i, p)
		}
	}
	if len(s.samples) > 601 {
		t.Errorf("%d samples are kept", len(s.samples))
	}
}

// TestBar: whatever is drawn stays within the terminal, and nothing of a longer
// line is left behind.
func TestBar(t *testing.T) {
	for _, width := range []int{40, 80, 120} {
		bar := newBar(1000, width)
		for _, rows := range []int{0, 7, 1000} {
			if got := report.Columns(barLine(bar, rows)); got > width*6/10 {
				t.Errorf("%d of %d columns are the bar's: %q", got, width, barLine(bar, rows))
			}
		}
	}
	d := drawer{width: 40, shown: 30}
	if got := d.over("short"); got != "\rshort"+strings.Repeat(" ", 25) || d.shown != 5 {
		t.Errorf("%q", got)
	}
	if got := d.over(strings.Repeat("x", 39)); got != "\r"+strings.Repeat("x", 39) {
		t.Errorf("%q", got)
	}
}
