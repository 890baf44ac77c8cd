package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

type tick struct{ At, Text string }

const side = 1000 // of the square in which charts are drawn

// scale maps 0 to max onto the square, and has a round step between its ticks.
type scale struct{ max, step float64 }

// upTo is a scale for values from 0 to most, which is positive: its end is a tick.
func upTo(most float64) scale {
	raw := most / 4
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	step := 10 * power
	for _, m := range []float64{1, 2, 5} {
		if m*power >= raw*(1-1e-9) {
			step = m * power
			break
		}
	}
	return scale{step * math.Ceil(most/step-1e-9), step}
}

func (s scale) at(v float64) string { return coordinate(side * v / s.max) }

// up is at, from the bottom.
func (s scale) up(v float64) string { return coordinate(side - side*v/s.max) }

func coordinate(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }

// ticks are the steps of a vertical scale, with as many decimals as the step has.
func (s scale) ticks() (all []tick) {
	for i := 0; float64(i)*s.step <= s.max*(1+1e-9); i++ {
		v := float64(i) * s.step
		text := grouped(int(math.Round(v)))
		switch {
		case s.max >= 1e6 && i > 0:
			text = decimal(v/1e6) + " M"
		case s.step < 1:
			text = strconv.FormatFloat(v, 'f', int(math.Ceil(-math.Log10(s.step)-1e-9)), 64)
		}
		all = append(all, tick{coordinate(100-100*v/s.max) + "%", text})
	}
	return all
}

// clockSteps are round times, for the ticks of the time axis.
var clockSteps = []time.Duration{200 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 4 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour}

// clock are the ticks of the time axis: five at most after the first.
func clock(lasted time.Duration) (all []tick) {
	step := clockSteps[len(clockSteps)-1]
	for _, s := range clockSteps {
		if lasted <= 5*s {
			step = s
			break
		}
	}
	for lasted > 5*step { // days
		step *= 2
	}
	for d := time.Duration(0); d <= lasted; d += step {
		all = append(all, tick{coordinate(100*float64(d)/float64(lasted)) + "%", axisTime(d)})
	}
	return all
}

// axisTime is a round time in as few letters as can be.
func axisTime(d time.Duration) string {
	if d == 0 {
		return "0"
	}
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	var parts []string
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}} {
		if n := d / unit.of; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, unit.name))
		}
		d %= unit.of
	}
	return strings.Join(parts, " ")
}

// tableTime is when a moment ended, as a table has it.
func tableTime(d time.Duration) string {
	if d < time.Minute {
		return strconv.FormatFloat(math.Round(d.Seconds()*10)/10, 'f', 1, 64) + " s"
	}
	return Duration(d)
}

// oneTwoFive are round times from below the least to above the most: 1, 2, 5, 10
// and so on, or powers of ten alone where these would be too many.
func oneTwoFive(least, most time.Duration) (marks []time.Duration) {
	for _, factors := range [][]time.Duration{{1, 2, 5}, {1}} {
		marks = nil
		for power := time.Microsecond; len(marks) < 2 || marks[len(marks)-1] < most; power *= 10 {
			for _, f := range factors {
				if d := f * power; d <= least {
					marks = []time.Duration{d}
				} else if len(marks) < 2 || marks[len(marks)-1] < most {
					marks = append(marks, d)
				}
			}
		}
		if len(marks) <= 7 {
			break
		}
	}
	return marks
}

// latency is a time to answer in words.
func latency(d time.Duration) string {
	switch {
	case d == 0:
		return "–"
	case d < time.Millisecond:
		return fmt.Sprintf("%.2g ms", d.Seconds()*1000)
	case d < 10*time.Millisecond:
		return decimal(math.Round(d.Seconds()*10000)/10) + " ms"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Round(time.Millisecond).Milliseconds())
	}
	return decimal(math.Round(d.Seconds()*10)/10) + " s"
}

// unitOf is the time in which a rate is counted, as perTime has it.
func unitOf(perSecond float64) (time.Duration, string) {
	switch {
	case perSecond >= 1:
		return time.Second, "s"
	case perSecond*60 >= 1:
		return time.Minute, "min"
	}
	return time.Hour, "h"
}
