//go:build linux

package main

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"onboard/pkg/sandbox"
)

// TestBlackholes is T13 where nothing comes back at all: an address that takes no
// connection leaves no row in doubt; one that takes connections and then neither
// reads nor answers, as many as a run risks.
func TestBlackholes(t *testing.T) {
	const rows = 40
	for _, tt := range []struct {
		name   string
		open   func(*testing.T) (address string, stop func())
		doubts int
	}{
		{"no connection", fullListener, 0},
		{"no answer", deafListener, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			address, stop := tt.open(t)
			dir := t.TempDir()
			base := filepath.Join(dir, "list")
			generate(t, base+".csv", rows)
			args := fast("http://"+address, "--timeout", "1s", "--max-attempts", "1")
			cmd := plainCommand(t, dir, args...)
			text, _ := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != 3 {
				t.Errorf("exit code %d\n%s", code, text)
			}
			stop()
			server, _ := serve(t, sandbox.Config{Addr: address})
			if n := inDoubt(verdict(t, server, dir, base, rows)); n != tt.doubts {
				t.Errorf("%d rows in doubt, want %d\n%s", n, tt.doubts, text)
			}
			_ = plainCommand(t, dir, args...).Run()
			found := verdict(t, server, dir, base, rows)
			if n := inDoubt(found); n != tt.doubts || len(server.Snapshot().Created) != rows-n {
				t.Errorf("after the second run %d rows are in doubt and %d companies exist", n, len(server.Snapshot().Created))
			}
		})
	}
}

// The listeners have loopback addresses of their own, so that no other test gets
// their ports between them and the sandbox that comes after them.

// fullListener takes no connection and refuses none: its queue is full, and the
// system drops whoever knocks.
func fullListener(t *testing.T) (address string, stop func()) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(fd), "listener")
	defer file.Close()
	if err := errors.Join(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 2}}), syscall.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	listener, err := net.FileListener(file)
	if err != nil {
		t.Fatal(err)
	}
	stop = func() { listener.Close() }
	t.Cleanup(stop)
	for range 10 {
		conn, err := net.DialTimeout("tcp", listener.Addr().String(), 300*time.Millisecond)
		if err != nil {
			return listener.Addr().String(), stop
		}
		t.Cleanup(func() { conn.Close() })
	}
	t.Fatal("the queue has no end")
	return "", nil
}

// deafListener takes connections and leaves them alone.
func deafListener(t *testing.T) (address string, stop func()) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.3:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { conn.Close() })
		}
	}()
	return listener.Addr().String(), func() { listener.Close() }
}
