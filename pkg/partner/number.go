package partner

import "strings"

// numbered are the fields whose codes are often digits, which programs take for
// numbers.
func numbered(f Field) bool { return f == PostalCode || f == Industry || f == Size }

// asNumber is what a code of digits was before a program wrote it as a number:
// 94109 of 94109.0, 8001 of 8.001,00; "" when the value is no such number.
func asNumber(v string) string {
	if strings.IndexByte(v, '.') < 0 && strings.IndexByte(v, ',') < 0 {
		return ""
	}
	whole := v
	for _, decimals := range [...]string{".00", ",00", ".0", ",0"} {
		if rest, cut := strings.CutSuffix(v, decimals); cut {
			whole = rest
			break
		}
	}
	parts := strings.FieldsFunc(whole, func(r rune) bool { return r == '.' || r == ',' })
	for i, part := range parts {
		if part == "" || digits(part) != len(part) || i > 0 && len(part) != 3 || i == 0 && len(parts) > 1 && len(part) > 3 {
			return ""
		}
	}
	return strings.Join(parts, "")
}

// SeveralMark stands between the values of a cell that has several, in exports of
// Google Contacts. A row that holds it is not Row.Plain.
const SeveralMark = ":::"

// asFormula is the text that a program wrote as ="04109", so that a spreadsheet
// program leaves its zeros alone; "" when the value is no such formula.
func asFormula(v string) string {
	if len(v) < 4 || v[:2] != `="` || v[len(v)-1] != '"' {
		return ""
	}
	return strings.ReplaceAll(v[2:len(v)-1], `""`, `"`)
}
