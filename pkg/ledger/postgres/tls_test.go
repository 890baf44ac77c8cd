//go:build postgres

package postgres

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onboard/pkg/ledger/ledgertest"
)

// authority signs certificates; path is where its own is.
type authority struct {
	*x509.Certificate
	key  *ecdsa.PrivateKey
	path string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{key: newKey(t), path: filepath.Join(t.TempDir(), "ca.pem")}
	a.Certificate = &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test CA"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	if err := os.WriteFile(a.path, a.sign(t, a.Certificate, a.key), 0o600); err != nil {
		t.Fatal(err)
	}
	return a
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (a *authority) sign(t *testing.T, c *x509.Certificate, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, c, a.Certificate, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// pair is a certificate for a server at an address, and its key.
func (a *authority) pair(t *testing.T, address string) (certificate, key []byte) {
	t.Helper()
	private := newKey(t)
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(2), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.ParseIP(address)}}
	return a.sign(t, c, private), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// TestTLS: across a network the server proves who it is, and a wrong one is
// refused in words.
func TestTLS(t *testing.T) {
	s, right, wrong := newServer(t), newAuthority(t), newAuthority(t)
	full := func(a *authority) string { return s.URL("sslmode=verify-full&sslrootcert=" + a.path) }
	refused(t, full(right), "can't be reached") // it has no TLS yet
	if err := s.Secure(right.pair(t, "127.0.0.1")); err != nil {
		t.Fatal(err)
	}
	l := mustOpen(t, full(right))
	ledgertest.MustClaim(t, mustBegin(t, l), ledgertest.Intent(1))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	refused(t, full(wrong), "does not prove to be the server of that name")
	refused(t, s.URL("sslmode=verify-full&sslrootcert=/no/ca.pem"), "open /no/ca.pem: no such file")
	if err := s.Secure(right.pair(t, "192.0.2.1")); err != nil {
		t.Fatal(err)
	}
	refused(t, full(right), "192.0.2.1, not 127.0.0.1")
	mustOpen(t, strings.Replace(full(right), "verify-full", "verify-ca", 1))
}
