package partner

import (
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/biter777/countries"
	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/unicode/norm"
)

// countryCodes marks the assigned codes of ISO 3166-1 alpha-2 by letter pair,
// so that the check of a row is one array look-up.
var countryCodes = assignedCountries()

func assignedCountries() (codes [26 * 26]bool) {
	for _, c := range countries.All() {
		// The library also knows two withdrawn codes and a user-assigned one.
		switch a := c.Alpha2(); {
		case len(a) != 2, a == "AN", a == "YU", a == "XK":
		default:
			codes[pair(a)] = true
		}
	}
	return codes
}

func pair(code string) int { return int(code[0]-'A')*26 + int(code[1]-'A') }

// IsCountry says that code is an assigned ISO 3166-1 alpha-2 code, in upper case.
func IsCountry(code string) bool {
	return len(code) == 2 && upper(code[0]) && upper(code[1]) && countryCodes[pair(code)]
}

// Countries lists the codes that IsCountry takes, in alphabetical order.
func Countries() (codes []string) {
	for i, assigned := range countryCodes {
		if assigned {
			codes = append(codes, string([]byte{byte('A' + i/26), byte('A' + i%26)}))
		}
	}
	return codes
}

func upper(b byte) bool { return 'A' <= b && b <= 'Z' }

// A countryIndex finds the code of a country by its folded names.
type countryIndex struct {
	codes   map[string]string // by alpha-2, alpha-3, name and alias
	english []countryName     // for near misses
	centers []countryName     // the same and Europe, which is a data center
}

// countryNames is built when the first wrong country is met: most sheets
// never need it.
var countryNames = sync.OnceValue(newCountryIndex)

// newCountryIndex lets the surest source win: ISO codes, our aliases, English
// names, then the names in other languages. A name that means two countries
// is in none of them.
func newCountryIndex() *countryIndex {
	x := &countryIndex{codes: map[string]string{}}
	english := display.Regions(language.English)
	for _, c := range countries.All() {
		if code := c.Alpha2(); IsCountry(code) {
			x.codes[strings.ToLower(code)], x.codes[strings.ToLower(c.Alpha3())] = code, code
		}
	}
	x.addAliases()
	for _, c := range countries.All() {
		code := c.Alpha2()
		if !IsCountry(code) {
			continue
		}
		name := english.Name(language.MustParseRegion(code))
		x.english = append(x.english, newCountryName(code, name))
		for _, n := range []string{name, c.String()} {
			if _, ambiguous := ambiguousCountries[fold(n)]; !ambiguous {
				x.codes[fold(n)] = code
			}
		}
	}
	x.centers = append(slices.Clip(x.english), newCountryName("EU", "Europe"))
	x.addLanguages()
	return x
}

func (x *countryIndex) addAliases() {
	for line := range strings.Lines(countryAliases) {
		code, names, _ := strings.Cut(strings.TrimSpace(line), ": ")
		for name := range strings.SplitSeq(names, "; ") {
			x.codes[fold(name)] = code
		}
	}
}

// addLanguages adds every country's name in the languages of business, and in
// every other language the name of the country that speaks it.
func (x *countryIndex) addLanguages() {
	found := map[string]string{}
	for _, tag := range display.Supported.Tags() {
		names := display.Regions(tag)
		if names == nil {
			continue
		}
		home, _ := tag.Region()
		base, _ := tag.Base()
		all := strings.Contains(businessLanguages, " "+base.String()+" ")
		for _, c := range x.english {
			if region := language.MustParseRegion(c.code); all && c.code != "MF" || region == home {
				name := fold(names.Name(region))
				if other, ok := found[name]; ok && other != c.code {
					found[name] = "" // two countries
				} else {
					found[name] = c.code
				}
			}
		}
	}
	for name, code := range found {
		_, known := x.codes[name]
		if _, ambiguous := ambiguousCountries[name]; !known && !ambiguous && code != "" && !x.tooClose(name, code) {
			x.codes[name] = code
		}
	}
}

// tooClose says that a foreign name is too short, or too like the English name
// of another country, to be told from a slip: Nigera is Niger in Latvian.
func (x *countryIndex) tooClose(name, code string) bool {
	set := letters(name)
	return len(name) < nearestLeast || slices.ContainsFunc(x.english, func(c countryName) bool {
		return c.code != code && c.within(1, name, set)
	})
}

// countryCode is the code of a country written in any exact way: a code, a
// name, an alias, or two of them that agree, such as "Germany (DE)".
func countryCode(s string) string {
	if len(s) > longestCountry {
		return ""
	}
	if code := countryNames().lookup(s); code != "" {
		return code
	}
	agreed := ""
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return strings.ContainsRune("()[]/,;:-–|", r) }) {
		if strings.TrimFunc(part, unicode.IsSpace) == "" {
			continue
		}
		code := countryNames().lookup(part)
		if code == "" || agreed != "" && agreed != code {
			return ""
		}
		agreed = code
	}
	return agreed
}

// lookup finds a name whatever its spelling, and a code only as it is: N/A is
// not Namibia, and Áo not Angola.
func (x *countryIndex) lookup(s string) string {
	code := strings.ToLower(strings.TrimFunc(halfWidth(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }))
	folded := fold(s)
	if len(folded) > 3 || strings.Contains(dottedCountries, " "+code+" ") {
		return x.codes[folded]
	}
	if len(code) > 3 {
		return ""
	}
	return x.codes[code]
}

// longestCountry bounds what is looked at, in bytes: the longest names are
// those of international standards, in three-byte scripts.
const longestCountry = 200

// fold brings a name to its letters and digits without case, width and the
// accents of Latin, Greek and Cyrillic. "The" and "and" do not count, and
// "St" is "Saint".
func fold(s string) string {
	s = norm.NFKD.String(cases.Fold().String(norm.NFKD.String(s)))
	var b strings.Builder
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == '-' || unicode.IsSpace(r) }) {
		word = strings.Map(foldRune, word)
		switch word {
		case "st":
			word = "saint"
		case "the", "and":
			word = ""
		}
		b.WriteString(word)
	}
	return norm.NFKC.String(b.String())
}

func foldRune(r rune) rune {
	switch {
	case r == 'ı': // of a Turkish name in capitals
		return 'i'
	case 0x300 <= r && r < 0x370, !unicode.In(r, unicode.L, unicode.N, unicode.M):
		return -1
	}
	return r
}
