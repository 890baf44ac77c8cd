package partner

import "regexp"

// Dates are what spreadsheet programs make of 7-11 or MARCH1 as they open a CSV
// file. A company may be called so all the same, so nothing here refuses one.

// longestDate bounds the values that can be dates, in bytes.
const longestDate = 20

// months are as the programs abbreviate them in the languages of western Europe.
const months = `(?:jan|feb|mar|mär|mrz|apr|may|mai|mag|maj|jun|june|juni|giu|jul|july|juli|juil|lug|aug|ago|août|sep|sept|set|oct|okt|ott|out|nov|dec|dez|déc|dic|dis)\.?`

var date = regexp.MustCompile(`(?i)^(?:\d\d?[-. /]{1,2}` + months + `(?:[-. /]{1,2}\d\d(?:\d\d)?)?|` + months + `[-. /]\d\d?(?:\d\d)?|` +
	`\d{4}[-/.]\d\d?[-/.]\d\d?(?:[ T]0?0:00(?::00)?)?|\d\d?[-/.]\d\d?[-/.]\d{4}(?: 0?0:00(?::00)?)?)$`)

// dated are the fields whose values are looked at, those in which no date can be meant.
var dated = [...]Field{CompanyName, FirstName, LastName}

// DateIn is the first field of a partner that holds a date, if one does.
func (p *Partner) DateIn() (f Field, found bool) {
	for _, f := range dated {
		if v := p.At(f); len(v) <= longestDate && beginsDate(v) && date.MatchString(v) {
			return f, true
		}
	}
	return 0, false
}

// beginsDate says no of nearly every value, without a look at all of it.
func beginsDate(v string) bool {
	if v == "" {
		return false
	}
	first, last := v[0], v[len(v)-1]
	return digit(first) || digit(last) && (first|0x20 >= 'a' && first|0x20 <= 'z')
}

func digit(c byte) bool { return '0' <= c && c <= '9' }
