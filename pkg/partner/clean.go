package partner

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean is what becomes of a cell before it is checked: white space of any kind
// and characters that nobody sees go from both ends, and a run of line breaks
// and tabs inside becomes one space. Nothing else is changed.
func Clean(s string) string {
	if look(s)&unclean == 0 {
		return s
	}
	s = trimUnseen(s)
	if strings.IndexFunc(s, breaks) < 0 {
		return s
	}
	return joinLines(s)
}

// traits are what one look at a cell tells about its characters.
type traits uint8

const (
	foreign   traits = 1 << iota // neither printable ASCII nor a letter that isLatin: further, or a control character
	odd                          // a symbol that every damaged value contains, and hardly any other
	lowerCase                    // a lower-case ASCII letter
	unclean                      // Clean may change it
)

// byteTraits are the traits of each byte, so that the look is one addition a
// byte: nearly every cell is plain, and needs no more.
var byteTraits = func() (t [256]traits) {
	for i := range t {
		switch c := byte(i); {
		case c < 0x20 || c >= 0x7f:
			t[i] = foreign | unclean
		case 'a' <= c && c <= 'z':
			t[i] = lowerCase
		case strings.IndexByte("#%*+:<[{$", c) >= 0:
			t[i] = odd
		}
	}
	return t
}()

func look(s string) (seen traits) {
	if s == "" {
		return 0
	}
	var ends traits
	if s[0] == ' ' || s[len(s)-1] == ' ' {
		ends = unclean
	}
	whole := s
	for ; len(s) >= 4; s = s[4:] { // the four do not wait for each other
		seen |= byteTraits[s[0]] | byteTraits[s[1]] | byteTraits[s[2]] | byteTraits[s[3]]
	}
	for i := range len(s) {
		seen |= byteTraits[s[i]]
	}
	if seen&foreign != 0 && latin(whole) {
		seen &^= foreign | unclean
	}
	return seen | ends
}

// latin says that a text has no other characters than printable ASCII and the
// letters that isLatin.
func latin(s string) bool {
	for i := 0; i < len(s); i++ {
		if byteTraits[s[i]]&foreign == 0 {
			continue
		}
		r, ok := latinAt(s, i)
		if !ok || !isLatin[r-firstLatin] {
			return false
		}
		i++
	}
	return true
}

// latinAt decodes a character from U+00C0 to U+017F: Latin-1 and Latin
// Extended-A, with which most names of Europe are written. It has two bytes.
func latinAt(s string, i int) (r rune, ok bool) {
	if s[i] < 0xc3 || s[i] > 0xc5 || i+1 == len(s) || s[i+1]&0xc0 != 0x80 {
		return 0, false
	}
	return rune(s[i]&0x1f)<<6 | rune(s[i+1]&0x3f), true
}

// PlainLetter is the length of a letter of latinAt that isLatin, 0 when there is none:
// with such letters a row may be Plain.
func PlainLetter(s string, i int) int {
	if r, ok := latinAt(s, i); ok && isLatin[r-firstLatin] {
		return 2
	}
	return 0
}

const firstLatin, lastLatin = 'À', 'ſ'

// isLatin marks the letters of latinAt that no garbled text is made of: Š, for
// one, is where windows-1252 shows the second byte of a character of UTF-8.
var isLatin = func() (t [lastLatin - firstLatin + 1]bool) {
	for r := firstLatin; r <= lastLatin; r++ {
		t[r-firstLatin] = unicode.IsLetter(r) && byte1252(r)&0xc0 != 0x80
	}
	return t
}()

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

// breaks are line breaks (CR, LF and Unicode's two separators) and tabs.
func breaks(r rune) bool {
	return r == '\n' || r == '\r' || r == '\t' || r == '\u2028' || r == '\u2029'
}

// Blank says that a cell holds no text.
func Blank(s string) bool {
	if s != "" && ' ' < s[0] && s[0] < 0x7f {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool { return !unseenOrSpace(r) }) < 0
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
