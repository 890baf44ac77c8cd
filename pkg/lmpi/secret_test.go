package lmpi

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

const canary = "synthetic-canary+secret/0"

// leaks finds the canary in any of the forms in which it could get out.
func leaks(s string) bool {
	quoted, _ := json.Marshal(canary)
	for _, form := range []string{
		canary, hex.EncodeToString([]byte(canary)), strings.ToUpper(hex.EncodeToString([]byte(canary))),
		base64.StdEncoding.EncodeToString([]byte(canary)), base64.RawURLEncoding.EncodeToString([]byte(canary)),
		url.QueryEscape(canary), strings.Trim(string(quoted), `"`), fmt.Sprint([]byte(canary)),
	} {
		if strings.Contains(s, form) {
			return true
		}
	}
	return false
}

// carriers are all the things that hold a secret somewhere within.
func carriers(t *testing.T) map[string]any {
	t.Helper()
	type inner struct {
		s Secret
		c Credentials
	}
	credentials := Credentials{AccessToken: NewSecret(canary), SecretKey: NewSecret(canary)}
	s := newWireServer(t, false, func(_ int64, x *exchange) bool {
		req, more := x.read()
		if more { // a server that repeats what it was sent
			x.write(sized("400 Bad Request", `{"error_subject":"`+req.Header.Get("x-access-token")+`","error_message":"`+canary+`"}`))
		}
		return more
	})
	c := s.client(t)
	c.config.Credentials = credentials
	_, refused := New(Config{Base: s.base, Timeout: 1, Credentials: Credentials{AccessToken: NewSecret(canary + "\n"), SecretKey: NewSecret(canary)}})
	if refused == nil {
		t.Fatal("New: got no error for a token with a line end")
	}
	idle := s.client(t) // fmt would race with the connections of one that is at work
	idle.config.Credentials = credentials
	secret := NewSecret(canary)
	return map[string]any{
		"secret":             secret,
		"pointer":            &secret,
		"slice":              []Secret{secret},
		"value of a map":     map[string]Secret{"x": secret},
		"key of a map":       map[Secret]int{secret: 1},
		"unexported field":   inner{secret, credentials},
		"pointer to a field": &inner{secret, credentials},
		"credentials":        credentials,
		"config":             c.config,
		"client":             idle,
		"the client itself":  *idle,
		"answer":             create(t, c),
		"error":              refused,
		"wrapped error":      fmt.Errorf("wrapped: %w", errors.Join(refused, fmt.Errorf("%v", credentials))),
	}
}

func TestSecretsStayHidden(t *testing.T) {
	for name, v := range carriers(t) {
		for _, verb := range []string{"%v", "%+v", "%#v", "%q", "%d", "%p", "%s", "%x", "%X", "%t", "%T", "%c", "%U", "%e", "%20.3s"} {
			if got := fmt.Sprintf(verb, v); leaks(got) {
				t.Errorf("%s with %s: got %s", name, verb, got)
			}
		}
		if got, _ := json.Marshal(v); leaks(string(got)) {
			t.Errorf("%s as JSON: got %s", name, got)
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v)
		encoder := zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig())
		zap.New(zapcore.NewCore(encoder, zapcore.AddSync(&log), zap.DebugLevel)).Info("x", zap.Any("v", v), zap.Reflect("r", v))
		if leaks(log.String()) {
			t.Errorf("%s in a log: got %s", name, log.String())
		}
	}
}

// The canary must be found where it does show, or the test above proves nothing.
func TestLeaksAreFound(t *testing.T) {
	type exposed struct{ s string }
	for _, s := range []string{fmt.Sprintf("%+v", exposed{canary}), fmt.Sprintf("%x", canary), fmt.Sprintf("%#v", []byte(canary)) + fmt.Sprint([]byte(canary))} {
		if !leaks(s) {
			t.Errorf("leaks(%s): got false", s)
		}
	}
}

func TestSecretReveals(t *testing.T) {
	if got := NewSecret(canary).reveal(); got != canary {
		t.Errorf("reveal: got %q", got)
	}
	if got := (Secret{}).reveal(); got != "" {
		t.Errorf("reveal of nothing: got %q", got)
	}
}

func TestAccount(t *testing.T) {
	got := testCredentials().Account()
	if want := "177d2245b6ba"; got != want {
		t.Errorf("Account: got %q, want %q", got, want)
	}
}
