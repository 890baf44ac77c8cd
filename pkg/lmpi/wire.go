package lmpi

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"onboard/pkg/crash"
)

// past is a deadline that ends at once what waits for the network.
var past = time.Unix(1, 0)

// socket is the TCP connection below TLS and tunnels. While it polls, a Read that
// would have to wait fails as if its time were over; TLS goes on after that.
type socket struct {
	*net.TCPConn
	polls bool
}

func (s *socket) Read(p []byte) (int, error) {
	if s.polls && !readable(s.TCPConn) {
		return 0, os.ErrDeadlineExceeded
	}
	return s.TCPConn.Read(p)
}

// wire is the connection of one attempt, which nothing else uses, before or after. It
// counts the bytes of the request. With TLS it stands above the handshake, so the bytes
// are those of HTTP: what has left of a record that did not leave whole says nothing,
// because nobody can decrypt it.
type wire struct {
	net.Conn
	bottom  *socket
	begun   time.Time // just before the first byte
	written int64
	broken  error // with which reading ended; nil while it goes on
}

func (w *wire) Read(p []byte) (n int, err error) {
	n, w.broken = w.Conn.Read(p)
	return n, w.broken
}

// send writes a request, unless the server has said something before it or ready says
// no. The time is noted before ready is asked, so that whatever was so by then was known.
func (w *wire) send(request []byte, ready func() bool) error {
	if err := w.unasked(); err != nil {
		return err
	}
	w.begun = time.Now()
	if ready != nil && !ready() {
		return errHeld
	}
	n, err := w.Write(request)
	crash.Point("written")
	w.written = int64(n)
	return err
}

// unasked looks, without waiting, for a byte that came before the request, or for the
// end of the connection.
func (w *wire) unasked() error {
	w.bottom.polls = true
	defer func() { w.bottom.polls = false }()
	n, err := w.Conn.Read(make([]byte, 1))
	switch {
	case n > 0:
		return errUnasked
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil
	}
	return err
}

// head reads status and headers of the answer. in is left before the body, with no
// limit any more.
func (w *wire) head(request *http.Request) (resp *http.Response, in *bufio.Reader, err error) {
	limited := &io.LimitedReader{R: w, N: headerLimit}
	in = bufio.NewReader(limited)
	interim := true
	for interim && err == nil { // the limit holds for all interim answers together
		resp, err = http.ReadResponse(in, request)
		interim = err == nil && resp.StatusCode/100 == 1 && resp.StatusCode != http.StatusSwitchingProtocols
	}
	if err != nil && w.broken != nil && limited.N > 0 {
		return nil, nil, w.broken
	}
	if err != nil || resp.StatusCode < 100 {
		return nil, nil, errMalformed
	}
	limited.N = 1<<63 - 1
	return resp, in, nil
}

// surplus reads what comes after an answer, until the connection ends (or breaks: the
// answer is complete), patience is over or ctx is done. open says that it did not end.
func (w *wire) surplus(ctx context.Context, in *bufio.Reader, patience time.Duration) (more []byte, open bool) {
	w.waitFor(ctx, patience)
	_, err := in.Peek(1)
	if err == nil { // the verdict is clear; the rest is evidence
		w.waitFor(ctx, openEndLimit)
		more, err = io.ReadAll(io.LimitReader(in, rawLimit))
	}
	return more, errors.Is(err, os.ErrDeadlineExceeded)
}

func (w *wire) waitFor(ctx context.Context, patience time.Duration) {
	_ = w.SetReadDeadline(time.Now().Add(patience))
	if ctx.Err() != nil { // the deadline that it set may have come before this one
		_ = w.SetReadDeadline(past)
	}
}

// hangUp closes the connection. TLS says goodbye first, for which a peer that failed
// would have to be waited for.
func (w *wire) hangUp(failed error) {
	if failed != nil {
		_ = w.bottom.Close()
		return
	}
	_ = w.Close()
}
