package partner

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// exactCode is the code of a field that a value stands for beyond doubt, or
// "": a listed code in other case or width, the name of a country, for a data
// center the name of its country.
func (r *Rules) exactCode(f Field, v string) string {
	ascii := halfWidth(v)
	for _, code := range r.allowed[f] {
		if strings.EqualFold(code, ascii) {
			return code
		}
	}
	switch f {
	case Country:
		return countryCode(v)
	case DataCenter:
		if code := dataCenter(v); slices.Contains(r.allowed[f], code) {
			return code
		}
	}
	return ""
}

func dataCenter(v string) string {
	switch fold(v) {
	case "eu", "europe", "europeanunion":
		return "EU"
	}
	if code := countryCode(v); code != "GB" {
		return code
	}
	return "UK" // the country is GB, the data center UK
}

// nearCode asks about the code whose name a value nearly is, or "".
func (r *Rules) nearCode(f Field, v string) string {
	switch {
	case len(v) > longestCountry:
	case f == Country:
		return cmp.Or(meantCountry(v), nearCountry(v))
	case f == DataCenter && countryCode(v) == "": // another country is no misspelling: Austria isn't Australia
		found := nearestName(fold(v), countryNames().centers)
		for i := range found {
			if found[i].code == "GB" {
				found[i].code = "UK"
			}
			if slices.Contains(r.allowed[f], found[i].code) {
				return question(found)
			}
		}
	}
	return ""
}

// narrow is what a code without a list becomes under Fix: its full-width
// letters and digits in ASCII, if that makes all of it ASCII; else "". Names
// and addresses keep theirs.
func narrow(f Field, v string) string {
	if f != Industry && f != Size && f != PostalCode {
		return ""
	}
	if n := Clean(halfWidth(v)); ascii(n) {
		return n
	}
	return ""
}

// halfWidth turns the full-width forms of ASCII into ASCII.
func halfWidth(s string) string {
	if ascii(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case '！' <= r && r <= '～':
			return r - '！' + '!'
		case r == '\u3000':
			return ' '
		}
		return r
	}, s)
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
