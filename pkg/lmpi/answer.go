package lmpi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode"
)

const (
	bodyLimit  = 1 << 20
	wordsLimit = 500     // code points kept of what the API says
	rawLimit   = 4 << 10 // bytes kept of an answer that could not be used
)

// Evidence is what was observed of one attempt: all that the verdict needs.
type Evidence struct {
	Connected    bool      // a connection was obtained
	BytesWritten int64     // of the request
	Begun        time.Time // just before the first of them; zero: none

	Status           int    // 0: no complete status line and headers came
	Subject, Message string // the API's words: error_subject and error_message
	Token, Link      string // empty unless within their limits
	BodyError        string // why the body could not be used; empty when it could
	Gives            bool   // the answer is no success, and yet a token or a link is in it
	Surplus          bool   // more came before the end of the connection than one answer

	RetryAfter    time.Duration // not capped
	HasRetryAfter bool
	ClockSkew     time.Duration // the server's Date minus the time of signing
	HasSkew       bool

	Raw string // of an answer that leaves the row in doubt: it may hold a token, so it goes into the ledger and nowhere else

	Failure Failure
	Err     error // text for the log, free of secrets and of what the server sent
	Elapsed time.Duration
}

// Answer is what was observed of one attempt, and what it means.
type Answer struct {
	Evidence
	Verdict
}

func (e *Evidence) readHead(resp *http.Response, signed, now time.Time) {
	e.Status = resp.StatusCode
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		e.ClockSkew, e.HasSkew = date.Sub(signed), true
		now = date
	}
	e.RetryAfter, e.HasRetryAfter = retryAfter(resp.Header.Values("Retry-After"), now)
}

// readBody reads at most bodyLimit bytes and one more, and no body of a 101: it is the connection
// itself, and has no end. It does not close the body, which would read all the rest.
func readBody(resp *http.Response) (body []byte, problem string, err error) {
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return nil, "none of HTTP", nil
	}
	body, err = io.ReadAll(io.LimitReader(resp.Body, bodyLimit+1))
	switch {
	case len(body) > bodyLimit:
		return body, fmt.Sprintf("over %d MiB", bodyLimit>>20), nil
	case err != nil:
		return body, "cut short", err
	}
	return body, "", nil
}

var (
	subjectPattern = regexp.MustCompile(`"error_subject"\s*:\s*("(?:[^"\\]|\\.)*")`)
	messagePattern = regexp.MustCompile(`"error_message"\s*:\s*("(?:[^"\\]|\\.)*")`)
)

// readWords finds the API's words even in JSON that is malformed, as the vendor's own
// examples are, or takes a body of text for them, and hides what must not be shown
// should the API repeat it.
func (e *Evidence) readWords(body []byte, c Credentials, traceID string) {
	show := func(s string) string { return clean(hideTokens(c.redact(s), body, traceID)) }
	if bytes.Contains(body, []byte(`"error_`)) { // the patterns cost more than the signature
		e.Subject, e.Message = show(quoted(subjectPattern, body)), show(quoted(messagePattern, body))
	} else if isText(e.Status, body) {
		e.Message = show(strings.ToValidUTF8(string(body), "\ufffd"))
	}
}

// isText says whether people can read a body: no page, and no success as documented.
func isText(status int, body []byte) bool {
	body = bytes.TrimSpace(trimBOM(body))
	if len(body) == 0 || body[0] == '<' || bytes.IndexByte(body, 0) >= 0 {
		return false
	}
	return status/100 != 2 || body[0] != '{' && body[0] != '['
}

func trimBOM(body []byte) []byte { return bytes.TrimPrefix(body, []byte("\ufeff")) }

func quoted(pattern *regexp.Regexp, body []byte) string {
	match := pattern.FindSubmatch(body)
	if match == nil {
		return ""
	}
	return unquote(match[1])
}

func unquote(text []byte) string {
	var s string
	if json.Unmarshal(text, &s) != nil {
		return strings.Trim(string(text), `"`)
	}
	return s
}

// clean leaves one line of visible text, cut to length.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, s)
	return cut(strings.Join(strings.Fields(s), " "), wordsLimit)
}

// cut keeps so many code points.
func cut(s string, limit int) string {
	runes := []rune(s)
	return string(runes[:min(len(runes), limit)])
}
