package lmpi

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

const hidden = "[hidden]"

// Secret is text that shows itself to nobody: every formatting verb, JSON, text
// encoders and slog get "[hidden]". It holds a pointer because fmt does not ask the
// methods of unexported fields: of those it prints an address, and not the text.
type Secret struct{ p *string }

// NewSecret hides s.
func NewSecret(s string) Secret { return Secret{&s} }

func (s Secret) reveal() string {
	if s.p == nil {
		return ""
	}
	return *s.p
}

// Format hides the text from all verbs.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// String hides the text.
func (Secret) String() string { return hidden }

// GoString hides the text.
func (Secret) GoString() string { return hidden }

// MarshalJSON hides the text.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// MarshalText hides the text, also where a Secret is the key of a map.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue hides the text from slog.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// Credentials are what the vendor gave to the caller of the API.
type Credentials struct {
	AccessToken Secret // a GUID that names the caller
	SecretKey   Secret // signs; looks like base64 and is used as the text it is
}

// Account names the account without revealing it: the first 12 hexadecimal digits of
// the SHA-256 of the access token.
func (c Credentials) Account() string {
	sum := sha256.Sum256([]byte(c.AccessToken.reveal()))
	return hex.EncodeToString(sum[:])[:12]
}

// redact hides the credentials in words of the server, which may repeat what it was sent.
func (c Credentials) redact(s string) string {
	for _, secret := range []string{c.AccessToken.reveal(), c.SecretKey.reveal()} {
		for _, form := range []string{secret, strings.ToLower(secret), strings.ToUpper(secret)} {
			if form != "" {
				s = strings.ReplaceAll(s, form, hidden)
			}
		}
	}
	return s
}

// check refuses credentials that no header can carry; it never repeats them.
func (c Credentials) check() error {
	for name, s := range map[string]string{"access token": c.AccessToken.reveal(), "secret key": c.SecretKey.reveal()} {
		if s == "" {
			return fmt.Errorf("the %s is empty; hint: set it as the vendor issued it", name)
		}
		if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return fmt.Errorf("the %s contains a space or an unusual character; hint: copy it again, without what stands around it", name)
		}
	}
	return nil
}
