package partner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Rules are the API's rules with what the operator added: defaults of empty
// cells, further codes, and what makes two rows the same partner.
type Rules struct {
	defaults  [NumFields]string
	by        [NumFields]*DefaultBy // instead of a default
	dependent bool                  // by holds any
	allowed   [NumFields][]string
	Key       []Field
	Fix       bool // apply exact corrections instead of only hinting at them
	wrong     wrongCodes
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
	v, err := r.accepted(f, value)
	if err != nil {
		return err
	}
	r.defaults[f], r.by[f] = v, nil
	return nil
}

// HasDefault says that a field may go without a column.
func (r *Rules) HasDefault(f Field) bool { return r.defaults[f] != "" || r.by[f] != nil }

// DefaultOf is what an empty cell of the field means, or "": a value, or the text
// form of a default that depends on another field.
func (r *Rules) DefaultOf(f Field) string {
	if d := r.by[f]; d != nil {
		return d.String()
	}
	return r.defaults[f]
}

// DefaultBy is the default of a field that depends on another one, or nil.
func (r *Rules) DefaultBy(f Field) *DefaultBy { return r.by[f] }

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
	r.wrong.forget()
	return nil
}

// Allowed lists the codes a field takes; empty when it has no list.
func (r *Rules) Allowed(f Field) []string { return r.allowed[f] }

// Check cleans a row, in place, and checks it against every rule. It returns
// all problems, in the order of the fields, and the partner, which is made of
// the row and is worth sending unless the problems are Faulty. Line and Column
// are left for the caller, who knows the sheet.
func (r *Rules) Check(row *Row) (Partner, []Problem) {
	if row.Plain && r.fill(row) {
		return Partner{row}, r.leadingZero(row, nil)
	}
	var problems []Problem
	for f := range NumFields {
		cell := row.At(f)
		if seen := look(*cell); !r.plain(f, *cell, seen) {
			*cell, problems = r.checkCell(f, *cell, seen, problems)
			if *cell == "" && r.by[f] != nil {
				*cell, problems = r.choose(f, row, problems)
			}
		}
	}
	for i := range problems {
		if q := &problems[i]; q.Field == Email.String() && q.Code == BadFormat && q.Hint == "" {
			q.Hint = cutAt(row.Email, row)
		}
	}
	return Partner{row}, r.leadingZero(row, nameless(row, problems))
}

// plain says that a cell is good as it is, which nearly every cell is: the
// rest of this file then need not look at it.
func (r *Rules) plain(f Field, v string, seen traits) bool {
	s := &Specs[f]
	if v == "" {
		return !s.Required && !r.HasDefault(f)
	}
	if nothing, _ := nothingIn(v); nothing {
		return false
	}
	return seen&(odd|foreign|unclean) == 0 && len(v) <= s.Max && (!s.Code || seen&lowerCase == 0) &&
		!heading(f, v) && !r.lost(f, v) && r.ofKind(f, v)
}

// checkCell cleans and checks one cell, appending what is wrong with it or was
// corrected.
func (r *Rules) checkCell(f Field, raw string, seen traits, problems []Problem) (string, []Problem) {
	s := &Specs[f]
	v := raw
	if seen&unclean != 0 {
		v = Clean(raw)
		seen = look(v)
	}
	if v == "" {
		if s.Required && !r.HasDefault(f) {
			problems = append(problems, Problem{Field: s.Name, Value: raw, Code: Required, Message: s.Label + " is missing"})
		}
		return r.defaults[f], problems // Default has checked it
	}
	if s.Code && seen&lowerCase != 0 {
		v = upperASCII(v)
	}
	x := r.fault(f, v, seen)
	switch {
	case x.fix != "" && r.Fix:
		v = x.fix
		problems = append(problems, Problem{Field: s.Name, Value: raw, Code: Fixed, Message: s.Label + " was read as " + v, Hint: v})
	case x.code != "":
		problems = append(problems, Problem{Field: s.Name, Value: raw, Code: x.code, Message: x.message, Hint: cmp.Or(x.fix, x.hint), Exact: x.fix != ""})
	}
	if x.gone || s.Code || len(v) <= s.Max {
		return v, problems
	}
	if n := utf8.RuneCountInString(v); n > s.Max {
		problems = append(problems, Problem{Field: s.Name, Value: raw, Code: TooLong,
			Message: fmt.Sprintf("%s has %d characters, and %d is the most", s.Label, n, s.Max)})
	}
	return v, problems
}

