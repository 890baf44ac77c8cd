package partner

import (
	_ "embed" // countries.txt
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// countryTable has a line for each assigned code of ISO 3166-1 alpha-2: the code,
// its English name, and every name that means it and no other country, folded.
// It is what libraries know (Unicode's locale data above all), with our aliases;
// to put that together takes a twentieth of a second, which is more than most
// sheets do. TestCountryTable makes it, and holds that it is up to date.
//
//go:embed countries.txt
var countryTable string

// countryCodes marks the assigned codes by letter pair, so that the check of a
// row is one array look-up.
var countryCodes = assignedCountries()

func assignedCountries() (codes [26 * 26]bool) {
	for line := range strings.Lines(countryTable) {
		codes[pair(line)] = true
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

// countryNames is read when the first wrong country is met: most sheets never
// need it.
var countryNames = sync.OnceValue(func() *countryIndex {
	x := &countryIndex{codes: map[string]string{}}
	for line := range strings.Lines(countryTable) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		x.english = append(x.english, newCountryName(cells[0], cells[1]))
		for name := range strings.SplitSeq(cells[2], " ") {
			x.codes[name] = cells[0]
		}
	}
	x.centers = append(slices.Clip(x.english), newCountryName("EU", "Europe"))
	return x
})

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

// CenterOf is the code of a country, written in any exact way, and the data center
// that is nearest to it; "" where there is none, or where that is no matter of course.
func CenterOf(country string) (code, center string) {
	if code = country; !IsCountry(code) {
		code = countryCode(country)
	}
	switch code {
	case "US", "CA", "SG", "JP", "AU", "IN":
		return code, code
	case "GB":
		return code, "UK"
	}
	if code != "" && strings.Contains(europeanUnion, code) {
		return code, "EU"
	}
	return code, ""
}

const europeanUnion = "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE"
