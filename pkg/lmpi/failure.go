package lmpi

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
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
	FailureBroken // the connection ended early, or what came was not HTTP
)

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
}

// String is what happened, as a clause.
func (f Failure) String() string { return failureWords[f] }

// classify sorts by type, never by text.
func classify(err error, cancelled, connected bool) Failure {
	if err == nil {
		return FailureNone
	}
	var (
		op          *net.OpError
		dns         *net.DNSError
		certificate *tls.CertificateVerificationError
		record      tls.RecordHeaderError
		handshake   handshakeError
		proxy       proxyError
	)
	isOp := errors.As(err, &op)
	switch {
	case cancelled:
		return FailureCancelled
	case errors.As(err, &proxy) || isOp && op.Op == "proxyconnect":
		return FailureProxy
	case errors.As(err, &certificate):
		return FailureCertificate
	case errors.As(err, &record) && !connected:
		return FailureNotTLS
	case errors.Is(err, errNotLocal):
		return FailureNotLocal
	case errors.As(err, &dns):
		return FailureResolve
	case errors.As(err, &handshake):
		return FailureHandshake
	case isOp && op.Op == "dial":
		return FailureDial
	case errors.Is(err, context.DeadlineExceeded):
		return FailureTimeout
	case !connected:
		return FailureDial
	}
	return FailureBroken
}

// describe keeps the text of errors that are known to carry addresses and causes only.
// Others of net/http quote what the server sent, or a proxy's address with its password.
func describe(err error, f Failure) error {
	if f == FailureNone {
		return nil
	}
	var op *net.OpError
	known := errors.As(err, &op) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	switch f {
	case FailureCancelled, FailureTimeout, FailureHeld:
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
