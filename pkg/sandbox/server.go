package sandbox

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// The three documented calls.
const (
	createPath = "/LMPI/v3/partners/onboarding"
	tokenPath  = createPath + "/token/"
	listPath   = "/LMPI/v3/partners/id"
)

// LinkPrefix begins every onboarding link of a sandbox; a token follows. The domain is
// reserved for examples (RFC 2606), so that a link of a rehearsal leads nowhere.
const LinkPrefix = "https://activation.example/partner?t="

// maxBody is the body limit of a sibling API of the vendor; over it the answer is 413.
const maxBody = 1 << 20

// Config is what a Server does. The zero value of every field is useful.
type Config struct {
	AccessToken, SecretKey string // what callers must sign with, the token a GUID; without both, Server.Credentials has new ones

	RateLimit  float64       // requests per second, with one second's worth in reserve; over it 429; 0: no limit
	RetryAfter time.Duration // sent with the 429, in whole seconds rounded up; 0: the rate limit's 429 comes without, a -retry fault's with 1 s
	Latency    time.Duration // between the creation and its answer

	Faults    []Rule                                  // the first that applies strikes
	Script    func(company string, attempt int) Fault // wins over Faults; attempt counts the company's valid POSTs from 1
	FaultRate float64                                 // share of creations (0 to 1) that meet a random fault which does not end a run, timeouts included
	Seed      int64                                   // of FaultRate, FailRate and of rules in percent: same seed, company and attempt, same fate

	SettleReads int           // an onboarding is "progressing" in this many reads of its token
	SettleAfter time.Duration // and until it is this old; then it is settled
	FailRate    float64       // share of companies (0 to 1) whose onboarding settles as "fail", not "success"

	Allow   []string         // data centres beside the documented eight
	Addr    string           // where Start listens, a loopback address and port; empty: 127.0.0.1 and any free port
	Journal io.Writer        // one JSON line per request, without secrets
	State   string           // a file that keeps the creations across restarts, and credentials that were made anew
	Forget  bool             // do not remember signatures and trace ids: less memory, repeats go unseen
	Now     func() time.Time // nil: time.Now
}

// Server is the API. It is safe for concurrent use. Make one with New.
type Server struct {
	cfg     Config
	centres map[string]bool
	watch   *watch
	bucket  *bucket
	store   *store
	opened  error // why State cannot be used
	journal sync.Mutex
}

// New makes a Server and reads Config.State back. A state file that cannot be used is returned by Start, and is a violation.
func New(cfg Config) *Server {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := &Server{cfg: cfg, centres: map[string]bool{}, watch: newWatch(cfg.Forget), bucket: newBucket(cfg.RateLimit)}
	for _, centre := range append(strings.Fields("US CA UK EU SG JP AU IN"), cfg.Allow...) {
		s.centres[centre] = true
	}
	if s.store, s.opened = openStore(cfg.State); s.opened == nil {
		s.opened = s.credentials()
	}
	if s.opened != nil {
		s.watch.note(0, "%v", s.opened)
	}
	return s
}

// Credentials are what callers must sign with.
func (s *Server) Credentials() (accessToken, secretKey string) {
	return s.cfg.AccessToken, s.cfg.SecretKey
}

// credentials makes them anew where none are given, so that nobody else on this machine
// knows them; with a state file, once.
func (s *Server) credentials() error {
	if s.cfg.AccessToken != "" && s.cfg.SecretKey != "" {
		return nil
	}
	c := s.store.kept
	if c == (credentials{}) {
		var id [16]byte
		_, _ = rand.Read(id[:]) // it never fails
		c = credentials{fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:]), rand.Text()}
		if err := s.store.append(c); err != nil {
			return err
		}
	}
	s.cfg.AccessToken, s.cfg.SecretKey = c.AccessToken, c.SecretKey
	return nil
}

// visit is one request on its way through the Server.
type visit struct {
	*http.Request
	n       int // in order of arrival, from 1
	at      time.Time
	body    []byte
	readErr error

	company string // of a valid creation
	attempt int
	fault   Fault
	token   string // of the company that was created
}

// ServeHTTP answers one request. Faults of the connection need a ResponseWriter that can be hijacked; on any other, as on a
// timeout fault, it panics with http.ErrAbortHandler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v := &visit{Request: r, at: s.cfg.Now()}
	v.n = s.watch.arrive(v.at)
	v.body, v.readErr = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	s.watch.inspect(v)
	out := s.answer(v)
	pause(r.Context(), s.cfg.Latency)
	s.watch.record(out, s.cfg.Now())
	s.log(v, out)
	if out.wire == hang {
		<-r.Context().Done()
	}
	s.watch.leave() // before the answer, or the caller's next request would count as one more in flight
	out.send(w)
}

func (s *Server) answer(v *visit) *reply {
	out, err := s.serve(v)
	if refused, ok := errors.AsType[*reply](err); ok {
		return refused
	}
	if err != nil { // a failure of the sandbox itself: a judge must see it
		s.watch.note(v.n, "%v", err)
		return refuse(http.StatusInternalServerError, "InternalError", err.Error())
	}
	return out
}

func (s *Server) serve(v *visit) (*reply, error) {
	if !s.bucket.take(v.at) {
		return s.throttled(), nil
	}
	call, err := s.route(v)
	if err != nil {
		return nil, err
	}
	if err := s.verify(v); err != nil {
		return nil, err
	}
	return call(v)
}

func (s *Server) throttled() *reply {
	out := refuse(http.StatusTooManyRequests, "TooManyRequests", "Too many API requests")
	out.holdFor(s.cfg.RetryAfter)
	return out
}

func (s *Server) route(v *visit) (func(*visit) (*reply, error), error) {
	method, call := http.MethodGet, s.progress
	switch path := v.URL.Path; {
	case path == createPath:
		method, call = http.MethodPost, s.create
	case path == listPath:
		call = s.list
	case !strings.HasPrefix(path, tokenPath):
		return nil, refuse(http.StatusNotFound, "NotFound", "no such path")
	}
	if v.Method != method {
		out := refuse(http.StatusMethodNotAllowed, "MethodNotAllowed", "use "+method)
		out.header.Set("Allow", method)
		return nil, out
	}
	return call, nil
}

// create makes a company, again and again for the same name: what the real service does then is not documented, and here a
// duplicate must be seen.
func (s *Server) create(v *visit) (*reply, error) {
	values, err := s.fields(v.body)
	if err != nil {
		return nil, err
	}
	v.company = values["company.name"]
	v.attempt = s.store.attempt(v.company)
	broken := s.strikes(v)
	if broken == nil || broken.Creates {
		c := Creation{Company: v.company, Country: values["company.country"], Email: values["contact.email"],
			TraceID: v.Header.Get("X-Traceid"), Time: v.at, Body: string(v.body)}
		if v.token, err = s.store.add(c); err != nil {
			return nil, err
		}
	}
	good := fill(created, v.token)
	if broken != nil {
		return s.damage(broken, v, good), nil
	}
	return succeed(good), nil
}
