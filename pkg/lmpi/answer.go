package lmpi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	bodyLimit  = 1 << 20
	wordsLimit = 500      // code points kept of what the API says
	textLimit  = 300      // code points of a token or a link, from the API's page
	listLimit  = 64 << 20 // of a reading call: a list of partners has no pages
	rawLimit   = 4 << 10  // bytes kept of an answer that could not be used
)

// Evidence is what was observed of one attempt: all that the verdict needs.
type Evidence struct {
	Connected    bool      // a connection was obtained
	Counted      bool      // its bytes could be counted; false behind a forward proxy
	BytesWritten int64     // of the request
	Begun        time.Time // just before the first of them; zero: none, or not counted

	Status           int    // 0: no complete status line and headers came
	Subject, Message string // the API's words: error_subject and error_message
	Token, Link      string // empty unless within their limits
	BodyError        string // why the body could not be used; empty when it could

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

// readBody reads at most limit bytes, and no body of a 101: it is the connection
// itself, and has no end.
func readBody(resp *http.Response, limit int) (body []byte, problem string, err error) {
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return nil, "none of HTTP", nil
	}
	body, err = io.ReadAll(io.LimitReader(resp.Body, int64(limit)+1))
	switch {
	case len(body) > limit:
		return body[:rawLimit], fmt.Sprintf("over %d MiB", limit>>20), nil
	case err != nil:
		return body, "cut short", err
	}
	return body, "", nil
}

var (
	subjectPattern = regexp.MustCompile(`"error_subject"\s*:\s*("(?:[^"\\]|\\.)*")`)
	messagePattern = regexp.MustCompile(`"error_message"\s*:\s*("(?:[^"\\]|\\.)*")`)
)

// readCreated finds token and link in a success: exactly one JSON object, since an
// answer without a length that was cut off looks complete to everybody but a parser.
// The content type is not asked; the vendor's own examples have a wrong one.
func readCreated(body []byte) (token, link, problem string) {
	if token, link = documented(body); link != "" {
		return token, link, ""
	}
	return parseCreated(bytes.TrimPrefix(body, []byte("\ufeff")))
}

// parseCreated is readCreated for answers of any form.
func parseCreated(body []byte) (token, link, problem string) {
	fields, problem := readObject(body)
	token, _ = fields["token"].(string)
	link, _ = fields["onboarding_link"].(string)
	if !usable(token) {
		token, problem = "", first(problem, lacks("token", token))
	}
	if !usable(link) {
		link, problem = "", first(problem, lacks("link", link))
	}
	switch {
	case token != "" && problem == "no link":
		problem = "a token came, but no link"
	case link != "" && problem == "no token":
		problem = "a link came, but no token"
	case problem == "" && ambiguous(body):
		problem = "more than one token or link"
	}
	return token, link, problem
}

// documented reads an answer that is the documented one to the letter, as nearly all
// are, for a tenth of what a parser costs: the two members in their order, both of
// printable ASCII without escapes and within their limits. It says "" of all others.
func documented(body []byte) (token, link string) {
	rest, ok := behind(body, `{`, `"token"`, `:`, `"`)
	if ok {
		token, rest, ok = plainText(rest)
	}
	if ok {
		rest, ok = behind(rest, `,`, `"onboarding_link"`, `:`, `"`)
	}
	if ok {
		link, rest, ok = plainText(rest)
	}
	if ok {
		rest, ok = behind(rest, `}`)
	}
	if !ok || len(bytes.TrimLeft(rest, jsonSpace)) > 0 {
		return "", ""
	}
	return token, link
}

const jsonSpace = " \t\r\n" // RFC 8259 section 2

// behind is what comes behind parts that follow each other, with or without space
// before each.
func behind(text []byte, parts ...string) (rest []byte, ok bool) {
	for _, part := range parts {
		text = bytes.TrimLeft(text, jsonSpace)
		if len(text) < len(part) || string(text[:len(part)]) != part {
			return nil, false
		}
		text = text[len(part):]
	}
	return text, true
}

// plainText is the text up to the next quotation mark, and what comes behind that.
func plainText(text []byte) (plain string, rest []byte, ok bool) {
	for i, c := range text[:min(len(text), textLimit+1)] {
		switch {
		case c == '"':
			return string(text[:i]), text[i+1:], i > 0
		case c < ' ' || c >= 0x7f || c == '\\':
			return "", nil, false
		}
	}
	return "", nil, false
}

// ambiguous says that an object names its token or its link twice, and not the
// same: a parser takes the last one in silence. body is one whole JSON object.
func ambiguous(body []byte) bool {
	if bytes.IndexByte(body, '\\') < 0 && bytes.Count(body, []byte(`"token"`)) < 2 && bytes.Count(body, []byte(`"onboarding_link"`)) < 2 {
		return false // as nearly always: nothing is escaped, and each name stands there once; to look closer costs more than to parse
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	seen := map[string]string{}
	_, _ = decoder.Token() // the brace
	for decoder.More() {
		name, _ := decoder.Token()
		var value json.RawMessage
		if decoder.Decode(&value) != nil {
			return true
		}
		if key, _ := name.(string); key == "token" || key == "onboarding_link" {
			var text string
			_ = json.Unmarshal(value, &text) // the last one is text, as was seen; what is none differs from it
			if before, twice := seen[key]; twice && before != text {
				return true
			}
			seen[key] = text
		}
	}
	return false
}

func readObject(body []byte) (fields map[string]any, problem string) {
	if json.Unmarshal(body, &fields) == nil && fields != nil {
		return fields, ""
	}
	var syntax *json.SyntaxError
	decoder := json.NewDecoder(bytes.NewReader(body))
	err := decoder.Decode(&fields)
	switch {
	case errors.Is(err, io.EOF):
		return nil, "empty"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, "cut short"
	case errors.As(err, &syntax):
		return nil, "not JSON"
	case err != nil || fields == nil:
		return nil, "not a JSON object"
	case len(bytes.TrimSpace(body[decoder.InputOffset():])) > 0:
		return nil, "more after the JSON object"
	}
	return fields, ""
}

func lacks(what, got string) string {
	if got == "" {
		return "no " + what
	}
	return "a " + what + " outside its limits"
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// odd characters would break a line or a file: they stand in no token and in no link.
func odd(r rune) bool { return r == utf8.RuneError || unicode.IsControl(r) }

// usable takes what keeps to the documented length. Neither alphabet nor host is
// documented, and to refuse a token or link for them would be to lose it.
func usable(s string) bool {
	return s != "" && utf8.RuneCountInString(s) <= textLimit && !strings.ContainsFunc(s, odd)
}

// readWords finds the API's words even in JSON that is malformed, as the vendor's own
// examples are, and hides what must not be shown should the API repeat it.
func (e *Evidence) readWords(body []byte, c Credentials, traceID string) {
	if !bytes.Contains(body, []byte(`"error_`)) {
		return // as nearly always; the patterns would cost more than the signature
	}
	e.Subject = clean(hideTokens(c.redact(quoted(subjectPattern, body)), body, traceID))
	e.Message = clean(hideTokens(c.redact(quoted(messagePattern, body)), body, traceID))
}

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
