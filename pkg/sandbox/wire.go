package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net"
	"net/http"
	"strconv"
	"time"
)

// wire is what becomes of the connection.
type wire int

const (
	whole      wire = iota // a regular answer
	cutBody                // 200, half the body, FIN; nothing tells that it is half
	shortBody              // 200, half the body that Content-Length promises, FIN
	cutHeaders             // half a header block, FIN
	hang                   // nothing, until the caller goes away or the server stops
	reset                  // RST
	closed                 // FIN
)

// reply is one answer; as an error it is the answer of a request that was refused.
type reply struct {
	status  int
	subject string
	header  http.Header
	body    string
	wire    wire
	retry   time.Duration // the Retry-After that header carries
}

func (out *reply) Error() string { return out.subject }

func succeed(body string) *reply {
	return &reply{status: http.StatusOK, header: http.Header{"Content-Type": {"application/json"}}, body: body}
}

// refuse builds an error answer as the vendor's own example has it: JSON that is labelled as HTML.
func refuse(status int, subject, message string) *reply {
	body, _ := json.Marshal(struct { // two strings: it cannot fail
		Subject string `json:"error_subject"`
		Message string `json:"error_message"`
	}{subject, message})
	return &reply{status: status, subject: subject, header: http.Header{"Content-Type": {"text/html"}}, body: string(body)}
}

// holdFor adds a Retry-After in whole seconds, the only unit that it has besides a date.
func (out *reply) holdFor(d time.Duration) {
	if d <= 0 {
		return
	}
	seconds := int(math.Ceil(d.Seconds()))
	out.retry = time.Duration(seconds) * time.Second
	out.header.Set("Retry-After", strconv.Itoa(seconds))
}

func (out *reply) send(w http.ResponseWriter) {
	if out.wire != whole {
		out.damage(w)
		return
	}
	for name, values := range out.header {
		w.Header()[name] = values
	}
	w.WriteHeader(out.status)
	if out.body != "" {
		_, _ = w.Write([]byte(out.body)) // a caller that is gone is no concern of the server
	}
}

// damage takes the connection over and ends it in the wrong way.
func (out *reply) damage(w http.ResponseWriter) {
	if out.wire == hang {
		panic(http.ErrAbortHandler)
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
	half := out.body[:len(out.body)/2]
	switch out.wire {
	case cutBody:
		fmt.Fprintf(conn, "%s\r\n%s", head, half)
	case shortBody:
		fmt.Fprintf(conn, "%sContent-Length: %d\r\n\r\n%s", head, len(out.body), half)
	case cutHeaders:
		fmt.Fprint(conn, head[:len(head)/2])
	case reset:
		conn = bare(conn)
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // unsent data is dropped and the close becomes a RST
		}
	}
	_ = conn.Close()
}

// bare is the connection below TLS, whose Close would say goodbye first.
func bare(conn net.Conn) net.Conn {
	if over, ok := conn.(interface{ NetConn() net.Conn }); ok {
		return over.NetConn()
	}
	return conn
}

// pause waits, or less when the caller goes away.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
