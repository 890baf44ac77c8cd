package ledger

import "time"

// Key identifies a partner: a digest of the normalised business key.
type Key [16]byte

// Fingerprint is the SHA-256 of the canonical request body. Two rows with one
// key and two fingerprints are one partner with changed details.
type Fingerprint [32]byte

// State is what the ledger knows of a partner.
type State string

// The states, and what they mean for the next run.
const (
	Sending  State = "sending"  // claimed; a request may be on its way
	Created  State = "created"  // has its token and link; final
	Rejected State = "rejected" // the API said no; may be claimed with other details
	Released State = "released" // proven not to have been acted upon; may be claimed
	InDoubt  State = "in_doubt" // may have been created; never sent again by itself
)

// Settled says whether a claim can end in s.
func (s State) Settled() bool {
	return s == Created || s == Rejected || s == Released || s == InDoubt
}

// Scope separates partners that cannot meet: a rehearsal never hides a real one.
type Scope struct {
	Endpoint string // base URL of the API
	Account  string // shortened hash of the access token
}

// Entry is one partner as the ledger knows it.
type Entry struct {
	Key         Key
	Fingerprint Fingerprint
	State       State
	Owner       string // id of the run that claimed it
	Attempt     int    // counts over all runs, from 1
	TraceID     string // of the latest attempt
	Line        int    // physical line of the sheet at the time
	HTTPStatus  int    // 0: no answer
	Reason      string // the API's words, or the evidence
	Token, Link string
	Body        []byte    // canonical request body, so that a later run can say what differs
	ClaimedAt   time.Time // when the latest attempt began; UTC, to the millisecond
	SettledAt   time.Time // zero while sending
}
