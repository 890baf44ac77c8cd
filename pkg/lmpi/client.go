// Package lmpi speaks the vendor's HTTP API: it makes one attempt on the wire, and
// judges what became of it.
//
// It owns signing, the connection of each attempt (zero bytes written to it are the
// only proof that a request was not sent, and its end is the proof that no more than
// one answer came), the reading of answers, and the verdict. It refuses to repeat a
// request, to follow a redirect, to wait for a turn, and to know what a row is: it gets
// a body and gives an Answer.
package lmpi

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"onboard/pkg/crash"
)

const (
	onboardingPath = "/LMPI/v3/partners/onboarding"

	headerLimit = 64 << 10
)

// How long an answer's connection may stay open behind it before the answer is taken
// nonetheless. The server was asked to close; one that does not has to be waited for
// each time, so only the first one is waited for longer than the slowest answer takes.
const (
	endLimit     = 10 * time.Second
	openEndLimit = time.Second
)

// Config is what a Client needs to know.
type Config struct {
	Base        *url.URL // from ParseTarget
	Credentials Credentials
	Timeout     time.Duration    // of one attempt, from connecting to the last byte of the answer
	RootCAs     *x509.CertPool   // nil: the system's
	Now         func() time.Time // nil: time.Now
	UserAgent   string
}

// Client calls the API. It is safe for concurrent use.
type Client struct {
	config    Config
	creating  *url.URL // of each POST
	dialer    *dialer
	endLimit  time.Duration
	staysOpen *atomic.Bool // the last connection did, until patience with it was over
}

// New checks the configuration and opens nothing.
func New(config Config) (*Client, error) {
	if config.Base == nil || config.Timeout <= 0 {
		return nil, errors.New("the client needs a target and a timeout")
	}
	base, err := ParseTarget(config.Base.String())
	if err != nil {
		return nil, err
	}
	if err := config.Credentials.check(); err != nil {
		return nil, err
	}
	config.Base = base
	if config.Now == nil {
		config.Now = time.Now
	}
	c := &Client{config: config, dialer: newDialer(config.RootCAs, base.Scheme == "http"), endLimit: endLimit, staysOpen: new(atomic.Bool)}
	c.creating = c.at(onboardingPath)
	return c, nil
}

// NewTraceID makes the x-traceid of one attempt: a lower-case random UUID.
func NewTraceID() string { return uuid.NewString() }

// Create asks the API to create the partner that body describes, and judges the
// answer. It makes one POST at most, whatever happens, and returns when the answer is
// complete and its connection at an end, the timeout is over or ctx is done.
//
// ready is asked when the connection is there, just before the first byte; at false
// nothing is sent, and the attempt is Unsent with FailureHeld. nil: always.
func (c *Client) Create(ctx context.Context, body []byte, traceID string, ready func() bool) Answer {
	x := c.exchange(ctx, call{method: http.MethodPost, target: c.creating, body: body, traceID: traceID, ready: ready})
	e := x.Evidence
	switch {
	case e.Surplus: // whose token that is, nobody knows
	case e.Status/100 == 2 && e.BodyError == "":
		e.Token, e.Link, e.BodyError = readCreated(x.answer)
	case e.Status/100 != 2:
		e.Token, e.Link, e.Gives = given(x.answer)
	}
	verdict := Judge(e)
	if verdict.Outcome == InDoubt {
		e.Raw = cutBytes(x.answer) + cutBytes(x.more)
	}
	return Answer{Evidence: e, Verdict: verdict}
}

func cutBytes(text []byte) string { return string(text[:min(len(text), rawLimit)]) }

// call is what one attempt asks.
type call struct {
	method  string
	target  *url.URL
	body    []byte
	traceID string
	ready   func() bool // nil: always

	// list reads the body of a 200 while it comes, to its end; nil: all of it is kept.
	list func(io.Reader) (problem string, err error)
}

