package ledger

import (
	"context"
	"time"
)

// Ledger is an open ledger. Its methods may be called by many goroutines.
type Ledger interface {
	// Begin starts a run: it takes the run's lock, records it, reads back what
	// earlier runs could only spill, and declares in doubt what dead runs left
	// open. It refuses a scope whose keys were made of other fields: the same
	// partner would have two keys, and could be created twice.
	Begin(scope Scope, info RunInfo) (Run, error)

	// Runs lists the latest runs, at most limit, the latest first.
	Runs(ctx context.Context, limit int) ([]RunSummary, error)

	// Counts says how many partners are in which state. It reads the whole ledger.
	Counts(ctx context.Context) (map[Scope]map[State]int, error)

	// InDoubt lists the partners in doubt, at most limit, the earliest claim first.
	InDoubt(ctx context.Context, limit int) ([]Doubt, error)

	// Conflicts lists the partners for which the token or link of another one came, at
	// most limit, the earliest claim first, until that is settled.
	Conflicts(ctx context.Context, limit int) ([]Conflict, error)

	// View opens what the ledger knows of a scope, without a run: nothing is written.
	// keyFields is what the scope's keys were made of.
	View(ctx context.Context, scope Scope) (v View, keyFields string, err error)

	// Backup writes a whole copy of the ledger to path (mode 0600), which must
	// not exist; runs may go on meanwhile.
	Backup(ctx context.Context, path string) error

	// Close waits for the write in progress. It lets go of the locks of runs that
	// were not ended: their open claims are in doubt from then on.
	Close() error
}

// View reads what the ledger knows of one scope. Its methods may be called by many
// goroutines, and write nothing.
type View interface {
	// Lookup reads what the ledger knows of keys; a partner that it does not know
	// is not in the map. It never waits for a writer. A few thousand keys at once
	// are best.
	Lookup(ctx context.Context, keys []Key) (map[Key]Entry, error)

	// Traced finds partners by the trace ids of their attempts, earlier ones
	// included; one that the run's scope does not know is not in the map. It may
	// read the whole ledger.
	Traced(ctx context.Context, traceIDs []string) (map[string]Entry, error)

	// Created tells of which keys the ledger has token and link: an entry for each
	// key, in the same order, without Body and Owner. One with a Key and no State is
	// of a partner that is known otherwise (Lookup tells how), an empty one of a
	// partner that is not known. It is quickest when the keys come in the order in
	// which they were claimed.
	Created(ctx context.Context, keys []Key) ([]Entry, error)

	// Tracked reads what was last heard of keys; a partner that was never asked
	// about is not in the map.
	Tracked(ctx context.Context, keys []Key) (map[Key]Tracking, error)

	// Onboardings lists the created partners of the run's scope that come after an
	// ID, at most limit, in the order of their claims.
	Onboardings(ctx context.Context, after int64, limit int) ([]Onboarding, error)

	// Empty says that the ledger knows no partner of the run's scope: then all
	// that a sheet holds would be sent.
	Empty(ctx context.Context) (bool, error)

	// Links lists the created partners of the scope that have token and link, are
	// wanted and come after an ID, at most limit, in the order of their claims.
	Links(ctx context.Context, want Wanted, after int64, limit int) ([]Linked, error)
}

// Run is one run of the program on one scope. Its methods may be called by many
// goroutines. It counts as alive until End, Close or the end of the process.
type Run interface {
	View

	// ID names the run: in the ledger, in its lock and to people.
	ID() string

	// Track remembers, durably, what the API said about a created partner. What is
	// final stays: a late answer of another run changes nothing. About a partner
	// that is not created nothing is remembered.
	Track(key Key, t Tracking) error

	// Claim makes a partner this run's to send, durably. Of all runs that try, one
	// wins; for the others e is the row as it stands, and nothing may be sent. On
	// an error nothing may be sent either; the claim may be on disk all the same,
	// and settling e.Attempt as Released then gives it back.
	Claim(in Intent) (e Entry, won bool, err error)

	// Retry records how an attempt ended and starts the next one, durably, before
	// its first byte. ErrLost: the row was taken away, nothing may be sent.
	Retry(key Key, attempt int, last Attempt, traceID string) (next int, err error)

	// Settle records the outcome of a claim, durably. Settling the same once more
	// is no error. That a partner was created is also taken, and only from the very
	// attempt that it holds, when an operator has decided meanwhile: that it was not,
	// or that it was, without its token or link. A *TakenError says that its token or
	// link is another partner's, at the same endpoint, so the partner was put in doubt;
	// a *SpillError, that the ledger could not take the outcome and where it was saved;
	// ErrLost, that the row is no longer in this attempt.
	Settle(o Outcome) error

	// Settling is Settle in two steps: when it returns, no later claim can reach the
	// disk before the outcome, and durable waits for what Settle promises. So the
	// next partner may be claimed meanwhile, and no more are ever open on disk than
	// are on their way.
	Settling(o Outcome) (durable func() error)

	// Decide settles a partner in doubt by an operator's decision, durably, and
	// records who decided what, when and why. It also tells the token or link that
	// a created partner lacks; those that it has stay, unless an earlier decision told
	// them and this one names them as replaced (Was): then they are recorded with it.
	// What came with an answer of the API is never replaced. ErrLost: none of this is
	// so, or the partner is no longer in that attempt. A *TakenError: another partner
	// has that token or link, and nothing was changed.
	Decide(d Decision) error

	// OwnerAlive says whether the run named owner still works, so that a row that
	// it is sending is in progress, here or elsewhere.
	OwnerAlive(owner string) bool

	// Kept tells, once, of the answers of earlier runs that Begin or Sweep found and
	// the ledger did not take, though their tokens or links are nowhere else.
	Kept() []Kept

	// Sweep reads back spilled outcomes and then puts in doubt what dead runs were
	// sending. Living runs are left alone, and a run that was wrongly taken for
	// dead may still settle. ctx bounds the search, not the writing.
	Sweep(ctx context.Context) error

	// Spilled tells where the answers are that the ledger did not take.
	Spilled() Spillage

	// End marks the run as finished and lets go of its lock. Claims that it left
	// open are in doubt from the next Begin or Sweep on.
	End(exitCode int, counts map[string]int) error
}

// Shared is a Run whose ledger is that of many computers. It divides one pace among
// all runs of its scope, and may be out of reach for a while.
type Shared interface {
	// Away says for how long the ledger has not answered; 0 when it does.
	Away() time.Duration

	// Reserve takes n slots for this run. rate is what the run keeps to, per second;
	// the lowest of all who take part counts.
	Reserve(ctx context.Context, rate float64, n int) (Slots, error)

	// Hold tells all others that nobody may start for d from now, and that this run
	// keeps to rate then. It doesn't wait.
	Hold(d time.Duration, rate float64)

	// Hurry waits until the ledger is closed, and gives it up when it has not answered
	// for a second: what it did not take is spilled then. It is for a run that is to
	// stop at once.
	Hurry()

	// OnHold has heed called for each hold of another run.
	OnHold(heed func(d time.Duration))
}

// Slots are times at which a run may start something: the first, by the clock of
// this computer, and the others evenly after it.
type Slots struct {
	First time.Time
	Every time.Duration
	Rate  float64 // of all runs together, per second
}
