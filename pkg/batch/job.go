package batch

import (
	"strings"
	"time"

	"onboard/pkg/ledger"
	"onboard/pkg/pace"
	"onboard/pkg/partner"
	"onboard/pkg/sheet"
)

func (s *Submission) notSentBy(j *job) Result {
	stop := s.stopped()
	hint := "run the same command again to continue"
	return j.notSent("the run ended before its turn: "+stop.Reason, hint)
}

// job is one row that is being sent.
type job struct {
	row          sheet.Row
	company      string
	key          ledger.Key
	fingerprint  ledger.Fingerprint
	body         []byte
	slotReleased bool
	sent         time.Time // when its latest attempt began, as the ledger has it
	permit       pace.Permit
}

func newJob(c *Checked) job {
	row := *c.Row
	row.Text = nil // the body holds what counts from here on
	return job{row: row, company: c.Partner.At(partner.CompanyName), key: c.Key, body: c.body, fingerprint: c.fingerprint}
}

func (j *job) notSent(why, hint string) Result {
	return Result{Row: j.row, Status: partner.NotSent}.problem(partner.NotSentRow, "not sent: "+why, hint)
}

// answered says what an entry of the ledger means for a row. settled is false
// when the row may be claimed, or when another run is about to settle it.
func (j *job) answered(e *ledger.Entry) (r Result, settled bool) {
	r = Result{Row: j.row, TraceID: e.TraceID, At: e.SettledAt}
	same := e.Fingerprint == j.fingerprint
	switch e.State {
	case ledger.Created:
		switch {
		case !same:
			r.Status = partner.Duplicate
			day := dayOf(e)
			return r.problem(partner.DuplicateRow, "this partner was created on "+day+" with other details: "+differing(e.Body, j.body),
				"created on "+day+"; put the row back as it was then to get its link again, or leave it out"), true
		case e.Token == "" || e.Link == "": // an operator found it on the platform, and has no link
			r.Status = partner.Duplicate
			return r.problem(partner.DuplicateRow, "this partner was created, but its "+unknown(e)+" not known ("+e.Reason+")",
				"created on "+dayOf(e)+"; ask the vendor's support for it, with the trace id "+e.TraceID), true
		}
		r.Status, r.Token, r.Link = partner.AlreadyCreated, e.Token, e.Link
		return r, true
	case ledger.InDoubt:
		r.Status, r.At, r.Doubt, r.Company = partner.InDoubt, e.ClaimedAt, e, strings.Clone(j.company) // which is kept longer than its block
		return r.problem(partner.InDoubtRow, e.Reason, ""), true
	case ledger.Rejected:
		r.Status = partner.Rejected
		return r.problem(partner.APIRejected, e.Reason, "unchanged since the API said no: correct the row first"), same
	}
	return Result{}, false
}

// unknown is what a created partner lacks, with its verb.
func unknown(e *ledger.Entry) string {
	switch {
	case e.Token != "":
		return "link is"
	case e.Link != "":
		return "token is"
	}
	return "token and link are"
}

// dayOf is the day on which the request was sent: the outcome may be an operator's decision, days later.
func dayOf(e *ledger.Entry) string { return e.ClaimedAt.Format("2006-01-02") }
