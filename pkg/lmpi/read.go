package lmpi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

const partnersPath = "/LMPI/v3/partners/id"

// Partner is one that exists on the platform. A pending onboarding is probably
// not among them; the API's page does not say.
type Partner struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Role string `json:"role"`
}

// Partners asks for the caller's downstream partners (the API's page "Partners ::
// GetID"). Reading has no effect, so a caller may repeat it.
func (c *Client) Partners(ctx context.Context) ([]Partner, error) {
	var list struct {
		Downstream []Partner `json:"downstream"`
	}
	err := c.read(ctx, partnersPath, &list)
	return list.Downstream, err
}

// Onboarding is how far a created partner is (the API's page "Partners ::
// QueryPartnerOnboarding").
type Onboarding struct {
	Status string `json:"status"` // progressing, success or fail
	Result struct {
		PartnerID string `json:"partner_id"`
		User      struct {
			ID string `json:"id"`
		} `json:"user"`
	} `json:"result"` // only with success
}

// Onboarding asks how far the onboarding is that a token names. The token never
// stands in an error.
func (c *Client) Onboarding(ctx context.Context, token string) (o Onboarding, err error) {
	err = c.read(ctx, onboardingPath+"/token/"+url.PathEscape(token), &o)
	return o, err
}

// ReadError says why a reading call gave no answer.
type ReadError struct{ Evidence }

func (e *ReadError) Error() string {
	if e.Status == 0 {
		return "the server could not be asked: " + e.Failure.String()
	}
	if v := judgeStatus(e.Evidence); v.Outcome == Refused {
		return fmt.Sprintf("%s (%s); hint: %s", v.Reason, wire(e.Evidence), v.Hint)
	}
	return "the server did not answer the question (" + wire(e.Evidence) + ")"
}

func (c *Client) read(ctx context.Context, path string, into any) error {
	e, body := c.exchange(ctx, http.MethodGet, path, nil, NewTraceID(), listLimit)
	if e.Status != http.StatusOK {
		return &ReadError{e}
	}
	if e.BodyError != "" {
		return errors.New("the answer of the server is " + e.BodyError)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return errors.New("the answer of the server is not the documented JSON")
	}
	return nil
}
