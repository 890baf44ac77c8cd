package lmpi

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// Outcome answers the one question: could the server have acted?
type Outcome int

// The outcomes that an attempt can have.
const (
	Unsent      Outcome = iota // no byte of the request was written: may be tried again
	Unprocessed                // the server declined for now: may be tried again, later
	Created                    // token and link are there
	Rejected                   // the API refuses this row
	InDoubt                    // may have been created: never to be sent again unasked
	Refused                    // every row would be refused; this one was not created
	Told                       // a question, which creates nothing, has its answer
)

// String is the outcome in lower case.
func (o Outcome) String() string {
	return [...]string{"unsent", "unprocessed", "created", "rejected", "in doubt", "refused", "told"}[o]
}

// Verdict is what an attempt means.
type Verdict struct {
	Outcome Outcome
	Stop    bool   // no other row should be sent
	Reason  string // a clause for people: no secret, no token, nothing of the row
	Hint    string // what to do about it; may be empty
}

const (
	hintDoubt = "find out whether the partner exists before it is sent again; the trace ID is what the vendor's support asks for"
	hintWrong = "check the target address"
)

var (
	moved       = Verdict{Refused, true, "the server points to another address", hintWrong}
	elsewhere   = Verdict{InDoubt, true, "the server points to another page instead of answering, and may have created the partner", hintDoubt + "; " + hintWrong}
	badForm     = Verdict{Refused, true, "the server does not take calls of this form", hintWrong + ", or look for a newer version of this program"}
	rejected    = Verdict{Rejected, false, "the API rejected this row", "correct the row by the API's words"}
	unprocessed = Verdict{Unprocessed, false, "the server asks to try again later", ""}
	doubtful    = Verdict{InDoubt, false, "the server did not say whether it created the partner", hintDoubt}
)

// byStatus is the table for the statuses that need no further look. Those that are
// missing here and in judgeStatus are in doubt.
var byStatus = map[int]Verdict{
	http.StatusMovedPermanently:      moved,
	http.StatusTemporaryRedirect:     moved,
	http.StatusPermanentRedirect:     moved,
	http.StatusFound:                 elsewhere,
	http.StatusSeeOther:              elsewhere,
	http.StatusForbidden:             {Refused, true, "the server does not let this account create partners", "check the credentials and the target, or ask the vendor to allow it"},
	http.StatusNotFound:              {Refused, true, "there is no onboarding service at this address", hintWrong},
	http.StatusMethodNotAllowed:      badForm,
	http.StatusUnsupportedMediaType:  badForm,
	http.StatusConflict:              {Rejected, false, "the API reports a conflict", "check whether this partner exists already"},
	http.StatusRequestEntityTooLarge: {Rejected, false, "the row is too large for the server", "shorten its cells"},
	http.StatusUnprocessableEntity:   rejected,
	http.StatusMisdirectedRequest:    unprocessed,
	http.StatusTooEarly:              unprocessed,
	http.StatusTooManyRequests:       unprocessed,
}

// Judge decides by the evidence alone; it is the promised table, line by line, and
// what that does not name is in doubt.
func Judge(e Evidence) Verdict {
	if e.Status == 0 {
		return judgeSilence(e)
	}
	v := judgeStatus(e)
	switch {
	case e.Surplus:
		v = Verdict{InDoubt, false, "more than one answer came to this request, so neither can be trusted", hintDoubt}
	case e.Gives:
		v = gives(v)
	}
	v.Reason += " (" + status(e) + ")"
	return v
}

// gives judges an answer that is no success and yet has a token or a link in it. What
// it says of the run holds.
func gives(v Verdict) Verdict {
	v.Outcome = InDoubt
	v.Reason += "; yet a token or a link came with that, so the partner may exist"
	if v.Stop {
		v.Hint = hintDoubt + "; " + v.Hint
		return v
	}
	v.Hint = hintDoubt
	return v
}

// judgeSilence judges an attempt without an answer: what may have been written may
// have arrived, whatever broke afterwards.
func judgeSilence(e Evidence) Verdict {
	if e.BytesWritten > 0 {
		return Verdict{InDoubt, false, e.Failure.String() + "; the request may have arrived", hintDoubt}
	}
	v := Verdict{Unsent, false, e.Failure.String() + "; nothing was sent", ""}
	switch e.Failure {
	case FailureCertificate:
		v.Outcome, v.Stop, v.Hint = Refused, true, hintWrong+" and this computer's trusted certificates; a security product may stand in between"
	case FailureNotTLS, FailureNotLocal:
		v.Outcome, v.Stop, v.Hint = Refused, true, hintWrong
	case FailureProxy:
		v.Hint = "check the proxy settings of this computer"
	case FailureResolve, FailureDial, FailureHandshake:
		v.Hint = "check the network and the target address"
	}
	return v
}

func judgeStatus(e Evidence) Verdict {
	v, found := byStatus[e.Status]
	switch {
	case found:
		return v
	case e.Status/100 == 2:
		return judgeSuccess(e)
	case e.Status == http.StatusBadRequest && strings.HasPrefix(e.Subject, "MissingHeader"):
		return badForm
	case e.Status == http.StatusBadRequest:
		return rejected
	case e.Status == http.StatusUnauthorized:
		return judgeUnauthorized(e)
	case e.AsksToWait():
		return unprocessed
	case e.Status >= 600:
		return Verdict{InDoubt, false, "the server answered with a status that HTTP does not have", hintDoubt}
	}
	return doubtful
}

// AsksToWait says that the server counts requests and has had too many. That holds also
// where the answer leaves its own row in doubt.
func (e Evidence) AsksToWait() bool {
	return !e.Surplus && (e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable && e.HasRetryAfter)
}

func judgeSuccess(e Evidence) Verdict {
	documented := e.Status == http.StatusOK || e.Status == http.StatusCreated
	switch {
	case e.BodyError != "":
		return Verdict{InDoubt, false, "the server reports success, but its answer cannot be used: " + e.BodyError, hintDoubt}
	case !documented || e.Token == "" || e.Link == "":
		return Verdict{InDoubt, false, "the server reports success, but not as the API documents it", hintDoubt}
	}
	return Verdict{Created, false, "created", ""}
}

// skewLimit is well within the 15 minutes that the API's page allows, and far above
// what an exchange takes.
const skewLimit = 4 * time.Minute

func judgeUnauthorized(e Evidence) Verdict {
	v := Verdict{Refused, true, "the API does not accept the credentials", "check the access token and the secret key, and that they are for this target"}
	if e.Subject != "AuthenticationFailurePosixTime" && (!e.HasSkew || e.ClockSkew.Abs() <= skewLimit) {
		return v
	}
	v.Reason, v.Hint = "the API does not accept the time of the call", "set this computer's clock"
	if e.HasSkew {
		v.Reason += ": " + skewWords(e.ClockSkew)
	}
	return v
}

func skewWords(skew time.Duration) string {
	side := "behind"
	if skew < 0 {
		side = "ahead of"
	}
	unit := time.Second
	if skew.Abs() > time.Minute {
		unit = time.Minute // what the exchange took is no part of it
	}
	return fmt.Sprintf("this computer's clock is %v %s the server's", skew.Abs().Round(unit), side)
}

// plainSubject is the form of the documented subjects. Others are left out of reasons:
// they may quote the row.
var plainSubject = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._{}\[\]-]{0,99}$`)

func status(e Evidence) string {
	if plainSubject.MatchString(e.Subject) {
		return fmt.Sprintf("HTTP %d, %s", e.Status, e.Subject)
	}
	return fmt.Sprintf("HTTP %d", e.Status)
}
