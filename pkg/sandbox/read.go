package sandbox

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

type progressAnswer struct {
	Token  string          `json:"token"`
	Status string          `json:"status"`
	Result *progressResult `json:"result,omitempty"` // with success only
}

type progressResult struct {
	PartnerID string `json:"partner_id"`
	User      struct {
		ID    string `json:"id"`
		Email string `json:"email"`
	} `json:"user"`
}

type partner struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Role string `json:"role"`
}

type partnersAnswer struct {
	Root struct {
		partner
		IsV1XSP bool `json:"is_v1xsp"`
	} `json:"root"`
	Downstream []partner `json:"downstream"`
}

// progress answers how far an onboarding is.
func (s *Server) progress(v *visit) (*reply, error) {
	o, ok := s.store.read(strings.TrimPrefix(v.URL.Path, tokenPath))
	if !ok {
		return nil, refuse(http.StatusNotFound, "NotFound", "no onboarding has this token")
	}
	out := progressAnswer{Token: o.Token, Status: s.status(o, v)}
	if out.Status == "success" {
		out.Result = &progressResult{PartnerID: id("partner", o.Token)}
		out.Result.User.ID, out.Result.User.Email = id("user", o.Token), o.Email
	}
	return s.tell(v, out)
}

// list answers the caller and its partners: those whose onboarding succeeded. Whether the real list holds pending ones too is
// not documented.
func (s *Server) list(v *visit) (*reply, error) {
	out := partnersAnswer{Downstream: []partner{}}
	out.Root.partner = partner{ID: id("root", s.cfg.AccessToken), Name: "Sandbox Distributor", Role: "Distributor"}
	for _, o := range s.store.onboardings() {
		if s.status(o, v) == "success" {
			out.Downstream = append(out.Downstream, partner{ID: id("partner", o.Token), Name: o.Company, Role: "MSP"})
		}
	}
	return s.tell(v, out)
}

// status is an onboarding's at the time of a visit. It settles after so many reads and so much time.
func (s *Server) status(o onboarding, v *visit) string {
	if s.cfg.SettleReads > 0 && o.reads <= s.cfg.SettleReads || v.at.Sub(o.Time) < s.cfg.SettleAfter {
		return "progressing"
	}
	if chance(fmt.Sprintf("%d\x00fail\x00%s", s.cfg.Seed, o.Company)) < s.cfg.FailRate {
		return "fail"
	}
	return "success"
}

// tell answers a reading call, unless a fault strikes.
func (s *Server) tell(v *visit, answer any) (*reply, error) {
	body, err := json.Marshal(answer)
	if err != nil {
		return nil, err
	}
	if k := s.strikes(v); k != nil {
		return s.damage(k, v, string(body)), nil
	}
	return succeed(string(body)), nil
}

// id is a GUID that always is the same for the same text.
func id(role, text string) string {
	sum := sha256.Sum256([]byte(role + "\x00" + text))
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}
