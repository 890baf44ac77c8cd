package ledger

import (
	"crypto/rand"
	"fmt"
	"os"
	"os/user"
	"strings"
	"time"
)

// RunInfo says what a run is about.
type RunInfo struct {
	Command      string // the operator's; "": not known, of a run of an older program
	File, SHA256 string // the sheet
	Target       string // the operator's word for the endpoint
	KeyFields    string // "name,country": what the keys were made of; "": the run makes none, and takes the ledger's
}

// RunSummary is one run, for people.
type RunSummary struct {
	ID, Host, User string
	Scope          Scope
	RunInfo
	StartedAt time.Time
	EndedAt   time.Time // zero: it has not ended, or not by itself
	ExitCode  int       // of a run that has ended
	Alive     bool
	Counts    map[string]int // as End was told
}

// Doubt is a partner that may have been created, and where.
type Doubt struct {
	Scope Scope
	Entry
}

// runIDLength is 80 random bits in base32.
const runIDLength = 16

// Died is the exit code of a run that ended without recording its end.
const Died = -1

// SweptReason is what a swept row says to the operator.
const SweptReason = "the run that sent it stopped before the answer was recorded"

// Here is the computer and its user, for people to read: better nothing than no run.
func Here() (host, who string) {
	host, _ = os.Hostname()
	if u, err := user.Current(); err == nil {
		who = u.Username
	}
	return host, who
}

// OtherKeys refuses a run whose keys would be made of other fields than those that
// the ledger at place has.
func OtherKeys(place string, scope Scope, has, fields string) error {
	return fmt.Errorf("the ledger %s tells the partners of %s apart by %q, not by %q; hint: use --key %s, or another ledger",
		place, scope.Endpoint, has, fields, has)
}

// NewRunID makes the name of a run.
func NewRunID() string { return strings.ToLower(rand.Text()[:runIDLength]) }

// ValidRunID keeps what is read from a file name or a caller from naming a path.
func ValidRunID(id string) bool {
	return len(id) == runIDLength && strings.Trim(id, "abcdefghijklmnopqrstuvwxyz234567") == ""
}
