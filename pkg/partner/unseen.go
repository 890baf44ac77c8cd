package partner

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Characters that nobody sees make two names of one, and an empty name a full one. They
// go from both ends of a cell; inside it they are a problem, unless the text is not
// written right without them.

// unseen says that a character takes no place, or an empty one: Unicode's
// Default_Ignorable_Code_Point and the other format characters, and the braille blank.
func unseen(r rune) bool {
	switch {
	case r < 0x300:
		return r == '\u00ad'
	case 0x370 <= r && r < 0x600, 0x3165 <= r && r < 0xfe00: // Greek to Hebrew, and most of East Asia
		return false
	case r == '\u2800':
		return true
	case unicode.Is(unicode.Prepended_Concatenation_Mark, r): // format characters that are seen
		return false
	}
	return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

func unseenOrSpace(r rune) bool { return unseen(r) || unicode.IsSpace(r) }

// trimUnseen takes white space and what nobody sees from both ends. What shapes the
// last character is a part of it.
func trimUnseen(s string) string {
	s = strings.TrimLeftFunc(s, unseenOrSpace)
	last := strings.LastIndexFunc(s, func(r rune) bool { return !unseenOrSpace(r) })
	if last < 0 {
		return ""
	}
	before, n := utf8.DecodeRuneInString(s[last:])
	end := last + n
	for _, r := range s[end:] {
		if !shapes(r, before, 0) {
			break
		}
		before = r
		end += utf8.RuneLen(r)
	}
	return s[:end]
}

// unseenIn finds the first character of a cleaned text that nobody sees and no script
// needs where it stands.
func unseenIn(s string) (found rune, ok bool) {
	before := ' '
	for i, r := range s {
		if unseen(r) {
			next, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
			if !shapes(r, before, next) && !joins(r, before, next) {
				return r, true
			}
		}
		before = r
	}
	return 0, false
}

// shapes says that an unseen character selects a form of the one before it: of an
// emoji, of a Han or Mongolian letter; a region of a flag.
func shapes(r, before, next rune) bool {
	switch {
	case tag(r):
		return before == '\U0001f3f4' || tag(before)
	case unseen(before):
		return false
	case r == '\u00ad':
		return before == 'Ã' // together a garbled í, which is told as that
	case r == '\u180e':
		return unicode.Is(unicode.Mongolian, before)
	case !unicode.Is(unicode.Variation_Selector, r):
		return false
	case next == '\u20e3': // a digit as a key
		return strings.ContainsRune("0123456789#*", before)
	}
	return unicode.In(before, unicode.So, unicode.Sm, unicode.Han, unicode.Mongolian, unicode.Myanmar, unicode.Phags_Pa) ||
		strings.ContainsRune("‼⁉〰ℹ", before)
}

func tag(r rune) bool { return 0xe0020 <= r && r <= 0xe007f }

// joins says that a character joins or parts those beside it, or tells where a line may
// break, and that their script needs that.
func joins(r, before, next rune) bool {
	switch r {
	case '\u200d':
		return joining(before) || joining(next) || unicode.In(next, unicode.So) && // of an emoji
			unicode.In(before, unicode.So, unicode.Sk, unicode.Variation_Selector)
	case '\u200c':
		return joining(before) || joining(next)
	case '\u200b':
		return unspaced(before) && unspaced(next)
	}
	return false
}

// joining says that a character is of a script whose letters join: a cursive one, or
// one with a virama.
func joining(r rune) bool {
	return unicode.In(r, unicode.Arabic, unicode.Syriac, unicode.Mandaic, unicode.Nko, unicode.Mongolian, unicode.Phags_Pa, unicode.Adlam,
		unicode.Hanifi_Rohingya) || r >= 0x900 && unicode.In(r, withVirama()...)
}

// unspaced says that a character is of a script that has no spaces between its words.
func unspaced(r rune) bool {
	return unicode.In(r, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Tai_Le, unicode.New_Tai_Lue, unicode.Tai_Tham, unicode.Tai_Viet)
}

// withVirama are the scripts that have one: a mark of the combining class 9.
var withVirama = sync.OnceValue(func() (scripts []*unicode.RangeTable) {
	for _, script := range unicode.Scripts {
		if hasVirama(script) {
			scripts = append(scripts, script)
		}
	}
	return scripts
})

func hasVirama(script *unicode.RangeTable) bool {
	const virama = 9
	for _, marks := range []*unicode.RangeTable{unicode.Mn, unicode.Mc} {
		for _, x := range marks.R16 {
			for r := rune(x.Lo); r <= rune(x.Hi); r += rune(x.Stride) {
				if unicode.Is(script, r) && norm.NFC.PropertiesString(string(r)).CCC() == virama {
					return true
				}
			}
		}
	}
	return false
}