// fault is what is wrong with a value.
type fault struct {
	code    Code // "": nothing
	message string
	fix     string // the exact correction
	hint    string // where there is no exact one
	gone    bool   // the value is lost, so that its length means nothing
}

// fault finds what is wrong with a cleaned, non-empty value besides its
// length: first whether it is text at all, then whether it is the value that
// was meant, then whether it is of its kind.
func (r *Rules) fault(f Field, v string, seen traits) fault {
	if seen&foreign != 0 {
		if x := textFault(f, v); x.code != "" {
			return x
		}
	}
	if seen&(odd|foreign) != 0 {
		if message := damage(f, v); message != "" {
			return fault{code: BadFormat, message: message, hint: repairHint(v), gone: true}
		}
	}
	if heading(f, v) {
		return fault{code: BadFormat, message: Specs[f].Label + " is the heading of its own column", gone: true}
	}
	if r.lost(f, v) {
		return r.lostFault(f, v)
	}
	switch {
	case r.ofKind(f, v):
		if r.Fix && seen&foreign != 0 {
			return fault{fix: narrow(f, v)}
		}
		return fault{}
	case f == Email:
		return emailFaultOf(v)
	case f == Country:
		return r.notListed(f, v, "the country is not a two-letter ISO country code")
	}
	return r.notListed(f, v, r.listed(f))
}

// ofKind says that a cleaned value is an address, or a code of its list, where
// its field has to be one.
func (r *Rules) ofKind(f Field, v string) bool {
	switch f {
	case Email:
		return isEmail(v)
	case Country:
		return IsCountry(v) || slices.Contains(r.allowed[f], v)
	}
	list := r.allowed[f]
	return len(list) == 0 || slices.Contains(list, v)
}

// textFault finds what is no text, or no longer the text it was.
func textFault(f Field, v string) fault {
	label := Specs[f].Label
	switch {
	case !utf8.ValidString(v):
		return fault{code: BadEncoding, message: label + " contains bytes that are not text in the file's encoding"}
	case garbled(v):
		return fault{code: BadEncoding, message: label + " is garbled: it was once read in the wrong encoding", hint: ungarble(v), gone: true}
	case strings.ContainsRune(v, utf8.RuneError):
		return fault{code: BadEncoding, message: label + " contains \uFFFD, which stands where a character was lost"}
	}
	if c, found := controlIn(v); found {
		return fault{code: ControlCharacter, message: fmt.Sprintf("%s contains the invisible control character U+%04X", label, c)}
	}
	if c, found := unseenIn(v); found && f != Email { // an address tells more of its characters
		return fault{code: ControlCharacter, message: fmt.Sprintf("%s contains the invisible character U+%04X", label, c)}
	}
	return fault{}
}

// notListed is the fault of a code outside its list.
func (r *Rules) notListed(f Field, v, message string) fault {
	x, known := r.wrong.recall(f, v)
	if known {
		return x
	}
	x = fault{code: NotAllowed, message: message, fix: r.exactCode(f, v)}
	if x.fix == "" {
		x.hint = r.nearCode(f, v)
	}
	r.wrong.remember(f, v, x)
	return x
}

func (r *Rules) listed(f Field) string {
	if len(r.allowed[f]) == 1 {
		return fmt.Sprintf("%s is not %s", Specs[f].Label, r.allowed[f][0])
	}
	return fmt.Sprintf("%s is not one of %s", Specs[f].Label, strings.Join(r.allowed[f], " "))
}
