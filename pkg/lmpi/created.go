package lmpi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const textLimit = 300 // code points of a token or a link, from the API's page

// member is a name and its value in a JSON object, where a name may stand twice.
type member struct {
	name  string
	value json.RawMessage
}

// readCreated finds token and link in a success: exactly one JSON object, since an
// answer without a length that was cut off looks complete to everybody but a parser.
// The content type is not asked; the vendor's own examples have a wrong one.
func readCreated(body []byte) (token, link, problem string) {
	members, problem := readObject(trimBOM(body))
	token, twice := text(members, "token")
	link, twiceLink := text(members, "onboarding_link")
	wrongToken, wrongLink := TokenFault(token), LinkFault(link)
	problem = first(problem, wrongToken, wrongLink)
	if wrongToken != "" {
		token = ""
	}
	if wrongLink != "" {
		link = ""
	}
	switch {
	case token != "" && problem == "no link":
		problem = "a token came, but no link"
	case link != "" && problem == "no token":
		problem = "a link came, but no token"
	case problem == "" && (twice || twiceLink):
		problem = "more than one token or link"
	}
	return token, link, problem
}

// text is the last text of that name, as parsers have it, and whether another value
// stands under the same name.
func text(members []member, name string) (last string, differs bool) {
	seen := false
	for _, m := range members {
		if m.name != name {
			continue
		}
		var s string
		_ = json.Unmarshal(m.value, &s) // what is no text is none
		differs = differs || seen && s != last
		last, seen = s, true
	}
	return last, differs
}

// readObject reads a body that is one JSON object and nothing else.
func readObject(body []byte) (members []member, problem string) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	start, err := decoder.Token()
	switch {
	case errors.Is(err, io.EOF):
		return nil, "empty"
	case err != nil:
		return nil, broken(err)
	case start != json.Delim('{'):
		return nil, "not a JSON object"
	}
	for decoder.More() {
		name, err := decoder.Token()
		m := member{}
		if err == nil {
			m.name, _ = name.(string)
			err = decoder.Decode(&m.value)
		}
		if err != nil {
			return nil, broken(err)
		}
		members = append(members, m)
	}
	if _, err = decoder.Token(); err != nil {
		return nil, broken(err)
	}
	if len(bytes.TrimSpace(body[decoder.InputOffset():])) > 0 {
		return nil, "more after the JSON object"
	}
	return members, ""
}

func broken(err error) string {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "cut short"
	}
	return "not JSON"
}

// TokenFault says why a text can be no token, or "": one has 1 to 300 code points, not
// only white space and no control characters. Its alphabet is not documented.
func TokenFault(s string) string { return textFault("token", s) }

// LinkFault says why a text can be no link, or "": one is like a token, and the address
// of a web page.
func LinkFault(s string) string {
	if fault := textFault("link", s); fault != "" {
		return fault
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" {
		return "a link that is no web address"
	}
	return ""
}

func textFault(what, s string) string {
	switch {
	case s == "":
		return "no " + what
	case strings.TrimSpace(s) == "":
		return "a blank " + what
	case strings.ContainsFunc(s, odd):
		return "a " + what + " with a control character"
	case utf8.RuneCountInString(s) > textLimit:
		return fmt.Sprintf("a %s of over %d characters", what, textLimit)
	}
	return ""
}

// odd characters would break a line or a file: they stand in no token and in no link.
func odd(r rune) bool { return r == utf8.RuneError || unicode.IsControl(r) }

func first(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}

// namedPattern finds a token or link that is not blank, at any depth and in what is no
// whole JSON.
var namedPattern = regexp.MustCompile(`"(?:token|onboarding_link)"\s*:\s*"\s*[^"\s]`)

// given finds what should not be there: a token or a link in an answer that is no
// success. They are returned if they can be one, and are the only ones.
func given(body []byte) (token, link string, found bool) {
	var g gifts
	g.object(trimBOM(body), true)
	found = len(g.tokens)+len(g.links) > 0 || namedPattern.Match(body)
	return only(g.tokens, TokenFault), only(g.links, LinkFault), found
}

// gifts are the tokens and links of an answer.
type gifts struct{ tokens, links []string }

// object looks into an object, or into all of a list, and if deeper is true into
// those that stand in them.
func (g *gifts) object(value []byte, deeper bool) {
	if value = bytes.TrimSpace(value); len(value) == 0 {
		return
	}
	if value[0] == '[' {
		var list []json.RawMessage
		_ = json.Unmarshal(value, &list)
		for _, v := range list {
			g.members(v, deeper)
		}
		return
	}
	g.members(value, deeper)
}

func (g *gifts) members(value []byte, deeper bool) {
	members, _ := readObject(value)
	for _, m := range members {
		switch m.name {
		case "token":
			g.tokens = appendText(g.tokens, m.value)
		case "onboarding_link":
			g.links = appendText(g.links, m.value)
		default:
			if deeper {
				g.object(m.value, false)
			}
		}
	}
}

// appendText takes texts and numbers that are not blank.
func appendText(list []string, value json.RawMessage) []string {
	var v any
	_ = json.Unmarshal(value, &v)
	switch v := v.(type) {
	case string:
		if strings.TrimSpace(v) != "" {
			list = append(list, v)
		}
	case float64:
		list = append(list, string(value))
	}
	return list
}

// only is the one text of a list, if it has no fault.
func only(list []string, fault func(string) string) string {
	for _, s := range list {
		if s != list[0] || fault(s) != "" {
			return ""
		}
	}
	return first(list...)
}
