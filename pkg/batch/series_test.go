package batch

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/lmpi"
	"onboard/pkg/partner"
)

var began = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func after(d time.Duration) time.Time { return began.Add(d) }

// TestSeriesIsBounded: however long a run, its moments are few, and nothing is
// lost when they are made wider.
func TestSeriesIsBounded(t *testing.T) {
	for _, tc := range []struct {
		events int
		every  time.Duration
		width  time.Duration
	}{
		{1, 0, seriesWidth},
		{240, seriesWidth, seriesWidth},
		{241, seriesWidth, 2 * seriesWidth},
		{1000, 10 * time.Microsecond, seriesWidth},
		{100_000, time.Second, 8192 * seriesWidth},
	} {
		s := NewSeries(began)
		for i := range tc.events {
			now := after(time.Duration(i) * tc.every)
			s.done(now, i%len(partner.Statuses))
			s.answered(now, 0, true, true)
		}
		got := s.Read(after(time.Duration(tc.events-1) * tc.every))
		rows, requests, throttled := 0, 0, 0
		for i := range got.Moments {
			m := &got.Moments[i]
			requests, throttled = requests+m.Requests, throttled+m.Throttled
			for _, status := range partner.Statuses {
				rows += m.Count(status)
			}
		}
		if len(got.Moments) > seriesLength || got.Width != tc.width || rows != tc.events || requests != tc.events || throttled != tc.events {
			t.Errorf("%d every %s: %d moments of %s, %d rows, %d requests, %d throttled", tc.events, tc.every, len(got.Moments), got.Width, rows, requests, throttled)
		}
	}
}

// TestSeriesCountsWhereRequestsBegan: an answer after a minute is one request of
// a minute ago, and one from before the beginning is of the beginning.
func TestSeriesCountsWhereRequestsBegan(t *testing.T) {
	s := NewSeries(began)
	s.answered(after(900*time.Millisecond), 600*time.Millisecond, true, false)
	s.answered(after(900*time.Millisecond), time.Hour, true, false)
	s.answered(after(900*time.Millisecond), 0, false, false) // no byte left
	var got []int
	read := s.Read(after(time.Second))
	for _, m := range read.Moments {
		got = append(got, m.Requests)
	}
	if diff := cmp.Diff([]int{1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if p := read.Moments[3].Percentile(0.5); p < 588*time.Millisecond || p > 612*time.Millisecond {
		t.Errorf("latency %s", p)
	}
	if p := read.Moments[1].Percentile(0.5); p != 0 {
		t.Errorf("latency %s of no request", p)
	}
}

func TestSeriesHolds(t *testing.T) {
	const ms = time.Millisecond
	type hold struct{ from, d time.Duration }
	for name, tc := range map[string]struct {
		holds []hold
		until time.Duration
		want  []time.Duration
	}{
		"across moments":    {[]hold{{150 * ms, 200 * ms}}, 400 * ms, []time.Duration{0, 50 * ms, 100 * ms, 50 * ms, 0}},
		"cut by the end":    {[]hold{{50 * ms, time.Hour}}, 120 * ms, []time.Duration{50 * ms, 20 * ms}},
		"the longest wins":  {[]hold{{0, 250 * ms}, {10 * ms, 20 * ms}, {20 * ms, 250 * ms}}, 300 * ms, []time.Duration{100 * ms, 100 * ms, 70 * ms, 0}},
		"one after another": {[]hold{{0, 50 * ms}, {110 * ms, 50 * ms}}, 199 * ms, []time.Duration{50 * ms, 50 * ms}},
	} {
		t.Run(name, func(t *testing.T) {
			s := NewSeries(began)
			for _, h := range tc.holds {
				s.hold(after(h.from), h.d)
			}
			var got []time.Duration
			for _, m := range s.Read(after(tc.until)).Moments {
				got = append(got, m.Held)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestTimelineFold(t *testing.T) {
	s := NewSeries(began)
	for i := range 7 {
		s.done(after(time.Duration(i)*seriesWidth), 1)
	}
	read := s.Read(after(7*seriesWidth - 1))
	for n, want := range map[int][]int{1: {1, 1, 1, 1, 1, 1, 1}, 2: {2, 2, 3}, 3: {3, 4}, 4: {4, 3}, 5: {7}, 100: {7}} {
		folded := read.Fold(n)
		var got []int
		for i := range folded.Moments {
			got = append(got, folded.Moments[i].Count(partner.Created))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("folded by %d (-want +got)\n%s", n, diff)
		}
		if _, end := folded.Span(len(want) - 1); end != read.Lasted {
			t.Errorf("folded by %d: it ends at %s, not %s", n, end, read.Lasted)
		}
	}
}

// TestNoSeries: nobody asked for one, and nothing is recorded.
func TestNoSeries(*testing.T) {
	var p Progress
	p.done(partner.Created)
	p.answered(lmpi.Answer{Evidence: lmpi.Evidence{Status: 200}})
	p.Over.hold(began, time.Second)
}

func BenchmarkSeries(b *testing.B) {
	s := NewSeries(time.Now())
	for b.Loop() {
		now := time.Now()
		s.answered(now, time.Millisecond, true, false)
		s.done(now, 1)
	}
}
