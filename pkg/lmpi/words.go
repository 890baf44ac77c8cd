package lmpi

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
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
		s = hideWord(s, unquote(given[1]))
	}
	s = queryPattern.ReplaceAllString(s, "${1}"+hidden)
	return wordPattern.ReplaceAllStringFunc(s, func(word string) string {
		if word == traceID || !strings.ContainsFunc(word, unicode.IsDigit) {
			return word
		}
		return hidden
	})
}

// hideWord hides a text where it is not a part of a word: one of a letter is in all of them.
func hideWord(s, secret string) string {
	var b strings.Builder
	shown := 0
	for i := 0; secret != "" && i < len(s); i++ {
		if !strings.HasPrefix(s[i:], secret) || joined(s[:i], secret) || joined(secret, s[i+len(secret):]) {
			continue
		}
		b.WriteString(s[shown:i] + hidden)
		shown = i + len(secret)
		i = shown - 1
	}
	return b.String() + s[shown:]
}

// joined says that one word goes on from the end of a text to the beginning of another.
func joined(a, b string) bool {
	last, _ := utf8.DecodeLastRuneInString(a)
	next, _ := utf8.DecodeRuneInString(b)
	return isLetter(last) && isLetter(next)
}

func isLetter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
