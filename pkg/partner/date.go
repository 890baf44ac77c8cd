package partner

import (
	"regexp"
	"strings"
)

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
	if !endsInDigit(p.row.CompanyName) && !endsInDigit(p.row.FirstName) && !endsInDigit(p.row.LastName) {
		return 0, false // nearly always
	}
	for _, f := range dated {
		if v := p.At(f); len(v) <= longestDate && beginsDate(v) && date.MatchString(v) {
			return f, true
		}
	}
	return 0, false
}

// endsInDigit says that a value begins or ends with a digit, as every date does.
func endsInDigit(v string) bool {
	return v != "" && (v[0]-'0' <= 9 || v[len(v)-1]-'0' <= 9)
}

// beginsDate says no of nearly every value, without a look at all of it: a date
// begins with a number and a sign, or with a month, and then ends with a digit.
func beginsDate(v string) bool {
	n := digits(v)
	switch {
	case n > 0:
		return (n <= 2 || n == 4) && n < len(v) && strings.IndexByte("-/. ", v[n]) >= 0
	case len(v) < 5 || digits(v[len(v)-1:]) == 0:
		return false
	}
	return monthStarts[[3]byte{v[0] | 0x20, v[1] | 0x20, v[2] | 0x20}]
}

// monthStarts are the first three bytes of the months, in lower case.
var monthStarts = func() map[[3]byte]bool {
	starts := map[[3]byte]bool{}
	for m := range strings.FieldsFuncSeq(months, func(r rune) bool { return strings.ContainsRune("(?:|)\\.", r) }) {
		starts[[3]byte{m[0] | 0x20, m[1] | 0x20, m[2] | 0x20}] = true
	}
	return starts
}()
