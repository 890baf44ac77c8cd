package sandbox

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Fault is the stable name of a way to break; Faults lists them all. The empty Fault breaks nothing.
type Fault string

// FaultInfo describes a fault. Creates tells the truth that the caller cannot see: whether the company exists when it strikes.
type FaultInfo struct {
	Name, About string
	Creates     bool
}

// Creates tells whether a creation that meets this fault has taken place. An unknown fault breaks nothing, so that it has.
func (f Fault) Creates() bool {
	k := byName[f]
	return k == nil || k.Creates
}

// Faults lists every fault, for help texts and for tests that want them all.
func Faults() []FaultInfo {
	infos := make([]FaultInfo, len(kinds))
	for i, k := range kinds {
		infos[i] = k.FaultInfo
	}
	return infos
}

// ParseFault knows a fault by its name.
func ParseFault(name string) (Fault, error) {
	if byName[Fault(name)] == nil {
		var names []string
		for _, k := range kinds {
			names = append(names, k.Name)
		}
		return "", fmt.Errorf("no fault is called %q; hint: one of %s", name, strings.Join(names, " "))
	}
	return Fault(name), nil
}

// kind is how a fault looks on the wire.
type kind struct {
	FaultInfo
	status  int
	subject string // of an error in the API's form; empty: body is sent
	body    string // fill puts the token in
	wire    wire
	retry   bool // sends Retry-After
	stops   bool // would end a run, or every row would meet it: not among the random faults
}

// The bodies of successes, whole and damaged, and of a gateway's page.
const (
	created    = `{"token":"TOKEN","onboarding_link":"https://activation.example/partner?t=TOKEN"}`
	emptyToken = `{"token":"","onboarding_link":"https://activation.example/partner?t="}`
	noLink     = `{"token":"TOKEN"}`
	page       = "<html><head><title>Gateway</title></head><body><h1>This page comes from a gateway</h1></body></html>\n"
	prose      = "The company was created.\n"
	elsewhere  = "/elsewhere" // where redirects point; nobody may ever ask for it
)

// hugePadding brings an answer over any limit that a client could want for 600 characters.
const hugePadding = 4 << 20

// fill puts a token into a body.
func fill(body, token string) string { return strings.ReplaceAll(body, "TOKEN", token) }

// damage is the answer of a request that a fault strikes; good is what it would have been.
func (s *Server) damage(k *kind, v *visit, good string) *reply {
	out := succeed(fill(k.body, v.token))
	if k.body == created {
		out.body = good
	}
	if k.subject != "" {
		out = refuse(k.status, k.subject, "fault on request: "+k.About)
	}
	out.status, out.wire = k.status, k.wire
	if !strings.HasPrefix(out.body, "{") {
		out.header.Set("Content-Type", "text/html")
	}
	if k.retry {
		out.holdFor(cmp.Or(s.cfg.RetryAfter, time.Second))
	}
	if k.status >= 300 && k.status < 400 {
		out.header.Set("Location", elsewhere)
	}
	if k.Name == "401-clock" {
		out.header.Set("Date", v.at.Add(20*time.Minute).UTC().Format(http.TimeFormat))
	}
	if k.Name == "huge" {
		out.body = strings.TrimSuffix(out.body, "}") + `,"padding":"` + strings.Repeat("x", hugePadding) + `"}`
	}
	return out
}
