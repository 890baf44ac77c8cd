package lmpi

import (
	"errors"
	"net"
	"net/http/httptrace"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// shortConn writes at most room bytes in all.
type shortConn struct {
	net.Conn
	room int
}

func (c *shortConn) Write(p []byte) (int, error) {
	n := min(len(p), c.room)
	c.room -= n
	if n < len(p) {
		return n, errors.New("full")
	}
	return n, nil
}

func TestCountedConn(t *testing.T) {
	conn := &countedConn{Conn: &shortConn{room: 8}}
	for _, tt := range []struct {
		text    string
		wantN   int
		wantSum int64
		wantErr bool
	}{
		{"12345", 5, 5, false},
		{"", 0, 5, false},
		{"67890", 3, 8, true},
		{"x", 0, 8, true},
	} {
		n, err := conn.Write([]byte(tt.text))
		if diff := cmp.Diff([]any{tt.wantN, tt.wantSum, tt.wantErr}, []any{n, conn.written.Load(), err != nil}); diff != "" {
			t.Errorf("Write(%q) (-want +got):\n%s", tt.text, diff)
		}
	}
}

func TestPoisonedConnWritesNothing(t *testing.T) {
	under := &shortConn{room: 8}
	conn := &countedConn{Conn: under}
	var m meter
	m.got(httptrace.GotConnInfo{Conn: conn})
	m.poison()
	if n, err := conn.Write([]byte("late")); n != 0 || !errors.Is(err, errPoisoned) {
		t.Errorf("Write: got %d, %v", n, err)
	}
	if diff := cmp.Diff([]any{8, int64(0)}, []any{under.room, m.written()}); diff != "" {
		t.Errorf("room left and bytes written (-want +got):\n%s", diff)
	}
}

// What earlier attempts wrote on a connection does not count for this one, and all
// connections of this one do.
func TestMeter(t *testing.T) {
	used, fresh := &countedConn{Conn: &shortConn{room: 99}}, &countedConn{Conn: &shortConn{room: 99}}
	_, _ = used.Write(make([]byte, 10))
	var m meter
	got := []any{m.written(), m.connected}
	m.got(httptrace.GotConnInfo{Conn: used})
	got = append(got, m.written(), m.connected)
	_, _ = used.Write(make([]byte, 1))
	m.got(httptrace.GotConnInfo{Conn: fresh})
	_, _ = fresh.Write(make([]byte, 2))
	got = append(got, m.written(), m.uncounted)
	m.got(httptrace.GotConnInfo{Conn: &shortConn{}})
	got = append(got, m.written(), m.uncounted)
	want := []any{int64(0), false, int64(0), true, int64(3), false, int64(3), true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("meter (-want +got):\n%s", diff)
	}
}
