//go:build postgres

package postgres

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"onboard/pkg/ledger"
	"onboard/pkg/ledger/ledgertest"
	"onboard/pkg/ledger/postgres/pgtest"
)

func mustOpen(t testing.TB, place string) *Ledger {
	t.Helper()
	l, err := Open(place, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func mustBegin(t testing.TB, l *Ledger) *Run {
	t.Helper()
	return ledgertest.MustBegin(t, l).(*Run)
}

// newServer is a server of the test's own, for what would disturb others.
func newServer(t testing.TB, settings ...string) *pgtest.Server {
	t.Helper()
	s, err := pgtest.Start(settings...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Remove)
	return s
}

// execute runs statements as an administrator.
func execute(t testing.TB, place, script string) {
	t.Helper()
	config, _, err := parsePlace(place)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.ConnectConfig(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.PgConn().Exec(context.Background(), script).ReadAll(); err != nil {
		t.Fatal(err)
	}
}

// proxy stands between a ledger and its server.
type proxy struct {
	place string
	cut   atomic.Int32 // how many answers to swallow yet, each with its connection
	every atomic.Int32 // every so many answers one is swallowed; 0: none
	count atomic.Int32
}

// between starts a proxy before the server of a place.
func between(t testing.TB, place string) *proxy {
	t.Helper()
	u, err := url.Parse(place)
	if err != nil {
		t.Fatal(err)
	}
	server := u.Host
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{place: strings.Replace(place, server, l.Addr().String(), 1)}
	var wait sync.WaitGroup
	t.Cleanup(func() { l.Close(); wait.Wait() })
	wait.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			wait.Go(func() { p.serve(client, server) })
		}
	})
	return p
}

func (p *proxy) serve(client net.Conn, address string) {
	defer client.Close()
	server, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer server.Close()
	var wait sync.WaitGroup
	defer wait.Wait()
	wait.Go(func() { io.Copy(server, client); server.Close() })
	buffer := make([]byte, 64<<10)
	for {
		n, err := server.Read(buffer)
		if err != nil {
			return
		}
		if every := p.every.Load(); every > 0 && p.count.Add(1)%every == 0 {
			p.cut.Add(1)
		}
		if p.cut.Load() > 0 { // what was asked is done, and nobody hears of it
			p.cut.Add(-1)
			client.Close()
			return
		}
		if _, err := client.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// pooling is a proxy that gives each transaction another connection to the
// server, as some do by default.
func pooling(t testing.TB, place string) string {
	t.Helper()
	u, err := url.Parse(place)
	if err != nil {
		t.Fatal(err)
	}
	server := u.Host
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	t.Cleanup(func() { l.Close(); wait.Wait() })
	wait.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			wait.Go(func() { pool(client, server) })
		}
	})
	return strings.Replace(place, server, l.Addr().String(), 1) + "&sslmode=disable"
}

// pool gives each exchange of a client the next of two connections.
func pool(client net.Conn, server string) {
	defer client.Close()
	hello := make([]byte, 4)
	if _, err := io.ReadFull(client, hello); err != nil {
		return
	}
	hello = append(hello, make([]byte, binary.BigEndian.Uint32(hello)-4)...)
	if _, err := io.ReadFull(client, hello[4:]); err != nil {
		return
	}
	var backends [2]net.Conn
	for i := range backends {
		var err error
		if backends[i], err = net.Dial("tcp", server); err != nil {
			return
		}
		defer backends[i].Close()
		reply := io.Discard
		if i == 0 {
			reply = client
		}
		if _, err := backends[i].Write(hello); err != nil || answer(reply, backends[i]) != nil {
			return
		}
	}
	for turn := 0; ; {
		message, err := read(client)
		if err != nil {
			return
		}
		backend := backends[turn%2]
		if _, err := backend.Write(message); err != nil {
			return
		}
		if message[0] == 'Q' || message[0] == 'S' {
			if answer(client, backend) != nil {
				return
			}
			turn++
		}
	}
}

// answer passes on messages until the server is ready for more.
func answer(to io.Writer, from io.Reader) error {
	for {
		message, err := read(from)
		if err == nil {
			_, err = to.Write(message)
		}
		if err != nil || message[0] == 'Z' {
			return err
		}
	}
}

// read is one message of the protocol: a letter, a length, and the rest.
func read(from io.Reader) ([]byte, error) {
	head := make([]byte, 5)
	if _, err := io.ReadFull(from, head); err != nil {
		return nil, err
	}
	message := append(head, make([]byte, binary.BigEndian.Uint32(head[1:])-4)...)
	_, err := io.ReadFull(from, message[5:])
	return message, err
}

// eventually waits until something is so.
func eventually(t testing.TB, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("never: " + what)
		}
	}
}

var _ ledger.Ledger = (*Ledger)(nil)
