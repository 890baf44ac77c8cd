package partner

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// emailFault says in words why s is no address that the API takes, or "".
// The alphabet is the API's (its page "Create a partner"; "letters" is read as
// ASCII letters); the shape is the dot-string of RFC 5321 section 4.1.2 with
// a domain of at least two labels.
func emailFault(s string) string {
	at := strings.IndexByte(s, '@')
	if at < 0 {
		return "it has no @"
	}
	if r, bad := outsideEmail(s); bad {
		return fmt.Sprintf("it contains %s, and only letters, digits, hyphen, period, underscore and @ are accepted", describe(r))
	}
	local, domain := s[:at], s[at+1:]
	switch {
	case strings.IndexByte(domain, '@') >= 0:
		return "it has more than one @"
	case local == "":
		return "there is nothing before the @"
	case domain == "":
		return "there is nothing after the @"
	case len(local) > 64: // RFC 5321 section 4.5.3.1.1
		return "the part before the @ is longer than 64 characters"
	case !dotted(local):
		return "a period stands at the start or end of the part before the @, or twice in a row"
	}
	return domainFault(domain)
}

// IsEmail says that the API takes s as an address.
func IsEmail(s string) bool { return s != "" && isEmail(s) }

// isEmail says that s has no emailFault, in one walk along it.
func isEmail(s string) bool {
	at, label := -1, 0 // where the @ stands, and where the part begins that is being read
	for i := range len(s) {
		c := s[i]
		if !emailMarks[c] {
			continue
		}
		switch c {
		default:
			return false
		case '_':
			if at >= 0 {
				return false
			}
		case '-':
			if at >= 0 && i == label {
				return false
			}
		case '.', '@':
			if i == label || at >= 0 && (s[i-1] == '-' || i-label > 63 || c == '@') {
				return false
			}
			if c == '@' {
				at = i
			}
			label = i + 1
		}
	}
	last := s[label:]
	return at >= 0 && at <= 64 && label > at+1 && len(last) >= 2 && len(last) <= 63 && last[len(last)-1] != '-' && digits(last) < len(last)
}

// emailMarks marks what is neither letter nor digit.
var emailMarks = func() (t [256]bool) {
	for c, is := range emailBytes {
		t[c] = !is || c == '-' || c == '.' || c == '_' || c == '@'
	}
	return t
}()

func outsideEmail(s string) (rune, bool) {
	for i := range len(s) {
		if !emailBytes[s[i]] {
			r, _ := utf8.DecodeRuneInString(s[i:])
			return r, true
		}
	}
	return 0, false
}

// emailBytes marks the characters of an address.
var emailBytes = func() (t [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._@") {
		t[c] = true
	}
	return t
}()

// domainFault checks a host name by RFC 1123 section 2.1.
func domainFault(domain string) string {
	if !dotted(domain) {
		return "a period stands at the start or end of the domain, or twice in a row"
	}
	if strings.IndexByte(domain, '.') < 0 {
		return "the domain has no ending such as .com"
	}
	if strings.IndexByte(domain, '_') >= 0 {
		return "a domain has no underscores"
	}
	last := domain
	for rest, more := domain, true; more; {
		last, rest, more = strings.Cut(rest, ".")
		if len(last) > 63 || last[0] == '-' || last[len(last)-1] == '-' {
			return "a part of the domain starts or ends with a hyphen, or is longer than 63 characters"
		}
	}
	if len(last) < 2 || digits(last) == len(last) {
		return "the domain has no ending such as .com"
	}
	return ""
}

// dotted says that periods stand only between other characters.
func dotted(s string) bool {
	return s[0] != '.' && s[len(s)-1] != '.' && !strings.Contains(s, "..")
}

// describe names a character for a person: visible ones as they are.
func describe(r rune) string {
	switch {
	case r == ' ' || r == '\u00a0':
		return "a space"
	case unseenOrSpace(r) || controlRune(r):
		return fmt.Sprintf("the invisible character U+%04X", r)
	}
	return "'" + string(r) + "'"
}

func controlRune(r rune) bool { return r < 0x20 || 0x7f <= r && r < 0xa0 }

// emailFaultOf is what is wrong with a value that is no address: most often the
// address, or that it is several.
func emailFaultOf(v string) fault {
	several := strings.FieldsFunc(v, func(r rune) bool { return strings.ContainsRune(" ;,/|:\u00a0", r) })
	good := slices.DeleteFunc(slices.Clone(several), func(part string) bool { return !isEmail(part) })
	if len(good) > 1 && len(good) == len(several) {
		return fault{code: BadFormat, message: "the e-mail address can't be used: these are " + strconv.Itoa(len(good)) + " addresses, and a partner has one",
			hint: "did you mean " + good[0] + "?"}
	}
	return fault{code: BadFormat, message: "the e-mail address can't be used: " + emailFault(v), fix: emailExact(v)}
}

// emailExact is the address that a cell holds with something about it that is
// no part of it: a mailto: link, angle brackets and the name before them,
// punctuation behind, full-width characters. "" when that alone does not make
// it right.
func emailExact(s string) string {
	inner := strings.TrimRight(halfWidth(s), ".,; ")
	if open, end := strings.LastIndexByte(inner, '<'), len(inner)-1; open >= 0 && inner[end] == '>' {
		inner = inner[open+1 : end]
	}
	if len(inner) > 7 && strings.EqualFold(inner[:7], "mailto:") {
		inner, _, _ = strings.Cut(inner[7:], "?") // ?subject=…
	}
	inner = strings.TrimRight(Clean(inner), ".,; ")
	if inner == s || inner == "" || len(inner) > Specs[Email].Max || emailFault(inner) != "" {
		return ""
	}
	return inner
}

// cutAt asks whether an address ends where a program stopped at the first
// letter that is not ASCII: info@m of Müller & Co, or j.m of J. Müller. It
// asks only when the row's own names say so, else it is "".
func cutAt(email string, row *Row) string {
	at := strings.IndexByte(email, '@')
	if strings.IndexByte(email[at+1:], '.') >= 0 && at >= 0 {
		return "" // the domain is whole
	}
	end := email[strings.LastIndexAny(email, "@._-")+1:]
	if end == "" && at < 0 {
		return ""
	}
	for _, name := range [...]string{row.CompanyName, row.LastName, row.FirstName, row.City} {
		for word := range strings.FieldsFuncSeq(name, func(r rune) bool { return !unicode.IsLetter(r) }) {
			if len(word) <= len(end) || !strings.EqualFold(word[:len(end)], end) {
				continue
			}
			if r, _ := utf8.DecodeRuneInString(word[len(end):]); r >= utf8.RuneSelf && r != utf8.RuneError {
				return fmt.Sprintf("was it cut before the %c of %s?", r, word)
			}
		}
	}
	return ""
}
