package lmpi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"sync/atomic"
	"syscall"
	"time"

	"onboard/pkg/crash"
)

// setupLimit bounds dialing, and then the TLS handshake, each.
const setupLimit = 15 * time.Second

var (
	errNotLocal = errors.New("http target is not this computer")
	errPoisoned = errors.New("this attempt is over")
	errShut     = errors.New("this attempt may not begin")
)

// handshakeError marks what happened before any request could be written.
type handshakeError struct{ error }

func (e handshakeError) Unwrap() error { return e.error }

// proxyError is the status with which a forward proxy refused to connect us.
type proxyError int

func (e proxyError) Error() string { return "the forward proxy answered: " + http.StatusText(int(e)) }

// countedConn counts the bytes of requests. With TLS it stands above the handshake,
// so the bytes are those of HTTP, and those of one request at a time (HTTP/1.1).
type countedConn struct {
	net.Conn
	written  atomic.Int64
	poisoned atomic.Bool
	gate     atomic.Pointer[gate] // of an attempt that has written nothing
}

// gate stands before the first byte of an attempt.
type gate struct {
	ready func() bool // nil: always
	asked atomic.Pointer[time.Time]
	shut  atomic.Bool
}

// pass notes the time before it asks, so that whatever was so by then was known.
func (g *gate) pass() bool {
	now := time.Now()
	g.asked.Store(&now)
	if g.ready != nil && !g.ready() {
		g.shut.Store(true)
	}
	return !g.shut.Load()
}

// Write counts before it writes and takes back what was not written. So whoever
// poisons first and counts then never misses a byte: a Write that it does not see
// sees the poison.
func (c *countedConn) Write(p []byte) (int, error) {
	if g := c.gate.Swap(nil); g != nil && !g.pass() {
		return 0, errShut
	}
	c.written.Add(int64(len(p)))
	if c.poisoned.Load() {
		c.written.Add(-int64(len(p)))
		return 0, errPoisoned
	}
	n, err := c.Conn.Write(p)
	crash.Point("written")
	c.written.Add(int64(n - len(p)))
	return n, err
}

// dialer opens counted connections.
type dialer struct {
	net       net.Dialer
	tls       *tls.Config
	handshake time.Duration
}

// newDialer trusts roots, or the system's when nil. localOnly refuses every peer but
// this computer, whatever its name resolved to.
func newDialer(roots *x509.CertPool, localOnly bool) *dialer {
	d := &dialer{
		net:       net.Dialer{Timeout: setupLimit},
		tls:       &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, NextProtos: []string{"http/1.1"}},
		handshake: setupLimit,
	}
	if localOnly {
		d.net.ControlContext = refuseRemote
	}
	return d
}

func refuseRemote(_ context.Context, _, address string, _ syscall.RawConn) error {
	peer, err := netip.ParseAddrPort(address)
	if err != nil || !isLoopback(peer.Addr().Unmap()) {
		return errNotLocal
	}
	return nil
}

func (d *dialer) plain(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := d.net.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &countedConn{Conn: conn}, nil
}

func (d *dialer) secure(ctx context.Context, network, address string) (net.Conn, error) {
	raw, err := d.net.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	config := d.tls.Clone()
	if config.ServerName, _, err = net.SplitHostPort(address); err != nil {
		return nil, errors.Join(err, raw.Close())
	}
	ctx, cancel := context.WithTimeout(ctx, d.handshake)
	defer cancel()
	conn := tls.Client(raw, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = raw.Close()
		return nil, handshakeError{err}
	}
	return &countedConn{Conn: conn}, nil
}

// meter reads what one attempt wrote, over all connections that it was given.
type meter struct {
	connected, uncounted bool
	conns                []*countedConn
	before               int64
	gate                 gate
}

// got is httptrace's GotConn, which runs in the goroutine that calls RoundTrip. Behind
// a forward proxy the connection is TLS within a tunnel, and not ours to count.
func (m *meter) got(info httptrace.GotConnInfo) {
	m.connected = true
	conn, ok := info.Conn.(*countedConn)
	if !ok {
		m.uncounted = true
		return
	}
	m.conns = append(m.conns, conn)
	m.before += conn.written.Load()
	conn.gate.Store(&m.gate)
}

func (m *meter) poison() {
	for _, conn := range m.conns {
		conn.poisoned.Store(true)
	}
}

// begun is when the first byte was about to be written; zero when none was.
func (m *meter) begun() time.Time {
	if asked := m.gate.asked.Load(); asked != nil && m.written() > 0 {
		return *asked
	}
	return time.Time{}
}

func (m *meter) written() int64 {
	sum := -m.before
	for _, conn := range m.conns {
		sum += conn.written.Load()
	}
	return sum
}
