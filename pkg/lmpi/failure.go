package lmpi

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
)

// Failure is the kind of what broke below HTTP.
type Failure int

// The kinds of failure. None proves by itself whether the request was sent.
const (
	FailureNone        Failure = iota
	FailureResolve             // the name has no address, or nobody could tell
	FailureDial                // no connection
	FailureProxy               // the forward proxy made none
	FailureHandshake           // TLS broke off
	FailureCertificate         // not trusted, or for another name
	FailureNotTLS              // the port speaks something else
	FailureNotLocal            // a plain-http target that is another computer
	FailureCancelled           // the caller gave up
	FailureHeld                // the caller was not ready any more
	FailureTimeout
	FailureBroken    // the connection ended early
	FailureMalformed // what came was not HTTP
	FailureUnasked   // something came before the request was sent
)

var (
	errNotLocal  = errors.New("http target is not this computer")
	errHeld      = errors.New("this attempt may not begin")
	errMalformed = errors.New("not an answer of HTTP, or one with headers over 64 KiB")
	errUnasked   = errors.New("an answer before the request")
)

// handshakeError marks what happened before any request could be written.
type handshakeError struct{ error }

func (e handshakeError) Unwrap() error { return e.error }

// proxyError marks what the forward proxy, or the way to it, made fail.
type proxyError struct{ error }

func (e proxyError) Unwrap() error { return e.error }

var failureWords = [...]string{
	FailureNone:        "no failure",
	FailureResolve:     "the server's name could not be resolved",
	FailureDial:        "no connection to the server could be made",
	FailureProxy:       "the forward proxy made no connection to the server",
	FailureHandshake:   "the secure connection to the server could not be set up",
	FailureCertificate: "the server's certificate is not trusted",
	FailureNotTLS:      "the server does not speak https at this address",
	FailureNotLocal:    "the plain-http target is not this computer",
	FailureCancelled:   "the call was interrupted",
	FailureHeld:        "all calls have to wait",
	FailureTimeout:     "no complete answer came in time",
	FailureBroken:      "the connection broke",
	FailureMalformed:   "what the server sent is no answer of HTTP",
	FailureUnasked:     "the server sent something before it was asked, so an answer could be to another request",
}

// String is what happened, as a clause.
func (f Failure) String() string { return failureWords[f] }

// classify sorts by type, never by text. cancelled and late tell of the caller and of
// the time for the attempt.
func classify(err error, cancelled, late, connected bool) Failure {
	if err == nil {
		return FailureNone
	}
	if f := classifyOwn(err); f != FailureNone {
		return f
	}
	var (
		op          *net.OpError
		dns         *net.DNSError
		certificate *tls.CertificateVerificationError
		record      tls.RecordHeaderError
		handshake   handshakeError
		proxy       proxyError
	)
	switch {
	case cancelled:
		return FailureCancelled
	case late || errors.Is(err, os.ErrDeadlineExceeded) && connected:
		return FailureTimeout
	case errors.As(err, &proxy):
		return FailureProxy
	case errors.As(err, &certificate):
		return FailureCertificate
	case errors.As(err, &record) && !connected:
		return FailureNotTLS
	case errors.As(err, &dns):
		return FailureResolve
	case errors.As(err, &handshake):
		return FailureHandshake
	case errors.As(err, &op) && op.Op == "dial" || !connected:
		return FailureDial
	}
	return FailureBroken
}

// classifyOwn knows the errors that this package makes.
func classifyOwn(err error) Failure {
	switch {
	case errors.Is(err, errNotLocal):
		return FailureNotLocal
	case errors.Is(err, errHeld):
		return FailureHeld
	case errors.Is(err, errUnasked):
		return FailureUnasked
	case errors.Is(err, errMalformed):
		return FailureMalformed
	}
	return FailureNone
}

// describe keeps the text of errors that are known to carry addresses and causes only.
// Others may quote what the server sent.
func describe(err error, f Failure) error {
	if f == FailureNone {
		return nil
	}
	var op *net.OpError
	known := errors.As(err, &op) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	switch f {
	case FailureCancelled, FailureTimeout:
		known = false // may be the words of the caller's context
	case FailureDial, FailureBroken:
	default:
		known = true
	}
	if !known {
		return errors.New(f.String())
	}
	return errors.New(err.Error())
}
