package sandbox

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Start serves on loopback until stop is called: url has scheme, address and port. stop ends requests that wait, and returns
// when all are done and the state file is closed; the Server's counters stay readable, but it cannot be started again.
func (s *Server) Start() (url string, stop func(), err error) {
	if s.opened != nil {
		return "", nil, s.opened
	}
	listener, err := listen(cmp.Or(s.cfg.Addr, "127.0.0.1:0"))
	if err != nil {
		return "", nil, fmt.Errorf("sandbox: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var gate sync.RWMutex // held by each request; stop takes it for good
	server := &http.Server{
		BaseContext: func(net.Listener) context.Context { return ctx },
		ErrorLog:    log.New(io.Discard, "", 0), // it would complain of callers that break off, which is their right here
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !isLoopback(r.Host) { // a page in a browser, whose name leads here (DNS rebinding)
				refuse(http.StatusForbidden, "ForbiddenHost", "the sandbox answers to localhost, and not to "+r.Host).send(w)
				return
			}
			if !gate.TryRLock() {
				panic(http.ErrAbortHandler)
			}
			defer gate.RUnlock()
			s.ServeHTTP(w, r)
		}),
	}
	go func() { _ = server.Serve(listener) }() // ends with server.Close
	return "http://" + listener.Addr().String(), sync.OnceFunc(func() {
		cancel()
		_ = server.Close()
		gate.Lock()
		_ = s.store.close()
	}), nil
}

// listen opens a TCP port on loopback and nowhere else: what listens here takes anything for a partner.
func listen(addr string) (net.Listener, error) {
	tcp, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return nil, err
	}
	if !tcp.IP.IsLoopback() {
		return nil, fmt.Errorf("%s is not a loopback address; hint: 127.0.0.1:8080", addr)
	}
	return net.ListenTCP("tcp", tcp)
}

// isLoopback says that a Host header names this machine as the one that asks.
func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	return strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
}

// line is one request in the journal.
type line struct {
	N         int       `json:"n"`
	At        time.Time `json:"at"`
	Remote    string    `json:"remote"`
	Method    string    `json:"method"`
	URI       string    `json:"uri"`
	PosixTime string    `json:"posix_time,omitempty"`
	TraceID   string    `json:"trace_id,omitempty"`
	Company   string    `json:"company,omitempty"`
	Attempt   int       `json:"attempt,omitempty"`
	Fault     Fault     `json:"fault,omitempty"`
	Status    int       `json:"status"` // 0: none is sent
	Subject   string    `json:"subject,omitempty"`
	Token     string    `json:"token,omitempty"` // of the company that was created, whether the caller learns it or not
}

// log writes the journal's line, before the answer goes out.
func (s *Server) log(v *visit, out *reply) {
	if s.cfg.Journal == nil {
		return
	}
	text, err := json.Marshal(line{N: v.n, At: v.at, Remote: v.RemoteAddr, Method: v.Method, URI: v.RequestURI,
		PosixTime: v.Header.Get("X-Posix-Time"), TraceID: v.Header.Get("X-Traceid"), Company: v.company, Attempt: v.attempt,
		Fault: v.fault, Status: out.status, Subject: out.subject, Token: v.token})
	if err == nil {
		s.journal.Lock()
		_, err = s.cfg.Journal.Write(append(text, '\n'))
		s.journal.Unlock()
	}
	if err != nil {
		s.watch.note(v.n, "sandbox journal: %v", err)
	}
}
