package config

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"onboard/pkg/partner"
	"onboard/pkg/sheet"
)

// profile is how one sheet is to be read, kept in a file for the next month.
// Its schema is described in docs/using.md. Flags win over it.
type profile struct {
	Map       map[string]fieldName `yaml:"map,omitempty"`     // header: field
	Default   map[fieldName]preset `yaml:"default,omitempty"` // field: value of an empty cell
	Allow     map[fieldName][]text `yaml:"allow,omitempty"`
	Key       []fieldName          `yaml:"key,omitempty"`
	Delimiter string               `yaml:"delimiter,omitempty"`
	Encoding  string               `yaml:"encoding,omitempty"`
	Sheet     string               `yaml:"sheet,omitempty"` // of a workbook
	Fix       bool                 `yaml:"fix,omitempty"`

	path string
	file *ast.File // for the lines of what is wrong beyond its syntax
}

// place is where a setting stands: "crm.yaml:3".
func (p *profile) place(steps ...string) string {
	b := (&yaml.PathBuilder{}).Root()
	for _, step := range steps {
		b = b.Child(step)
	}
	node, err := b.Build().FilterFile(p.file)
	if err != nil {
		return p.path
	}
	return fmt.Sprintf("%s:%d", p.path, node.GetToken().Position.Line)
}

// A profile has a value in a list in a map, and some hundred lines. The parser takes
// memory by the square of the depth.
const (
	maxProfile = 64 << 10 // bytes
	maxDepth   = 16
)

// shallow refuses a text that is nested more deeply than any profile.
func shallow(path, text string) error {
	brackets, dashes, line := 0, 0, 0
	for _, t := range lexer.Tokenize(text) {
		if t.Position.Line != line {
			dashes, line = 0, t.Position.Line
		}
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			brackets++
		case token.SequenceEndType, token.MappingEndType:
			brackets = max(brackets-1, 0)
		case token.SequenceEntryType:
			dashes++
		}
		if brackets > maxDepth || dashes > maxDepth {
			return &sheet.FileError{File: path, Line: line, Msg: "this is nested too deeply for a profile", Hint: "--save-profile writes one to start from"}
		}
	}
	return nil
}

// readProfile reads a profile file. Its errors name the line.
func readProfile(path string) (p profile, err error) {
	text, err := sheet.ReadFile(path, maxProfile)
	if errors.Is(err, os.ErrNotExist) {
		return p, &sheet.FileError{File: path, Msg: "there is no such profile", Hint: "check the spelling and the folder; --save-profile writes one"}
	} else if err != nil {
		return p, fmt.Errorf("can't read the profile: %w", err)
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return p, nil
	}
	if err := shallow(path, string(text)); err != nil {
		return p, err
	}
	p.path = path
	if p.file, err = parser.ParseBytes(text, 0); err != nil {
		p.file = nil // the error of the next line names the line
	}
	err = yaml.UnmarshalWithOptions(text, &p, yaml.DisallowUnknownField(), yaml.Strict())
	var ours *lineError
	var theirs interface {
		GetToken() *token.Token
		GetMessage() string
	}
	switch {
	case err == nil:
		return p, nil
	case errors.As(err, &ours):
		return p, &sheet.FileError{File: path, Line: ours.line, Msg: ours.Error()}
	case errors.As(err, &theirs) && theirs.GetToken() != nil:
		return p, &sheet.FileError{File: path, Line: theirs.GetToken().Position.Line, Msg: theirs.GetMessage(),
			Hint: "a profile has the keys map, default, allow, key, delimiter, encoding, sheet and fix"}
	}
	return p, &sheet.FileError{File: path, Msg: err.Error()}
}

