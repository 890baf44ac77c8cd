package lmpi

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	"golang.org/x/net/proxy"
)

const (
	// setupLimit bounds dialing, and then the TLS handshake, each.
	setupLimit = 15 * time.Second

	// proxyLimit bounds what a forward proxy may take to reach the server.
	proxyLimit = time.Minute
)

// dialer opens connections: to the server, or through a forward proxy.
type dialer struct {
	net       net.Dialer
	tls       *tls.Config // without the name of a server; remembers the sessions that can be resumed
	handshake time.Duration
	proxy     func(*http.Request) (*url.URL, error) // as of http.Transport; nil: there is none
}

// newDialer trusts roots, or the system's when nil. localOnly refuses every peer but
// this computer, whatever its name resolved to. It speaks HTTP/1.1 only: there a
// connection can belong to one request.
func newDialer(roots *x509.CertPool, localOnly bool) *dialer {
	d := &dialer{
		net: net.Dialer{Timeout: setupLimit},
		tls: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, NextProtos: []string{"http/1.1"},
			ClientSessionCache: tls.NewLRUClientSessionCache(0)},
		handshake: setupLimit,
		proxy:     http.ProxyFromEnvironment,
	}
	if localOnly {
		d.net.ControlContext = refuseRemote
		d.proxy = nil
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

// dial opens the connection of one attempt.
func (d *dialer) dial(ctx context.Context, target *url.URL) (*wire, error) {
	conn, bottom, err := d.reach(ctx, target)
	if err == nil && target.Scheme == "https" {
		conn, err = d.secure(ctx, conn, target.Hostname())
	}
	if err != nil {
		return nil, err
	}
	return &wire{Conn: conn, bottom: bottom}, nil
}

// reach connects to the target, or has a proxy do it. bottom is the TCP connection below.
func (d *dialer) reach(ctx context.Context, target *url.URL) (conn net.Conn, bottom *socket, err error) {
	var through *url.URL
	if d.proxy != nil {
		through, err = d.proxy(&http.Request{URL: target})
	}
	switch {
	case err != nil: // quotes the address, with its password
		return nil, nil, proxyError{errors.New("the address of the forward proxy can't be read")}
	case through == nil:
		bottom, err = d.tcp(ctx, hostPort(target))
		return bottom, bottom, err
	}
	ctx, cancel := context.WithTimeout(ctx, proxyLimit)
	defer cancel()
	if through.Scheme == "socks5" || through.Scheme == "socks5h" {
		conn, bottom, err = d.socks(ctx, through, hostPort(target))
	} else {
		conn, bottom, err = d.tunnel(ctx, through, hostPort(target))
	}
	if err != nil {
		return nil, nil, proxyError{err}
	}
	return conn, bottom, nil
}

func (d *dialer) tcp(ctx context.Context, address string) (*socket, error) {
	conn, err := d.net.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil, errors.Join(errors.New("not a TCP connection"), conn.Close())
	}
	return &socket{TCPConn: tcp}, nil
}

// secure makes a connection one of TLS, or closes it.
func (d *dialer) secure(ctx context.Context, under net.Conn, host string) (net.Conn, error) {
	config := d.tls.Clone()
	config.ServerName = host
	ctx, cancel := context.WithTimeout(ctx, d.handshake)
	defer cancel()
	conn := tls.Client(under, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = under.Close()
		return nil, handshakeError{err}
	}
	return conn, nil
}

// tunnel asks an http or https proxy for a connection to address.
func (d *dialer) tunnel(ctx context.Context, through *url.URL, address string) (conn net.Conn, bottom *socket, err error) {
	if bottom, err = d.tcp(ctx, hostPort(through)); err != nil {
		return nil, nil, err
	}
	conn = bottom
	if through.Scheme == "https" {
		if conn, err = d.secure(ctx, bottom, through.Hostname()); err != nil {
			return nil, nil, err
		}
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(past) })
	err = connectTo(conn, through.User, address)
	if !stop() && err == nil {
		err = ctx.Err() // and the connection has a deadline that is over
	}
	if err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	return conn, bottom, nil
}

func connectTo(conn net.Conn, user *url.Userinfo, address string) error {
	request := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: address}, Host: address, Header: http.Header{}}
	if user != nil {
		password, _ := user.Password()
		request.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)))
	}
	if err := request.Write(conn); err != nil {
		return err
	}
	reader := bufio.NewReader(&io.LimitedReader{R: conn, N: headerLimit})
	resp, err := http.ReadResponse(reader, request)
	switch {
	case err != nil: // may quote what the proxy sent
		return errors.New("the forward proxy did not answer in HTTP")
	case resp.StatusCode != http.StatusOK:
		return errors.New("the forward proxy answered: " + http.StatusText(resp.StatusCode))
	case reader.Buffered() > 0:
		return errors.New("the forward proxy sent more than its answer")
	}
	return nil
}

// socks asks a SOCKS5 proxy, which also resolves the name, for a connection to address.
func (d *dialer) socks(ctx context.Context, through *url.URL, address string) (conn net.Conn, bottom *socket, err error) {
	var auth *proxy.Auth
	if through.User != nil {
		auth = &proxy.Auth{User: through.User.Username()}
		auth.Password, _ = through.User.Password()
	}
	socks, err := proxy.SOCKS5("tcp", hostPort(through), auth, forward(func(ctx context.Context, proxyAddress string) (net.Conn, error) {
		bottom, err = d.tcp(ctx, proxyAddress)
		return bottom, err
	}))
	if err != nil {
		return nil, nil, err
	}
	conn, err = socks.(proxy.ContextDialer).DialContext(ctx, "tcp", address) // which its documentation promises
	return conn, bottom, err
}

// forward is how the SOCKS client gets its connection to the proxy.
type forward func(ctx context.Context, address string) (net.Conn, error)

func (f forward) DialContext(ctx context.Context, _, address string) (net.Conn, error) {
	return f(ctx, address)
}

func (f forward) Dial(_, address string) (net.Conn, error) { return f(context.Background(), address) }

// hostPort is where to connect to for an address.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80", "socks5": "1080", "socks5h": "1080"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}
