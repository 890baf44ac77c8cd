package partner

import "github.com/biter777/countries"

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

func upper(b byte) bool { return 'A' <= b && b <= 'Z' }

// countryHint is the code of a country written as a name, an alpha-3 code or a
// common alias such as UK; "" when there is no exact one.
func countryHint(s string) string {
	if code := countries.ByName(s).Alpha2(); IsCountry(code) {
		return code
	}
	return ""
}
