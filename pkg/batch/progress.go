package batch

import (
	"math"
	"sync/atomic"
	"time"

	"onboard/pkg/lmpi"
	"onboard/pkg/partner"
)

// Progress counts what a submission does. It is written by the run and may be
// read at any time by whoever draws.
type Progress struct {
	inFlight  atomic.Int64
	requests  atomic.Int64
	throttled atomic.Int64
	retries   atomic.Int64
	rows      atomic.Int64
	sent      atomic.Int64
	onWire    atomic.Int64
	unreached atomic.Int64
	elsewhere atomic.Int64
	alone     atomic.Bool
	asked     atomic.Bool
	statuses  [8]atomic.Int64 // in the order of partner.Statuses
	latency   [latencyBuckets]atomic.Uint32

	Over *Series // the same over time; nil: nobody wants to know
}

// Numbers is a reading of Progress.
type Numbers struct {
	Rows      int // rows that have a result
	InFlight  int // rows on their way, waiting for their turn included
	Sent      int // rows that were on their way and have a result
	Requests  int
	Retries   int
	Throttled int
	ByStatus  map[partner.Status]int

	OnWire    int  // requests without an answer yet
	Unreached int  // rows that wait to be tried again, because the server was not reached
	Elsewhere int  // rows that another run is sending
	Alone     bool // one row goes at a time, because none had a clear answer yet
	Asked     bool // the present hold is as long as the server asked for
}

// Read takes a reading.
func (p *Progress) Read() Numbers {
	n := Numbers{Rows: int(p.rows.Load()), InFlight: int(p.inFlight.Load()), Sent: int(p.sent.Load()), Requests: int(p.requests.Load()),
		Retries: int(p.retries.Load()), Throttled: int(p.throttled.Load()), ByStatus: map[partner.Status]int{},
		OnWire: int(p.onWire.Load()), Unreached: int(p.unreached.Load()), Elsewhere: int(p.elsewhere.Load()),
		Alone: p.alone.Load(), Asked: p.asked.Load()}
	for i, s := range partner.Statuses {
		n.ByStatus[s] = int(p.statuses[i].Load())
	}
	return n
}

func (p *Progress) done(status partner.Status) {
	for i, s := range partner.Statuses {
		if s == status {
			p.statuses[i].Add(1)
			p.Over.done(time.Now(), i)
		}
	}
	p.rows.Add(1)
}

func (p *Progress) answered(a lmpi.Answer) {
	sent := a.BytesWritten > 0 || a.Status > 0
	p.Over.answered(time.Now(), a.Elapsed, sent, a.Outcome == lmpi.Unprocessed)
	if sent {
		p.requests.Add(1)
		p.latency[bucket(a.Elapsed)].Add(1)
	}
	if a.Outcome == lmpi.Unprocessed {
		p.throttled.Add(1)
	}
}

// Latencies are counted in buckets 2 % wide from 10 µs on, which reach beyond
// the longest time-out.
const (
	latencyBuckets = 1024
	bucketFloor    = 10 * time.Microsecond
	bucketGrowth   = 1.02
)

func bucket(d time.Duration) int {
	if d <= bucketFloor {
		return 0
	}
	return min(latencyBuckets-1, int(math.Log(float64(d)/float64(bucketFloor))/math.Log(bucketGrowth)))
}

// Percentile is the latency that the given share (0 to 1) of the requests did
// not exceed, within 2 %; 0 when there was none.
func (p *Progress) Percentile(share float64) time.Duration {
	var h histogram
	for i := range p.latency {
		h[i] = p.latency[i].Load()
	}
	return h.percentile(share)
}

// histogram counts latencies by their bucket.
type histogram [latencyBuckets]uint32

func (h *histogram) percentile(share float64) time.Duration {
	var total uint64
	for _, n := range h {
		total += uint64(n)
	}
	rank := uint64(math.Ceil(share * float64(total)))
	for i, n := range h {
		if n > 0 && uint64(n) >= rank {
			return time.Duration(float64(bucketFloor) * math.Pow(bucketGrowth, float64(i)+0.5))
		}
		rank -= uint64(n)
	}
	return 0
}
