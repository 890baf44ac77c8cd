//go:build unix

package pgtest

import (
	"io"
	"math"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Stalling is a proxy before a server that accepts, and passes nothing on while it
// is told so.
type Stalling struct {
	Asks, Answers Held

	accepted atomic.Int64
	listener net.Listener
	over     chan struct{}
	wait     sync.WaitGroup
}

// Held is one direction of a proxy.
type Held struct {
	proxy *Stalling
	first atomic.Int64 // so many connections stand still
}

// All has what there is and what comes stand still.
func (h *Held) All() { h.first.Store(math.MaxInt64) }

// Present has the connections stand still that there are.
func (h *Held) Present() { h.first.Store(h.proxy.accepted.Load()) }

// None lets everything go on.
func (h *Held) None() { h.first.Store(0) }

// Stall starts a proxy before the server at an address.
func Stall(address string) (*Stalling, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Stalling{listener: l, over: make(chan struct{})}
	p.Asks.proxy, p.Answers.proxy = p, p
	p.wait.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			number := p.accepted.Add(1)
			p.wait.Go(func() { p.serve(client, address, number) })
		}
	})
	return p, nil
}

// Address is where the proxy listens.
func (p *Stalling) Address() string { return p.listener.Addr().String() }

// Close ends the proxy and its connections.
func (p *Stalling) Close() {
	close(p.over)
	_ = p.listener.Close()
	p.wait.Wait()
}

func (p *Stalling) serve(client net.Conn, address string, number int64) {
	defer client.Close()
	server, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer server.Close()
	ended := make(chan struct{}, 2)
	for _, way := range []func(){
		func() { p.Asks.pass(server, client, number) },
		func() { p.Answers.pass(client, server, number) },
	} {
		go func() { way(); ended <- struct{}{} }()
	}
	select {
	case <-ended:
	case <-p.over:
	}
}

// pass copies as long as its connection does not stand still.
func (h *Held) pass(to io.Writer, from io.Reader, number int64) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		for number <= h.first.Load() {
			select {
			case <-h.proxy.over:
				return
			case <-time.After(2 * time.Millisecond):
			}
		}
		if err != nil {
			return
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}
