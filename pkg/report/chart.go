package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"onboard/pkg/batch"
	"onboard/pkg/partner"
)

// chart is a drawing over time with all its words. Shapes are in a square of
// side, which the page stretches to its own width; ticks are in percent of it.
type chart struct {
	ID, Title, About string
	X, Y             []tick
	YLabel           string
	Shapes           []shape
	Legend           []shape
	Head             []string // of the same as a table
	Table            [][]string
}

// shape is a path of a class, which gives it its colour, and what it means.
type shape struct{ Class, Path, Text string }

// results are the statuses that a row gets by what was done with it. Rows that
// are not sent get theirs all at once, when it is over.
var results = slices.DeleteFunc(slices.Clone(partner.Statuses), func(s partner.Status) bool { return s == partner.NotSent })

// rowsChart draws how many rows had their result by when, one status above the
// other.
func rowsChart(t batch.Timeline) chart {
	c := chart{ID: "rows", Title: "Rows by status over time", YLabel: "rows", X: clock(t.Lasted), Head: []string{"By"},
		About: "How many rows of the sheet had their result by when. Rows that were not sent are left out."}
	lower := make([]int, len(t.Moments))
	for i := range lower {
		_, to := t.Span(i)
		c.Table = append(c.Table, []string{tableTime(to)})
	}
	type layer struct {
		status       partner.Status
		lower, upper []int
	}
	var layers []layer
	for _, status := range results {
		upper, sum := make([]int, len(lower)), 0
		for i := range t.Moments {
			sum += t.Moments[i].Count(status)
			upper[i] = lower[i] + sum
		}
		if sum > 0 {
			layers = append(layers, layer{status, lower, upper})
			lower = upper
		}
	}
	up := upTo(float64(max(lower[len(lower)-1], 4))) // no half rows
	c.Y = up.ticks()
	for _, l := range layers {
		area := shape{"area s-" + string(l.status), between(t, up, l.lower, l.upper), Words(l.status)}
		c.Shapes, c.Legend, c.Head = append(c.Shapes, area), append(c.Legend, area), append(c.Head, area.Text)
		for i := range c.Table {
			c.Table[i] = append(c.Table[i], grouped(l.upper[i]-l.lower[i]))
		}
	}
	return c
}

// between draws the area from one line up to another, both from 0 on.
func between(t batch.Timeline, up scale, lower, upper []int) string {
	across := scale{max: t.Lasted.Seconds()}
	there, back := fmt.Sprintf("M0 %d", side), "Z"
	for i := range lower {
		_, to := t.Span(i)
		x := across.at(to.Seconds())
		there += "L" + x + " " + up.up(float64(upper[i]))
		back = "L" + x + " " + up.up(float64(lower[i])) + back
	}
	return there + back
}

// latencyChart draws the percentiles of the requests that began in each moment.
// One request that takes its whole time-out must not flatten all others, so the
// scale is logarithmic.
func latencyChart(t batch.Timeline) chart {
	c := chart{ID: "latency", Title: "Latency over time", Head: []string{"Until", "Requests", "p50", "p95", "p99"},
		About: "How long the server took to answer the requests sent at a time. The scale is logarithmic.", X: clock(t.Lasted)}
	shares := []struct {
		class, name string
		share       float64
	}{{"line p99", "p99: 99 of 100 were faster", 0.99}, {"line p95", "p95: 95 of 100 were faster", 0.95},
		{"line p50", "p50: half were faster", 0.50}}
	least, most := time.Duration(math.MaxInt64), time.Duration(0)
	for i := range t.Moments {
		if m := &t.Moments[i]; m.Requests > 0 {
			least, most = min(least, m.Percentile(0.50)), max(most, m.Percentile(0.99))
		}
	}
	marks, across := oneTwoFive(least, most), scale{max: t.Lasted.Seconds()}
	low, span := math.Log(float64(marks[0])), math.Log(float64(marks[len(marks)-1])/float64(marks[0]))
	up := func(d time.Duration) float64 { return 1 - (math.Log(float64(d))-low)/span }
	for _, d := range marks {
		c.Y = append(c.Y, tick{coordinate(100*up(d)) + "%", latency(d)})
	}
	for _, p := range shares {
		line := shape{p.class, steps(t, across, func(m *batch.Moment) (string, bool) {
			return coordinate(side * up(max(1, m.Percentile(p.share)))), m.Requests > 0
		}), p.name}
		c.Shapes, c.Legend = append(c.Shapes, line), append(c.Legend, line)
	}
	for i := range t.Moments {
		_, to := t.Span(i)
		m := &t.Moments[i]
		c.Table = append(c.Table, []string{tableTime(to), grouped(m.Requests), latency(m.Percentile(0.5)),
			latency(m.Percentile(0.95)), latency(m.Percentile(0.99))})
	}
	return c
}

