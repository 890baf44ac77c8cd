package partner

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// garbled says that UTF-8 text was once read as windows-1252, so that Müller
// became MÃ¼ller. Some such sequences also stand in honest names (CAFÉ™ in
// capitals is one): what counts is whether they can't be honest where they
// are.
func garbled(s string) bool {
	before, adjacent := ' ', false
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if _, wide := misread(s[i:]); wide > 0 {
			last, w := utf8.DecodeLastRuneInString(s[i : i+wide])
			after, _ := utf8.DecodeRuneInString(s[i+wide:])
			if adjacent || damning(before, r, last, after, wide-w > n) {
				return true
			}
			r, n = last, wide
			adjacent = true
		} else {
			adjacent = false
		}
		before = r
		i += n
	}
	return false
}

// ungarble is the text before it was misread, once or several times; "" when
// it can't be told.
func ungarble(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		if r, n := misread(s[i:]); n > 0 {
			b.WriteRune(r)
			i += n
		} else if s[i] < utf8.RuneSelf {
			b.WriteByte(s[i])
			i++
		} else {
			return ""
		}
	}
	if once := b.String(); garbled(once) {
		return ungarble(once)
	}
	return Clean(b.String())
}

// misread decodes one character of UTF-8 whose bytes stand at the start of s
// as characters of windows-1252. size counts the bytes of s; 0: there is none.
func misread(s string) (r rune, size int) {
	lead, size := utf8.DecodeRuneInString(s)
	if lead < 0xc2 || lead > 0xf4 { // the lead bytes of UTF-8 are the letters from Â to ô
		return 0, 0
	}
	var bytes [utf8.UTFMax]byte
	bytes[0] = byte(lead)
	for n := 1; n < len(bytes); n++ {
		c, w := utf8.DecodeRuneInString(s[size:])
		if bytes[n] = byte1252(c); bytes[n]&0xc0 != 0x80 {
			return 0, 0
		}
		size += w
		if r, all := utf8.DecodeRune(bytes[:n+1]); r != utf8.RuneError && all == n+1 {
			if unicode.IsControl(r) {
				return 0, 0
			}
			return r, size
		}
	}
	return 0, 0
}

// byte1252 is the byte of a character in windows-1252, or in Latin-1 where
// windows-1252 has none; 0 for others.
func byte1252(r rune) byte {
	if r < 0x100 {
		return byte(r)
	}
	b, _ := charmap.Windows1252.EncodeRune(r)
	return b
}

// damning says that a sequence can't be honest text: before and after are its
// neighbours, lead and last its first and last character, long means three or
// more of them.
func damning(before, lead, last, after rune, long bool) bool {
	switch {
	case long:
		// Two symbols right behind â, ï or ð; other leads count in pairs only.
		return lead == 'â' || lead == 'ï' || lead == 'ð'
	case lead == 'ß' || lead == '×':
		return false
	case lead == 'Â', unicode.IsLower(before): // a capital in the middle of a word, a symbol behind
		return true
	case last == '\u00a0':
		return false
	case lead == 'Ã':
		return unicode.IsLetter(after) || !strings.ContainsRune(besideCapitals, last)
	case lead == 'Ä' && strings.ContainsRune("ŠŽšž", last): // in Estonian and Slovak
		return false
	case lead == 'Ä' || lead == 'Å':
		return !strings.ContainsRune(besideCapitals, last) || unicode.IsLower(after) && !strings.ContainsRune("’‘´–—", last)
	}
	return false
}

// besideCapitals are the symbols that may stand right behind the last capital
// of an honest word.
const besideCapitals = "™®©’‘”“´–—…›»•·°²³¹"
