package batch

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// toldLimit is how long a token or a link may be, in code points, as the API
// documents it.
const toldLimit = 300

// flawOf says why a text that an operator told can't be a token or a link; "" when
// it can. Empty ones are not told.
func flawOf(token, link string) string {
	switch {
	case strings.ContainsFunc(token, unprintable):
		return "onboard_token holds a control character"
	case strings.ContainsFunc(link, unprintable):
		return "onboard_link holds a control character"
	case utf8.RuneCountInString(token) > toldLimit:
		return "onboard_token is longer than 300 characters"
	case utf8.RuneCountInString(link) > toldLimit:
		return "onboard_link is longer than 300 characters"
	case link != "" && !webAddress(link):
		return "onboard_link is no http or https address"
	}
	return ""
}

func unprintable(r rune) bool { return r == utf8.RuneError || unicode.IsControl(r) }

func webAddress(link string) bool {
	u, err := url.Parse(link)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && !strings.ContainsFunc(link, unicode.IsSpace)
}