// steps draws one height for each moment; where there is none, the line is broken.
func steps(t batch.Timeline, across scale, height func(*batch.Moment) (string, bool)) string {
	var path strings.Builder
	joined := false
	for i := range t.Moments {
		y, ok := height(&t.Moments[i])
		from, to := t.Span(i)
		switch {
		case ok && joined:
			fmt.Fprintf(&path, "V%sH%s", y, across.at(to.Seconds()))
		case ok:
			fmt.Fprintf(&path, "M%s %sH%s", across.at(from.Seconds()), y, across.at(to.Seconds()))
		}
		joined = ok
	}
	return path.String()
}

// paceChart draws requests per time, the set rate, and when the server asked for
// a pause. The pauses come from the finest timeline there is.
func paceChart(t, finest batch.Timeline, rate float64) chart {
	unit, name := unitOf(rate)
	c := chart{ID: "pace", Title: "Pace over time", About: "How many requests were sent, beside the rate that was set. After a refused one the pace drops, and recovers.",
		X: clock(t.Lasted), YLabel: "requests/" + name, Head: []string{"Until", "Requests", "Requests/" + name, "Throttled", "Pause"}}
	across, most := scale{max: t.Lasted.Seconds()}, rate*unit.Seconds()
	paces := make([]float64, len(t.Moments))
	throttled, held := 0, time.Duration(0)
	for i := range t.Moments {
		m := &t.Moments[i]
		from, to := t.Span(i)
		if to > from {
			paces[i] = float64(m.Requests) / (to - from).Seconds() * unit.Seconds()
		}
		most, throttled, held = max(most, paces[i]), throttled+m.Throttled, held+m.Held
		c.Table = append(c.Table, []string{tableTime(to), grouped(m.Requests), fmt.Sprintf("%.1f", paces[i]), grouped(m.Throttled), pause(m.Held)})
	}
	up := upTo(most)
	c.Y = up.ticks()
	if held > 0 {
		c.Legend = append(c.Legend, shape{"band", "", fmt.Sprintf("the server asked for a pause: %s in all, after %s",
			pause(held), Count(throttled, "refused request"))})
		c.Shapes = append(c.Shapes, shape{"band", pauses(finest, across), ""})
	}
	var path strings.Builder
	for i, pace := range paces {
		from, to := t.Span(i)
		if pace > 0 {
			fmt.Fprintf(&path, "M%s %dV%sH%sV%dZ", across.at(from.Seconds()), side, up.up(pace), across.at(to.Seconds()), side)
		}
	}
	sent := shape{"bars", path.String(), "requests sent"}
	set := shape{"line set", fmt.Sprintf("M0 %sH%d", up.up(rate*unit.Seconds()), side), "set: " + perTime(rate)}
	c.Shapes, c.Legend = append(c.Shapes, sent, set), append([]shape{sent, set}, c.Legend...)
	return c
}

func pause(d time.Duration) string {
	if d == 0 {
		return "–"
	}
	return tableTime(d)
}

// pauses draws a band for each pause: moments that follow each other are one.
func pauses(t batch.Timeline, across scale) string {
	var path strings.Builder
	for i := 0; i < len(t.Moments); i++ {
		first := i
		for i+1 < len(t.Moments) && t.Moments[i].Held > 0 && t.Moments[i+1].Held > 0 {
			i++
		}
		if t.Moments[i].Held == 0 {
			continue
		}
		from, _ := t.Span(first)
		to, end := t.Span(i)
		if first < i { // it began at the end of its first moment
			from = max(from, from+t.Width-t.Moments[first].Held)
		}
		to = min(end, to+t.Moments[i].Held)
		fmt.Fprintf(&path, "M%s 0H%sV%dH%sZ", across.at(from.Seconds()), across.at(to.Seconds()), side, across.at(from.Seconds()))
	}
	return path.String()
}
