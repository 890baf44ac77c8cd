package config

import "strings"

// Error is what is wrong with one setting.
type Error struct {
	Setting  string   // as profiles and flags name it: map, default, rate-limit
	Place    string   // the line of the profile that gave it, as "crm.yaml:3"; "" when it was given directly
	Err      error    // what is wrong, as it reads behind the name of the setting
	Sentence bool     // Err is a sentence of its own, which a colon parts from the name
	Examples []string // values that would do
}

// Error names the setting, and where it stands in a profile.
func (e *Error) Error() string { return e.Named(e.Setting) }

// Named is the error of a setting that has another name where it was given: a flag
// begins with two hyphens.
func (e *Error) Named(name string) string {
	place := ""
	if e.Place != "" {
		place, name = e.Place+": ", e.Setting
	}
	between, hint := " ", ""
	if e.Sentence {
		between = ": "
	}
	if len(e.Examples) > 0 {
		hint = "; hint: " + name + " " + strings.Join(e.Examples, " or "+name+" ")
	}
	return place + name + between + e.Err.Error() + hint
}

// Unwrap is what is wrong.
func (e *Error) Unwrap() error { return e.Err }
