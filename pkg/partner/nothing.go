package partner

import "strings"

// longestNothing bounds the values that nothingIn looks at, in bytes.
const longestNothing = 24

// nothing are the words that programs write where a value is missing, exactly as
// they write them. Those that are true can also be somebody's name.
var nothing = map[string]bool{
	"NULL": true, "null": true, "nan": true, "NAN": true, "None": true, "none": true, "nil": true,
	"NaN": false, "NaT": false, "undefined": false, "N/A": false, "n/a": false, "#N/A": false, `\N`: false,
	"(null)": false, "(NULL)": false, "<null>": false, "<NULL>": false, "[null]": false, "[NULL]": false, "<NA>": false, "<nil>": false,
	"(none)": false, "<none>": false, "(blank)": false, "(empty)": false, "(undefined)": false,
	"Invalid Date": false, "Invalid date": false, "[object Object]": false, "[object Undefined]": false, "[object Null]": false,
}

// nothingIn says that a value is a word for nothing, or several of them as in
// "undefined, undefined". person tells that it could be a name.
func nothingIn(v string) (found, person bool) {
	if len(v) > longestNothing || !beginsNothing[v[0]] {
		return false, false
	}
	if person, found = nothing[v]; found {
		return true, person
	}
	for word := range strings.FieldsFuncSeq(v, func(r rune) bool { return r == ' ' || r == ',' }) {
		if _, known := nothing[word]; !known {
			return false, false
		}
		found = true
	}
	return found, false
}

// beginsNothing marks the first letters of these words.
var beginsNothing = func() (t [256]bool) {
	for word := range nothing {
		t[word[0]] = true
	}
	return t
}()

// missingWord says that a cell holds nothing but a word for nothing. In a person's
// name only the words that are no name count here: Check sees to the others.
func missingWord(f Field, v string) bool {
	found, person := nothingIn(v)
	return found && (!person || f != FirstName && f != LastName)
}

// nameless finds the words for nothing that could be names, such as Null and None,
// where they can't be: the other half of the name is one as well, or is not written
// in the same case.
func nameless(row *Row, problems []Problem) []Problem {
	for _, half := range [...]struct {
		field       Field
		name, other string
	}{{FirstName, row.FirstName, row.LastName}, {LastName, row.LastName, row.FirstName}} {
		if half.name == "" || half.other == "" {
			continue
		}
		_, person := nothingIn(half.name)
		if other, _ := nothingIn(half.other); person && (other || !sameCase(half.name, half.other)) {
			problems = append(problems, Problem{Field: half.field.String(), Value: half.name, Code: BadFormat,
				Message: nothingMessage(half.field, half.name), Hint: nothingHint(half.field)})
		}
	}
	return problems
}

// sameCase says that a second word is all capitals, or all small letters, if the
// first one is.
func sameCase(word, other string) bool {
	upper, lower := strings.ToUpper(other), strings.ToLower(other)
	switch word {
	case strings.ToUpper(word):
		return other == upper && upper != lower
	case strings.ToLower(word):
		return other == lower && upper != lower
	}
	return true
}

func nothingMessage(f Field, v string) string {
	return Specs[f].Label + " is " + v + ", which a program writes where there is no value"
}

func nothingHint(f Field) string {
	if Specs[f].Required && Specs[f].Default == "" {
		return "fill in " + Specs[f].Label
	}
	return "clear the cell"
}
