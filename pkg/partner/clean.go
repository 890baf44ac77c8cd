package partner

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean is what becomes of a cell before it is checked: white space of any
// kind, no-break and zero-width characters and byte order marks go from both
// ends, and a run of line breaks and tabs inside becomes one space. Nothing
// else is changed.
func Clean(s string) string {
	if plain(s) {
		return s
	}
	s = strings.TrimFunc(s, invisible)
	if strings.IndexFunc(s, breaks) < 0 {
		return s
	}
	return joinLines(s)
}

// plain says that there is nothing to clean: printable ASCII without a space
// at either end, which is nearly every cell.
func plain(s string) bool {
	if s == "" {
		return true
	}
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7f {
			return false
		}
	}
	return s[0] != ' ' && s[len(s)-1] != ' '
}

func joinLines(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	inBreak := false
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if !breaks(r) {
			b.WriteString(s[i : i+n]) // the bytes, so that invalid UTF-8 stays what it is
		} else if !inBreak {
			b.WriteByte(' ')
		}
		inBreak = breaks(r)
		i += n
	}
	return b.String()
}

// invisible characters are trimmed: Unicode White_Space, and the zero-width
// characters that copying from web pages leaves behind.
func invisible(r rune) bool {
	switch r {
	case '\u200b', '\u200c', '\u200d', '\u2060', '\ufeff':
		return true
	}
	return unicode.IsSpace(r)
}

// breaks are line breaks (CR, LF and Unicode's two separators) and tabs.
func breaks(r rune) bool {
	return r == '\n' || r == '\r' || r == '\t' || r == '\u2028' || r == '\u2029'
}

// Blank says that a cell holds no text.
func Blank(s string) bool {
	return strings.TrimFunc(s, invisible) == ""
}

// upperASCII upper-cases the ASCII letters only: a code is ASCII, and the
// rules of Turkish or Greek must not touch it.
func upperASCII(s string) string {
	for i := range len(s) {
		if 'a' <= s[i] && s[i] <= 'z' {
			return strings.Map(func(r rune) rune {
				if 'a' <= r && r <= 'z' {
					return r - 'a' + 'A'
				}
				return r
			}, s)
		}
	}
	return s
}

// controlIn finds the first control character (C0, DEL, C1) of a cleaned cell.
func controlIn(s string) (rune, bool) {
	i := strings.IndexFunc(s, unicode.IsControl)
	if i < 0 {
		return 0, false
	}
	r, _ := utf8.DecodeRuneInString(s[i:])
	return r, true
}
