package ledger

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrLost says that a partner is not, or no longer, this run's in that attempt
// and state: it was not changed, and nothing may be sent for it.
var ErrLost = errors.New("the ledger holds this partner in another state, or for another run")

// ErrClosed is the answer of a ledger after Close.
var ErrClosed = errors.New("the ledger is closed")

// ErrGone says that what holds the ledger is not to be found: a new one in its place
// knows nobody, and all would be created again.
var ErrGone = errors.New("the tables of the ledger are not to be found")

// Intent is what is about to be sent.
type Intent struct {
	Key         Key
	Fingerprint Fingerprint
	Body        []byte
	TraceID     string
	Line        int
}

// Attempt is what came of one request that is to be repeated.
type Attempt struct {
	TraceID         string
	HTTPStatus      int
	Verdict, Reason string
	Bytes           int64     // of the request, written to the connection
	At              time.Time // when it gave way to the next one
}

// Outcome is the last word on a claimed partner. Attempt is the number that
// Claim or Retry gave.
type Outcome struct {
	Key         Key
	Attempt     int
	State       State // Created, Rejected, Released or InDoubt
	HTTPStatus  int
	Reason      string
	Token, Link string
	Answer      string    // what arrived and could not be used; for support, it may hold a token
	At          time.Time // when the answer came; zero: now
}

// Check refuses a state that no claim ends in, and completes At.
func (o *Outcome) Check() error {
	if !o.State.Settled() {
		return fmt.Errorf("partner %x cannot be settled as %q", o.Key, o.State)
	}
	if o.At.IsZero() {
		o.At = time.Now()
	}
	return nil
}

// Same says whether a row holds this very outcome already.
func (o *Outcome) Same(e *Entry) bool {
	return e.Attempt == o.Attempt && e.State == o.State && e.Token == o.Token && e.Link == o.Link
}

// Settled is what Settle returns after an attempt to write the outcome: it was
// written, in doubt as holder has its token or link, it came too late (lost), or err.
// What exists nowhere else goes to spill.
func (o *Outcome) Settled(lost bool, holder *Entry, err error, spill func(Outcome, error) error) error {
	if err == nil && !lost && holder != nil {
		return &TakenError{*holder}
	}
	if err == nil && lost {
		err = fmt.Errorf("cannot settle attempt %d of partner %x as %s: %w", o.Attempt, o.Key, o.State, ErrLost)
		if o.Token == "" && o.Link == "" { // these exist nowhere else
			return fmt.Errorf("%w; hint: run the same command again, it goes by what the ledger has", err)
		}
	}
	if err != nil {
		return spill(*o, err)
	}
	return nil
}

// Decision is an operator's word on a partner in doubt, or the token and link
// of one that was created without.
type Decision struct {
	Key         Key
	Attempt     int    // the one that is, or was, in doubt
	State       State  // Created, or Released to have it sent again
	Token, Link string // if the operator has them; what the ledger has stays otherwise
	Who, Why    string
	Was         *Told // what an earlier decision told and Token and Link replace; nil: nothing is replaced
}

// Told is a token and a link as an operator told them. One may be missing.
type Told struct{ Token, Link string }

// Note is what is recorded as the reason of a decision, for support: what it
// replaced would be nowhere else. It is never shown.
func (d *Decision) Note() string {
	if d.Was == nil {
		return d.Why
	}
	return fmt.Sprintf("%s [replaced token %q, link %q]", d.Why, d.Was.Token, d.Was.Link)
}

// Check refuses a state that nobody may decide.
func (d *Decision) Check() error {
	if d.State != Created && d.State != Released || d.Was != nil && d.State != Created {
		return fmt.Errorf("partner %x cannot be decided to be %q", d.Key, d.State)
	}
	return nil
}

// decidedBy begins the reason of a row that an operator settled.
const decidedBy = "settled by "

// Decided says that a created partner has what it has of token and link by a
// decision, though one of them may have come with an answer before.
func (e *Entry) Decided() bool { return e.State == Created && strings.HasPrefix(e.Reason, decidedBy) }

// Reason is what the row says from then on.
func (d *Decision) Reason() string {
	reason := decidedBy + d.Who
	if d.Why != "" {
		reason += ": " + d.Why
	}
	return reason
}