// UseProfile adds what a profile says to the settings that were not given. given says
// of which ones those are that hold one value.
func (r *Reading) UseProfile(path string, given func(setting string) bool) error {
	p, err := readProfile(path)
	if err != nil {
		return err
	}
	r.places = map[string]string{}
	var columns, defaults, allows []string
	for _, header := range slices.Sorted(maps.Keys(p.Map)) {
		if f := string(p.Map[header]); !r.mapsField(f) {
			columns = append(columns, header+"="+f)
			r.places["map "+header+"="+f] = p.place("map", header)
		}
	}
	for _, f := range slices.Sorted(maps.Keys(p.Default)) {
		pair := string(f) + "=" + string(p.Default[f])
		defaults = append(defaults, pair)
		r.places["default "+pair] = p.place("default", string(f))
	}
	for _, f := range slices.Sorted(maps.Keys(p.Allow)) {
		for _, code := range p.Allow[f] {
			pair := string(f) + "=" + string(code)
			allows = append(allows, pair)
			r.places["allow "+pair] = p.place("allow", string(f))
		}
	}
	r.Map, r.Default, r.Allow = append(columns, r.Map...), append(defaults, r.Default...), append(allows, r.Allow...)
	var key []string
	for _, f := range p.Key {
		key = append(key, string(f))
	}
	single := []struct {
		setting, value string
		to             *string
	}{{"key", strings.Join(key, ","), &r.Key}, {"delimiter", p.Delimiter, &r.Delimiter}, {"encoding", p.Encoding, &r.Encoding}, {"sheet", p.Sheet, &r.Sheet}}
	for _, s := range single {
		if s.value != "" && !given(s.setting) {
			*s.to = s.value
			r.places[s.setting+" "+s.value] = p.place(s.setting)
		}
	}
	if !given("fix") {
		r.Fix = p.Fix
	}
	return nil
}

// mapsField says that a mapping that was given holds the field.
func (r *Reading) mapsField(field string) bool {
	return slices.ContainsFunc(r.Map, func(pair string) bool { return strings.HasSuffix(pair, "="+field) })
}

// ErrOtherProfile is what SaveProfile refuses to replace.
var ErrOtherProfile = errors.New("that profile is there already, and says something else")

// SaveProfile writes how a sheet was read, so that the next month is one command: these
// settings, the columns that were mapped and the rules that came of them. It reports
// whether it wrote; a profile that says the same stays as it is, and one that says
// something else is ErrOtherProfile.
func (r *Reading) SaveProfile(path string, mapped map[string]partner.Field, rules *partner.Rules) (written bool, err error) {
	text, err := r.profile(mapped, rules)
	if err != nil {
		return false, err
	}
	text = append([]byte("# How a sheet is read: onboard validate FILE --profile "+path+"\n"), text...)
	switch old, err := sheet.ReadFile(path, maxProfile); {
	case err == nil && bytes.Equal(old, text):
		return false, nil
	case !errors.Is(err, os.ErrNotExist):
		return false, ErrOtherProfile
	}
	f, err := sheet.CreateFile(path)
	if err == nil {
		_, _ = f.Write(text) // buffered: Commit tells
		err = f.Commit()
	}
	return err == nil, err
}

func (r *Reading) profile(mapped map[string]partner.Field, rules *partner.Rules) ([]byte, error) {
	p := profile{Map: map[string]fieldName{}, Default: map[fieldName]preset{}, Allow: map[fieldName][]text{},
		Delimiter: r.Delimiter, Encoding: r.Encoding, Sheet: r.Sheet, Fix: r.Fix}
	for header, f := range mapped {
		p.Map[header] = fieldName(f.String())
	}
	for f := range partner.NumFields {
		spec := partner.Specs[f]
		name := fieldName(spec.Name)
		if d := rules.DefaultOf(f); d != spec.Default {
			p.Default[name] = preset(d)
		}
		for _, code := range rules.Allowed(f)[len(spec.Values):] {
			p.Allow[name] = append(p.Allow[name], text(code))
		}
	}
	for _, f := range rules.Key {
		p.Key = append(p.Key, fieldName(f.String()))
	}
	return yaml.Marshal(p)
}
