package lmpi

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
)

const (
	partnersPath = "/LMPI/v3/partners/id"
	stateLimit   = 64 // code points of a state; the documented ones have 11 at most
)

// Partner is one that exists on the platform. A pending onboarding is probably
// not among them; the API's page does not say.
type Partner struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Role string `json:"role"`
}

// Partners asks for the caller's downstream partners (the API's page "Partners ::
// GetID"), and hands each over when it has been read. Reading has no effect, so a caller
// may repeat it. An answer that is not all of their list is none: it must not be taken
// for one that nobody is there.
func (c *Client) Partners(ctx context.Context, traceID string, ready func() bool, each func(Partner)) Reading {
	x := c.exchange(ctx, call{method: http.MethodGet, target: c.at(partnersPath), traceID: traceID, ready: ready,
		list: func(body io.Reader) (string, error) { return readPartners(body, each) }})
	return Reading{Evidence: x.Evidence, Verdict: judgeReading(x.Evidence)}
}

// Onboarding is how far a created partner is, in the API's words.
type Onboarding struct {
	State             string // progressing, success or fail are documented
	PartnerID, UserID string // documented for success only
}

// Final says that another question would get the same answer. A success without
// the partner's id is asked about again: the id is what the answer is good for.
func (o Onboarding) Final() bool {
	return o.State == "fail" || o.State == "success" && o.PartnerID != ""
}

// Reading is one question about an onboarding: what was observed, what it means,
// and the answer if the outcome is Told.
type Reading struct {
	Evidence
	Verdict
	Onboarding
}

// Onboarding asks how far the onboarding is that a token names (the API's page
// "Partners :: QueryPartnerOnboarding"). Reading has no effect, so a caller may
// repeat it; ready is as for Create. The token stands in nothing that is returned.
func (c *Client) Onboarding(ctx context.Context, token, traceID string, ready func() bool) Reading {
	var told struct {
		Token  string `json:"token"`
		Status string `json:"status"`
		Result struct {
			PartnerID string `json:"partner_id"`
			User      struct {
				ID string `json:"id"`
			} `json:"user"`
		} `json:"result"`
	}
	x := c.exchange(ctx, call{method: http.MethodGet, target: c.at(onboardingPath + "/token/" + url.PathEscape(token)), traceID: traceID, ready: ready})
	e := x.Evidence
	if e.Status == http.StatusOK && e.BodyError == "" && json.Unmarshal(x.answer, &told) != nil {
		e.BodyError = "not the documented JSON"
	}
	hide := func(s string) string { return clean(hideWord(s, token)) }
	e.Subject, e.Message = hide(e.Subject), hide(e.Message) // a server may repeat what it was asked
	o := Onboarding{cut(hide(told.Status), stateLimit), hide(told.Result.PartnerID), hide(told.Result.User.ID)}
	if e.Status == http.StatusOK && e.BodyError == "" {
		switch {
		case told.Token != "" && told.Token != token:
			e.BodyError = "about another token"
		case o.State == "":
			e.BodyError = "without a status"
		}
	}
	r := Reading{Evidence: e, Verdict: judgeReading(e)}
	if r.Outcome == Told {
		r.Onboarding = o
	}
	return r
}

// judgeReading decides what becomes of a question. It has no effect on the
// server, so that what is unknown may be asked again: Unsent.
func judgeReading(e Evidence) Verdict {
	if e.Status == 0 {
		if v := judgeSilence(e); v.Outcome == Refused {
			return v
		}
		return Verdict{Unsent, false, "the server could not be asked: " + e.Failure.String(), ""}
	}
	if e.Surplus {
		return Verdict{Unsent, false, "more than one answer came to the question, so neither can be trusted", ""}
	}
	v := judgeReadingStatus(e)
	v.Reason += " (" + status(e) + ")"
	return v
}

func judgeReadingStatus(e Evidence) Verdict {
	switch e.Status {
	case http.StatusOK:
		if e.BodyError != "" {
			return Verdict{Unsent, false, "the answer of the server is " + e.BodyError, ""}
		}
		return Verdict{Told, false, "told", ""}
	case http.StatusForbidden:
		return Verdict{Refused, true, "the server does not let this account ask", "check the credentials and the target, or ask the vendor to allow it"}
	case http.StatusNotFound:
		return Verdict{Rejected, false, "the server does not know what was asked for", hintWrong}
	case http.StatusServiceUnavailable: // with or without Retry-After: nothing can have happened twice
		return unprocessed
	}
	switch v := judgeStatus(e); v.Outcome {
	case Refused, Unprocessed:
		return v
	case Rejected:
		return Verdict{Rejected, false, "the server refuses the question", ""}
	default:
		if v.Stop {
			return moved
		}
	}
	return Verdict{Unsent, false, "the server did not answer the question", ""}
}
