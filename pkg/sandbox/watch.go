package sandbox

import (
	"fmt"
	"hash/maphash"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	maxViolations = 1000                  // kept; a client that goes wrong does so in every request
	maxOff        = 2                     // seconds between x-posix-time and arrival
	slack         = 50 * time.Millisecond // around a Retry-After, for what was on its way when it was sent and for timers
)

// Stats is what a Server has seen since it was made. Created alone reaches back further, as far as Config.State does.
type Stats struct {
	Requests      int
	Posts         int                 // creations asked for whose body arrived whole, whatever became of them
	Created       map[string][]string // tokens of each company, in the order of creation
	Violations    []string            // what no careful client does, the first thousand
	MaxInFlight   int
	BusiestSecond int         // most arrivals within any one second
	Statuses      map[int]int // answers by status; 0: no status was sent
}

// Snapshot is a copy of the counters.
func (s *Server) Snapshot() Stats {
	stats := s.watch.snapshot()
	stats.Created = s.store.tokens()
	return stats
}

// watch counts requests and notes violations.
type watch struct {
	forget bool
	seed   maphash.Seed

	mu        sync.Mutex
	stats     Stats
	inFlight  int
	recent    []time.Time         // arrivals of the last second
	seen      map[uint64]struct{} // hashes of signatures and trace ids
	holdFrom  time.Time           // when a Retry-After was first sent
	holdUntil time.Time           // when the last of them expires
}

func newWatch(forget bool) *watch {
	return &watch{forget: forget, seed: maphash.MakeSeed(), seen: map[uint64]struct{}{}, stats: Stats{Statuses: map[int]int{}}}
}

func (w *watch) snapshot() Stats {
	w.mu.Lock()
	defer w.mu.Unlock()
	stats := w.stats
	stats.Violations, stats.Statuses = slices.Clone(stats.Violations), maps.Clone(stats.Statuses)
	return stats
}

// arrive counts a request and numbers it.
func (w *watch) arrive(at time.Time) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stats.Requests++
	w.inFlight++
	w.stats.MaxInFlight = max(w.stats.MaxInFlight, w.inFlight)
	w.recent = append(w.recent, at)
	for at.Sub(w.recent[0]) >= time.Second {
		w.recent = w.recent[1:]
	}
	w.stats.BusiestSecond = max(w.stats.BusiestSecond, len(w.recent))
	return w.stats.Requests
}

func (w *watch) leave() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.inFlight--
}

// record counts an answer that is about to go out, and when the next request may come.
func (w *watch) record(out *reply, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stats.Statuses[out.status]++
	if out.retry == 0 {
		return
	}
	if now.After(w.holdUntil.Add(-slack)) {
		w.holdFrom = now
	}
	if until := now.Add(out.retry); until.After(w.holdUntil) {
		w.holdUntil = until
	}
}

// note adds a violation; request 0 is the server itself.
func (w *watch) note(n int, format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.add(n, format, args...)
}

func (w *watch) add(n int, format string, args ...any) {
	if len(w.stats.Violations) < maxViolations {
		w.stats.Violations = append(w.stats.Violations, fmt.Sprintf("request %d: ", n)+fmt.Sprintf(format, args...))
	}
}

// inspect notes what no careful client does, in requests that are refused too.
func (w *watch) inspect(v *visit) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if v.Method == http.MethodPost && v.URL.Path == createPath && v.readErr == nil {
		w.stats.Posts++
	}
	for _, name := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
		if _, sent := v.Header[name]; sent {
			w.add(v.n, "has the header %s, which makes Go's transport send a request twice", name)
		}
	}
	if v.Proto != "HTTP/1.1" {
		w.add(v.n, "comes by %s, not HTTP/1.1", v.Proto)
	}
	if v.URL.Path == elsewhere {
		w.add(v.n, "follows a redirect")
	}
	if v.ContentLength != int64(len(v.body)) && !v.tooLarge() {
		w.add(v.n, "has a body of %d bytes and a Content-Length of %d", len(v.body), v.ContentLength)
	}
	if v.at.After(w.holdFrom.Add(slack)) && v.at.Before(w.holdUntil.Add(-slack)) {
		w.add(v.n, "comes %v before a Retry-After expires", w.holdUntil.Sub(v.at))
	}
	w.inspectStamp(v)
}

// inspectStamp looks for stale and repeated stamps. Two attempts of one row within one second rightly have the same
// signature; so a repeated signature counts when its second is over, or when the trace id says that it is the same attempt.
func (w *watch) inspectStamp(v *visit) {
	var off int64
	if seconds, ok := posixTime(v.Header.Get("X-Posix-Time")); ok {
		if off = v.at.Unix() - seconds; off > maxOff || off < -maxOff {
			w.add(v.n, "has an x-posix-time that is %d s off", off)
		}
	}
	trace, signature := v.Header.Get("X-Traceid"), v.Header.Get("X-Signature")
	again := w.repeated("trace " + trace)
	if again {
		w.add(v.n, "repeats the trace id %s", trace)
	}
	if w.repeated("signature "+signature) && (again || off > 1) {
		w.add(v.n, "repeats a signature")
	}
}

// repeated remembers a labelled value by its hash and tells whether it was known; an empty value never is.
func (w *watch) repeated(labelled string) bool {
	if w.forget || labelled[len(labelled)-1] == ' ' {
		return false
	}
	sum := maphash.String(w.seed, labelled)
	_, known := w.seen[sum]
	w.seen[sum] = struct{}{}
	return known
}
