// Package lmpi speaks the vendor's HTTP API: it makes one attempt on the wire, and
// judges what became of it.
//
// It owns signing, the connection whose bytes are counted (zero bytes written is the
// only proof that a request was not sent), the reading of answers, and the verdict.
// It refuses to repeat a request, to follow a redirect, to wait for a turn, and to
// know what a row is: it gets a body and gives an Answer.
package lmpi

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"time"

	"github.com/google/uuid"

	"onboard/pkg/crash"
)

const (
	onboardingPath = "/LMPI/v3/partners/onboarding"

	// Below what servers keep idle connections for: a request that meets a closing
	// connection is in doubt.
	idleLimit = 5 * time.Second

	headerLimit = 64 << 10
)

// Config is what a Client needs to know.
type Config struct {
	Base        *url.URL // from ParseTarget
	Credentials Credentials
	Timeout     time.Duration    // of one attempt, from connecting to the last byte of the answer
	Concurrency int              // how many connections are worth keeping
	RootCAs     *x509.CertPool   // nil: the system's
	Now         func() time.Time // nil: time.Now
	UserAgent   string
}

// Client calls the API. It is safe for concurrent use.
type Client struct {
	config    Config
	creating  *url.URL // of each POST
	dialer    *dialer
	transport *http.Transport
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
	c := &Client{config: config, dialer: newDialer(config.RootCAs, base.Scheme == "http")}
	c.creating = c.at(onboardingPath)
	c.transport = newTransport(c.dialer, config.Concurrency)
	if base.Scheme == "https" {
		c.transport.Proxy = http.ProxyFromEnvironment
	}
	return c, nil
}

// newTransport speaks HTTP/1.1 only: there one connection that breaks puts one
// request in doubt, and not all that share it.
func newTransport(d *dialer, concurrency int) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		DialContext:            d.plain,
		DialTLSContext:         d.secure,
		TLSClientConfig:        d.tls.Clone(), // for the tunnel through a forward proxy
		TLSHandshakeTimeout:    setupLimit,    // there, too
		OnProxyConnectResponse: refuseProxy,
		Protocols:              protocols,
		DisableCompression:     true,
		MaxIdleConnsPerHost:    concurrency,
		IdleConnTimeout:        idleLimit,
		MaxResponseHeaderBytes: headerLimit,
	}
}

func refuseProxy(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode != http.StatusOK {
		return proxyError(resp.StatusCode)
	}
	return nil
}

// Close gives up the idle connections.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// NewTraceID makes the x-traceid of one attempt: a lower-case random UUID.
func NewTraceID() string { return uuid.NewString() }

// Create asks the API to create the partner that body describes, and judges the
// answer. It makes one POST at most, whatever happens, and returns when the answer is
// complete, the timeout is over or ctx is done.
//
// ready is asked when the connection is there, just before the first byte; at false
// nothing is sent, and the attempt is Unsent with FailureHeld. nil: always. Behind a
// forward proxy, whose connections are not ours, it is not asked.
func (c *Client) Create(ctx context.Context, body []byte, traceID string, ready func() bool) Answer {
	evidence, answer := c.exchange(ctx, http.MethodPost, c.creating, body, traceID, bodyLimit, ready)
	if evidence.Status/100 == 2 && evidence.BodyError == "" {
		evidence.Token, evidence.Link, evidence.BodyError = readCreated(answer)
	}
	verdict := Judge(evidence)
	if verdict.Outcome == InDoubt {
		evidence.Raw = string(answer[:min(len(answer), rawLimit)])
	}
	return Answer{Evidence: evidence, Verdict: verdict}
}

// exchange is one attempt: it observes, reads the body, and judges nothing.
func (c *Client) exchange(ctx context.Context, method string, target *url.URL, body []byte, traceID string, limit int, ready func() bool) (Evidence, []byte) {
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	m := meter{gate: gate{ready: ready}}
	traced := httptrace.WithClientTrace(limited, &httptrace.ClientTrace{GotConn: m.got})
	var e Evidence
	var answer []byte
	signed := c.config.Now()
	// RoundTrip and no http.Client: nothing is there that could follow a redirect.
	resp, err := c.transport.RoundTrip(c.request(traced, signed, method, target, body, traceID))
	if err != nil {
		m.poison()
	} else {
		crash.Point("head")
		e.readHead(resp, signed, c.config.Now())
		answer, e.BodyError, err = readBody(resp, limit)
		e.readWords(answer, c.config.Credentials, traceID)
	}
	e.Connected, e.Counted, e.BytesWritten = m.connected, !m.uncounted, m.written()
	e.Begun = m.begun()
	e.Failure = classify(err, ctx.Err() != nil, m.connected)
	if m.gate.shut.Load() {
		e.Failure = FailureHeld
	}
	e.Err = describe(err, e.Failure)
	e.Elapsed = time.Since(began)
	return e, answer
}

// at is the address of a path, which is escaped already.
func (c *Client) at(path string) *url.URL {
	target := *c.config.Base
	target.RawPath = target.EscapedPath() + path
	target.Path, _ = url.PathUnescape(target.RawPath) // both halves are escaped by us or checked by ParseTarget
	return &target
}

// request builds and signs an attempt. It has no GetBody, without which net/http
// cannot send a body a second time, and no Idempotency-Key, which would make net/http
// take the call for one that may be repeated.
func (c *Client) request(ctx context.Context, now time.Time, method string, target *url.URL, body []byte, traceID string) *http.Request {
	posix := strconv.FormatInt(now.Unix(), 10)
	values := []string{c.config.Credentials.AccessToken.reveal(), posix,
		sign(c.config.Credentials.SecretKey, posix, method, target.RequestURI(), body), traceID, "application/json; charset=utf-8", c.config.UserAgent}
	req := (&http.Request{
		Method: method,
		URL:    target,
		Header: http.Header{ // in their canonical form, which Set would have to find
			"X-Access-Token": values[0:1:1],
			"X-Posix-Time":   values[1:2:2],
			"X-Signature":    values[2:3:3],
			"X-Traceid":      values[3:4:4],
			"Content-Type":   values[4:5:5],
			"User-Agent":     values[5:6:6],
		},
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)),
	}).WithContext(ctx)
	if len(body) == 0 {
		req.Body = nil
	}
	return req
}
