package partner

import (
	"fmt"
	"slices"
	"strings"
)

// postalDigits are the digits of the postal codes of countries in which all have the
// same number of them and some begin with 0 (Universal Postal Union, Postal addressing
// systems), by the two letters of the country's code.
var postalDigits = func() (digits [26 * 26]uint8) {
	for _, country := range strings.Fields("AU4 CN6 DE5 ES5 FI5 FR5 IT5 JP7 KR5 MX5 MY5 NO4 RO6 SG6 TR5 UA5 US5") {
		digits[letterPair(country[:2])] = country[2] - '0'
	}
	return digits
}()

func letterPair(code string) int { return int(code[0]-'A')*26 + int(code[1]-'A') }

// PostalDigits is how many digits the postal codes of a country have if some of them
// begin with 0; 0 when that is not known.
func PostalDigits(country string) int {
	if !IsCountry(country) {
		return 0
	}
	return int(postalDigits[letterPair(country)])
}

// leadingZero puts back, under Fix, the zero that a spreadsheet program took off a
// postal code, and asks about it otherwise.
func (r *Rules) leadingZero(row *Row, problems []Problem) []Problem {
	v := row.PostalCode
	if n := len(v); n < 3 || n > 6 || v[0] == '0' || PostalDigits(row.Country) != n+1 || strings.Trim(v, "0123456789") != "" {
		return problems
	}
	name, label := PostalCode.String(), Specs[PostalCode].Label
	lost := fmt.Sprintf("those of %s have %d digits, and a spreadsheet program may have taken a leading zero off", row.Country, len(v)+1)
	if !r.Fix {
		return append(problems, Problem{Field: name, Value: v, Code: Questionable, Hint: "0" + v, Message: fmt.Sprintf("%s has %d digits: %s", label, len(v), lost)})
	}
	q := Problem{Field: name, Value: v, Code: Fixed, Hint: "0" + v, Message: fmt.Sprintf("%s was read as 0%s: %s", label, v, lost)}
	row.PostalCode = "0" + v
	if i := slices.IndexFunc(problems, func(p Problem) bool { return p.Field == name && p.Code == Fixed }); i >= 0 { // full-width digits
		q.Value = problems[i].Value
		problems[i] = q
		return problems
	}
	return append(problems, q)
}
