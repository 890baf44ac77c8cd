package partner

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// DefaultBy is a default that depends on another field of the same row, such as
// the data center by country.
type DefaultBy struct {
	On     Field             // the field that decides; it holds a code
	Values map[string]string // the default, by the code of On
	Else   string            // for all other codes; "": they have none
}

// otherwise is the word for Else in the text form.
const otherwise = "else"

// ParseDefaultBy reads the text form, country:DE=EU,AT=EU,else=US. ok is false
// when text does not begin with a field and a colon, so is a plain value.
func ParseDefaultBy(text string) (d *DefaultBy, ok bool, err error) {
	name, list, found := strings.Cut(text, ":")
	on, known := FieldByName(Clean(name))
	if !found || !known {
		return nil, false, nil
	}
	d = &DefaultBy{On: on, Values: map[string]string{}}
	for pair := range strings.SplitSeq(list, ",") {
		code, value, found := strings.Cut(pair, "=")
		code, value = Clean(code), Clean(value)
		if !found || code == "" || value == "" {
			return nil, true, fmt.Errorf("%q is not a pair such as DE=EU", pair)
		}
		if _, twice := d.Values[code]; twice || code == otherwise && d.Else != "" {
			return nil, true, fmt.Errorf("%s has two defaults", code)
		}
		if code == otherwise {
			d.Else = value
		} else {
			d.Values[code] = value
		}
	}
	return d, true, nil
}

// String is the text form, with its codes in alphabetical order.
func (d *DefaultBy) String() string {
	return d.On.String() + ":" + strings.Join(d.Pairs("="), ",")
}

// Pairs lists each code and its default with sep between them, and Else at the end.
func (d *DefaultBy) Pairs(sep string) (pairs []string) {
	for _, code := range slices.Sorted(maps.Keys(d.Values)) {
		pairs = append(pairs, code+sep+d.Values[code])
	}
	if d.Else != "" {
		pairs = append(pairs, otherwise+sep+d.Else)
	}
	return pairs
}

// SetDefaultBy makes the default of a field depend on another one. Codes and
// values that break the rules of their fields are errors.
func (r *Rules) SetDefaultBy(f Field, d *DefaultBy) error {
	if !Specs[d.On].Code || d.On == f || r.by[d.On] != nil || slices.ContainsFunc(r.by[:], func(o *DefaultBy) bool { return o != nil && o.On == f }) {
		return fmt.Errorf("%s: the default cannot depend on %s; hint: it can depend on a code, such as country", f, d.On)
	}
	checked := &DefaultBy{On: d.On, Values: make(map[string]string, len(d.Values))}
	for code, value := range d.Values {
		c, err := r.accepted(d.On, code)
		if err != nil {
			return err
		}
		if checked.Values[c], err = r.accepted(f, value); err != nil {
			return err
		}
	}
	if d.Else != "" {
		value, err := r.accepted(f, d.Else)
		if err != nil {
			return err
		}
		checked.Else = value
	}
	r.by[f], r.defaults[f], r.dependent = checked, "", true
	return nil
}

// accepted cleans a value that the operator gave for a field.
func (r *Rules) accepted(f Field, value string) (string, error) {
	v, problems := r.checkCell(f, value, look(value), nil)
	if Faulty(problems) {
		return "", fmt.Errorf("%s=%q: %s", f, value, problems[0].Message)
	}
	return v, nil
}

// choose is the default of an empty cell that depends on another field. Where
// that field is faulty itself, its own problem is enough.
func (r *Rules) choose(f Field, row *Row, problems []Problem) (string, []Problem) {
	d := r.by[f]
	code, faults := r.checkCell(d.On, *row.At(d.On), look(*row.At(d.On)), nil)
	value, found := d.Values[code]
	switch {
	case found:
		return value, problems
	case Faulty(faults) || code == "":
		return "", problems
	case d.Else == "" && Specs[f].Required:
		problems = append(problems, Problem{Field: Specs[f].Name, Code: Required,
			Message: fmt.Sprintf("%s is missing, and its default by %s has no value for %s", Specs[f].Label, d.On, code),
			Hint:    fmt.Sprintf("add %s=… to that default, or %s=… for all others", code, otherwise)})
	}
	return d.Else, problems
}