// exchanged is what came of one attempt.
type exchanged struct {
	Evidence
	answer []byte // the body
	more   []byte // what came after it
}

// exchange is one attempt, on a connection of its own: it observes, reads the answer
// and what follows it, and judges nothing.
func (c *Client) exchange(ctx context.Context, q call) (x exchanged) {
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	w, err := c.dialer.dial(limited, c.config.Base)
	if err == nil {
		x.Connected = true
		err = c.converse(ctx, began, w, q, &x)
	}
	x.Failure = classify(err, ctx.Err() != nil, limited.Err() != nil, x.Connected)
	x.Err = describe(err, x.Failure)
	if x.Elapsed == 0 {
		x.Elapsed = time.Since(began)
	}
	return x
}

// converse sends the request and reads until the connection ends.
func (c *Client) converse(ctx context.Context, began time.Time, w *wire, q call, x *exchanged) (err error) {
	defer func() { w.hangUp(err) }()
	_ = w.SetDeadline(began.Add(c.config.Timeout))
	defer context.AfterFunc(ctx, func() { _ = w.SetDeadline(past) })()
	signed := c.config.Now()
	request, text := c.request(signed, q)
	err = w.send(text, q.ready)
	if x.BytesWritten = w.written; w.written == 0 {
		return err
	}
	x.Begun = w.begun // an answer may have come before all was written
	resp, in, failed := w.head(request)
	if failed != nil {
		return errors.Join(err, failed)
	}
	crash.Point("head")
	x.readHead(resp, signed, c.config.Now())
	if q.list != nil && x.Status == http.StatusOK {
		x.BodyError, err = q.list(resp.Body)
	} else {
		x.answer, x.BodyError, err = readBody(resp)
	}
	x.Elapsed = time.Since(began)
	if x.BodyError == "" {
		x.more = c.end(ctx, w, in)
		x.Surplus = len(x.more) > 0
	}
	if !x.Surplus {
		x.readWords(x.answer, c.config.Credentials, q.traceID)
	}
	return err
}

// end waits for the end of the connection, and returns what came before it.
func (c *Client) end(ctx context.Context, w *wire, in *bufio.Reader) []byte {
	patience := c.endLimit
	if c.staysOpen.Load() {
		patience = min(patience, openEndLimit)
	}
	more, open := w.surplus(ctx, in, patience)
	if ctx.Err() == nil && c.staysOpen.Load() != open {
		c.staysOpen.Store(open)
	}
	return more
}

// at is the address of a path, which is escaped already.
func (c *Client) at(path string) *url.URL {
	target := *c.config.Base
	target.RawPath = target.EscapedPath() + path
	target.Path, _ = url.PathUnescape(target.RawPath) // both halves are escaped by us or checked by ParseTarget
	return &target
}

// request builds and signs an attempt, and writes it out.
func (c *Client) request(now time.Time, q call) (*http.Request, []byte) {
	posix := strconv.FormatInt(now.Unix(), 10)
	values := []string{c.config.Credentials.AccessToken.reveal(), posix,
		sign(c.config.Credentials.SecretKey, posix, q.method, q.target.RequestURI(), q.body), q.traceID, "application/json; charset=utf-8", c.config.UserAgent}
	req := &http.Request{
		Method: q.method,
		URL:    q.target,
		Header: http.Header{ // in their canonical form, which Set would have to find
			"X-Access-Token": values[0:1:1],
			"X-Posix-Time":   values[1:2:2],
			"X-Signature":    values[2:3:3],
			"X-Traceid":      values[3:4:4],
			"Content-Type":   values[4:5:5],
			"User-Agent":     values[5:6:6],
		},
		Close: true,
	}
	if len(q.body) > 0 {
		req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(q.body)), int64(len(q.body))
	}
	var text bytes.Buffer
	text.Grow(len(q.body) + 1<<10)
	_ = req.Write(&text) // all its parts were checked, and memory takes everything
	return req, text.Bytes()
}
