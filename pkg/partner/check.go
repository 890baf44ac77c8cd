package partner

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Rules are the API's rules with what the operator added: defaults of empty
// cells, further codes, and what makes two rows the same partner.
type Rules struct {
	defaults [NumFields]string
	allowed  [NumFields][]string
	Key      []Field
}

// NewRules returns the API's own rules.
func NewRules() *Rules {
	r := &Rules{Key: DefaultKey}
	for f, s := range Specs {
		r.defaults[f], r.allowed[f] = s.Default, s.Values
	}
	return r
}

// Default sets what an empty cell of a field means. A value that breaks the
// field's own rule is an error.
func (r *Rules) Default(f Field, value string) error {
	v, problems := r.checkCell(f, value, nil)
	if len(problems) > 0 {
		return fmt.Errorf("%s=%q: %s", f, value, problems[0].Message)
	}
	r.defaults[f] = v
	return nil
}

// HasDefault says that a field may go without a column.
func (r *Rules) HasDefault(f Field) bool { return r.defaults[f] != "" }

// DefaultOf is what an empty cell of the field means, or "".
func (r *Rules) DefaultOf(f Field) string { return r.defaults[f] }

// Allow adds a code to the list of a field. A field without a list gets one,
// and then takes nothing else.
func (r *Rules) Allow(f Field, code string) error {
	code = Clean(code)
	if Specs[f].Code {
		code = upperASCII(code)
	}
	if n := utf8.RuneCountInString(code); n == 0 || n > Specs[f].Max {
		return fmt.Errorf("%s=%q: a value has 1 to %d characters", f, code, Specs[f].Max)
	}
	r.allowed[f] = append(slices.Clip(r.allowed[f]), code) // clipped: never into Specs' own array
	return nil
}

// Allowed lists the codes a field takes; empty when it has no list.
func (r *Rules) Allowed(f Field) []string { return r.allowed[f] }

// Check cleans a row and checks it against every rule. It returns the partner
// when there is no problem, and all problems when there are any, in the order
// of the fields. Line and Column are left for the caller, who knows the sheet.
func (r *Rules) Check(row *Row) (Partner, []Problem) {
	var p Partner
	var problems []Problem
	for f := range NumFields {
		*p.row.At(f), problems = r.checkCell(f, *row.At(f), problems)
	}
	return p, problems
}

// checkCell cleans and checks one cell, appending what is wrong with it.
func (r *Rules) checkCell(f Field, raw string, problems []Problem) (string, []Problem) {
	s := &Specs[f]
	v := Clean(raw)
	if v == "" {
		v = r.defaults[f]
	}
	if v == "" {
		if s.Required {
			problems = append(problems, Problem{Field: s.Name, Value: raw, Code: Required,
				Message: s.Label + " is missing"})
		}
		return v, problems
	}
	if s.Code {
		v = upperASCII(v)
	}
	if code, message, hint := r.fault(f, v); code != "" {
		problems = append(problems, Problem{Field: s.Name, Value: raw, Code: code, Message: message, Hint: hint})
	}
	if n := utf8.RuneCountInString(v); n > s.Max && !s.Code {
		problems = append(problems, Problem{Field: s.Name, Value: raw, Code: TooLong,
			Message: fmt.Sprintf("%s has %d characters, and %d is the most", s.Label, n, s.Max)})
	}
	return v, problems
}

// fault finds what is wrong with a cleaned, non-empty value besides its
// length: first whether it is text at all, then whether it is of its kind.
func (r *Rules) fault(f Field, v string) (code Code, message, hint string) {
	if !utf8.ValidString(v) {
		return BadEncoding, Specs[f].Label + " contains bytes that are not text in the file's encoding", ""
	}
	if c, found := controlIn(v); found {
		return ControlCharacter, fmt.Sprintf("%s contains the invisible control character U+%04X", Specs[f].Label, c), ""
	}
	switch {
	case f == Email:
		if why := emailFault(v); why != "" {
			return BadFormat, "the e-mail address can't be used: " + why, emailHint(v)
		}
	case f == Country:
		if !IsCountry(v) && !slices.Contains(r.allowed[f], v) {
			return NotAllowed, "the country is not a two-letter ISO country code", countryHint(v)
		}
	case len(r.allowed[f]) > 0 && !slices.Contains(r.allowed[f], v):
		return NotAllowed, r.listed(f), r.codeHint(f, v)
	}
	return "", "", ""
}

func (r *Rules) listed(f Field) string {
	if len(r.allowed[f]) == 1 {
		return fmt.Sprintf("%s is not %s", Specs[f].Label, r.allowed[f][0])
	}
	return fmt.Sprintf("%s is not one of %s", Specs[f].Label, strings.Join(r.allowed[f], " "))
}

// codeHint is the code that a value stands for, where there is exactly one.
func (r *Rules) codeHint(f Field, v string) string {
	if f != DataCenter {
		return ""
	}
	code := countryHint(v)
	if code == "GB" { // the country is GB, the data center UK
		code = "UK"
	}
	if strings.EqualFold(v, "Europe") {
		code = "EU"
	}
	if slices.Contains(r.allowed[f], code) {
		return code
	}
	return ""
}
