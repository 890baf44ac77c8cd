package batch

import (
	"sync"
	"time"

	"onboard/pkg/partner"
)

const (
	seriesLength = 240                    // moments at most: finer than any drawing of them
	seriesWidth  = 100 * time.Millisecond // of the first moments
)

// Series is a submission over time, in moments of one width. However long the
// run, there are at most seriesLength of them: when there would be more, each two
// become one and the width doubles. It is safe for concurrent use; a nil Series
// records nothing.
type Series struct {
	mu      sync.Mutex
	began   time.Time
	width   time.Duration
	moments []Moment
	from    time.Time // what of the latest pause is not in the moments yet
	until   time.Time
}

// Moment is what happened in one stretch of time.
type Moment struct {
	Rows      [8]int // that got their result, in the order of partner.Statuses
	Requests  int    // that began
	Throttled int    // of the attempts, refused unprocessed
	Held      time.Duration
	latency   *histogram // of these requests; nil: none was answered
}

// Timeline is a reading of a Series.
type Timeline struct {
	Width   time.Duration // of a moment
	Lasted  time.Duration // the whole; the last moment may be shorter or longer
	Moments []Moment
}

// NewSeries returns a series that begins now.
func NewSeries(now time.Time) *Series { return &Series{began: now, width: seriesWidth} }

// done counts a row with a result, by the place of its status.
func (s *Series) done(now time.Time, status int) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at(now).Rows[status]++
}

// answered counts an attempt where it began. One of which no byte was sent is no
// request.
func (s *Series) answered(now time.Time, elapsed time.Duration, sent, throttled bool) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.at(now.Add(-elapsed))
	if throttled {
		m.Throttled++
	}
	if !sent {
		return
	}
	m.Requests++
	if m.latency == nil {
		m.latency = new(histogram)
	}
	m.latency[bucket(elapsed)]++
}

// hold notes that nobody may start for d from now. Of several pauses the longest
// wins.
func (s *Series) hold(now time.Time, d time.Duration) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spread(now)
	s.from = now
	if until := now.Add(d); until.After(s.until) {
		s.until = until
	}
}

// spread puts the pause, as far as it is over, into the moments in which it lay.
func (s *Series) spread(now time.Time) {
	end := s.until
	if now.Before(end) {
		end = now
	}
	for s.from.Before(end) {
		m := s.at(s.from)
		next := s.began.Add(s.from.Sub(s.began).Truncate(s.width) + s.width)
		if next.After(end) {
			next = end
		}
		m.Held += next.Sub(s.from)
		s.from = next
	}
}

// at is the moment of a time; what seems to lie before the beginning is put there.
func (s *Series) at(t time.Time) *Moment {
	i := int(max(0, t.Sub(s.began)) / s.width)
	for ; i >= seriesLength; i /= 2 {
		s.moments, s.width = fold(s.moments, 2), 2*s.width
	}
	for len(s.moments) <= i {
		s.moments = append(s.moments, Moment{})
	}
	return &s.moments[i]
}

// Read takes a reading, of the time until now.
func (s *Series) Read(now time.Time) Timeline {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spread(now)
	s.at(now) // quiet at the end is time, too
	return Timeline{s.width, now.Sub(s.began), fold(s.moments, 1)}
}

// Fold makes one moment of each n that follow each other. A rest of less than
// half a moment joins the one before: numbers per second of so little say nothing.
func (t Timeline) Fold(n int) Timeline {
	t.Width, t.Moments = t.Width*time.Duration(n), fold(t.Moments, n)
	last := len(t.Moments) - 1
	if last > 0 && t.Lasted-t.Width*time.Duration(last) < t.Width/2 {
		t.Moments[last-1].add(&t.Moments[last])
		t.Moments = t.Moments[:last]
	}
	return t
}

// Span is when a moment began and ended, from the beginning of the run.
func (t Timeline) Span(i int) (from, to time.Duration) {
	from, to = t.Width*time.Duration(i), t.Width*time.Duration(i+1)
	if i == len(t.Moments)-1 {
		to = max(t.Lasted, from)
	}
	return from, to
}

// fold returns new moments: what they share with the old ones is not written again.
func fold(moments []Moment, n int) []Moment {
	folded := make([]Moment, 0, seriesLength)
	for i, m := range moments {
		if i%n == 0 {
			folded = append(folded, Moment{})
		}
		folded[i/n].add(&m)
	}
	return folded
}

func (m *Moment) add(o *Moment) {
	for i := range m.Rows {
		m.Rows[i] += o.Rows[i]
	}
	m.Requests += o.Requests
	m.Throttled += o.Throttled
	m.Held += o.Held
	if o.latency == nil {
		return
	}
	if m.latency == nil {
		m.latency = new(histogram)
	}
	for i, n := range o.latency {
		m.latency[i] += n
	}
}

// Percentile is the latency that the given share (0 to 1) of the requests did
// not exceed, within 2 %; 0 when there was none.
func (m *Moment) Percentile(share float64) time.Duration {
	if m.latency == nil {
		return 0
	}
	return m.latency.percentile(share)
}

// Count is how many rows got this status.
func (m *Moment) Count(status partner.Status) int {
	for i, s := range partner.Statuses {
		if s == status {
			return m.Rows[i]
		}
	}
	return 0
}
