package lmpi

import (
	"regexp"
	"strings"
	"unicode"
)

var (
	givenPattern = regexp.MustCompile(`"(?:token|onboarding_link)"\s*:\s*("(?:[^"\\]|\\.)+")`)

	// What follows the ? in an address: an onboarding link opens with it.
	queryPattern = regexp.MustCompile(`([^\s"'<>?#]*/[^\s"'<>?#]*[?#])[^\s"'<>]+`)

	// The one token that the API's page shows has 32 characters; no word of a
	// language has so many and a digit.
	wordPattern = regexp.MustCompile(`[A-Za-z0-9_~+/=-]{24,}`)
)

// hideTokens hides in a sentence of the API what may open an onboarding: the token
// and link that the same answer gives, the query of an address, and long words
// with a digit, but for our own trace id.
func hideTokens(s string, body []byte, traceID string) string {
	for _, given := range givenPattern.FindAllSubmatch(body, -1) {
		s = strings.ReplaceAll(s, unquote(given[1]), hidden)
	}
	s = queryPattern.ReplaceAllString(s, "${1}"+hidden)
	return wordPattern.ReplaceAllStringFunc(s, func(word string) string {
		if word == traceID || !strings.ContainsFunc(word, unicode.IsDigit) {
			return word
		}
		return hidden
	})
}
