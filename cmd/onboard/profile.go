package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
	"github.com/spf13/pflag"

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

// fieldName is a canonical field name, checked while it is read.
type fieldName string

// UnmarshalYAML refuses a field that there is not, with its line.
func (n *fieldName) UnmarshalYAML(node ast.Node) error {
	name := node.GetToken().Value
	f, err := fieldNamed(name)
	if err != nil {
		return &lineError{node.GetToken().Position.Line, err}
	}
	*n = fieldName(f.String())
	return nil
}

// text is a value as it is written: 010 is no number here.
type text string

// UnmarshalYAML takes the characters and not what YAML would make of them.
func (t *text) UnmarshalYAML(node ast.Node) error {
	if _, scalar := node.(ast.ScalarNode); !scalar {
		return &lineError{node.GetToken().Position.Line, errors.New("this should be one value")}
	}
	*t = text(node.GetToken().Value)
	return nil
}

// preset is a default as --default takes it: a value, or one by another field,
// which a profile writes as a mapping:
//
//	data_center:
//	  country: {DE: EU, AT: EU}
//	  else: US
type preset string

// UnmarshalYAML makes the text form of a mapping.
func (p *preset) UnmarshalYAML(node ast.Node) error {
	entries, isMap := mapping(node)
	if !isMap {
		return (*text)(p).UnmarshalYAML(node)
	}
	var form, otherwise string
	for _, entry := range entries {
		inner, nested := mapping(entry.Value)
		var value text
		switch name := entry.Key.GetToken().Value; {
		case nested && form == "":
			pairs, err := pairsOf(inner)
			if err != nil {
				return err
			}
			form = name + ":" + pairs
		case name == "else" && value.UnmarshalYAML(entry.Value) == nil:
			otherwise = ",else=" + string(value)
		default:
			return &lineError{entry.Key.GetToken().Position.Line, fmt.Errorf("%q is not expected here; hint: write one value, or country: {DE: EU, AT: EU} and else: US", name)}
		}
	}
	*p = preset(form + otherwise)
	if _, ok, err := partner.ParseDefaultBy(string(*p)); err != nil || !ok {
		return &lineError{node.GetToken().Position.Line, errors.New("this is no default by another field; hint: write country: {DE: EU, AT: EU} and else: US")}
	}
	return nil
}

// pairsOf is the text form of a mapping of values.
func pairsOf(entries []*ast.MappingValueNode) (string, error) {
	var pairs []string
	for _, entry := range entries {
		var value text
		if err := value.UnmarshalYAML(entry.Value); err != nil {
			return "", err
		}
		pairs = append(pairs, entry.Key.GetToken().Value+"="+string(value))
	}
	return strings.Join(pairs, ","), nil
}

// mapping lists the entries of a YAML mapping, which may have just one.
func mapping(node ast.Node) (entries []*ast.MappingValueNode, ok bool) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

// MarshalYAML writes what UnmarshalYAML reads.
func (p preset) MarshalYAML() (any, error) {
	by, ok, err := partner.ParseDefaultBy(string(p))
	if !ok || err != nil {
		return string(p), err
	}
	out := yaml.MapSlice{{Key: by.On.String(), Value: by.Values}}
	if by.Else != "" {
		out = append(out, yaml.MapItem{Key: "else", Value: by.Else})
	}
	return out, nil
}

// lineError is what is wrong with a line of a profile.
type lineError struct {
	line int
	error
}

func (e *lineError) Unwrap() error { return e.error }

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

// useProfile adds what a profile says to the flags, which win.
func (s *sheetFlags) useProfile(flags *pflag.FlagSet) error {
	if s.useFile == "" {
		return nil
	}
	p, err := readProfile(s.useFile)
	if err != nil {
		return err
	}
	var maps, defaults, allows []string
	s.said = map[string]string{}
	for _, header := range sorted(p.Map) {
		if f := string(p.Map[header]); !s.mapsField(f) {
			maps = append(maps, header+"="+f)
			s.said["--map "+header+"="+f] = p.place("map", header)
		}
	}
	for _, f := range sorted(p.Default) {
		pair := string(f) + "=" + string(p.Default[f])
		defaults = append(defaults, pair)
		s.said["--default "+pair] = p.place("default", string(f))
	}
	for _, f := range sorted(p.Allow) {
		for _, code := range p.Allow[f] {
			pair := string(f) + "=" + string(code)
			allows = append(allows, pair)
			s.said["--allow "+pair] = p.place("allow", string(f))
		}
	}
	s.maps, s.defaults, s.allows = append(maps, s.maps...), append(defaults, s.defaults...), append(allows, s.allows...)
	var key []string
	for _, f := range p.Key {
		key = append(key, string(f))
	}
	for name, value := range map[string]string{"key": strings.Join(key, ","), "delimiter": p.Delimiter, "encoding": p.Encoding, "sheet": p.Sheet} {
		if f := flags.Lookup(name); value != "" && !f.Changed {
			if err := f.Value.Set(value); err != nil {
				return fmt.Errorf("%s: %s: %w", p.place(name), name, err)
			}
			s.said["--"+name+" "+value] = p.place(name)
		}
	}
	if !flags.Changed("fix") {
		s.fix = p.Fix
	}
	return nil
}

// from names a flag in a message, or the line of the profile that stands for it.
func (s *sheetFlags) from(flag, value string) string {
	if place := s.said[flag+" "+value]; place != "" {
		return place + ": " + strings.TrimPrefix(flag, "--")
	}
	return flag
}

// mapsField says that a --map flag gives the field a column.
func (s *sheetFlags) mapsField(field string) bool {
	return slices.ContainsFunc(s.maps, func(pair string) bool { return strings.HasSuffix(pair, "="+field) })
}

func sorted[K ~string, V any](m map[K]V) []K {
	var keys []K
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// keepProfile writes what this run used, so that the next month is one command.
// A profile that says something else is not replaced.
func (s *sheetFlags) keepProfile(c *console, r *partner.Rules) error {
	if s.saveFile == "" {
		return nil
	}
	p := profile{Map: map[string]fieldName{}, Default: map[fieldName]preset{}, Allow: map[fieldName][]text{},
		Delimiter: s.delimiter, Encoding: s.encoding, Sheet: s.sheetName, Fix: s.fix}
	for header, f := range s.mapped {
		p.Map[header] = fieldName(f.String())
	}
	for f := range partner.NumFields {
		spec := partner.Specs[f]
		if d := r.DefaultOf(f); d != spec.Default {
			p.Default[fieldName(spec.Name)] = preset(d)
		}
		if more := r.Allowed(f)[len(spec.Values):]; len(more) > 0 {
			for _, code := range more {
				p.Allow[fieldName(spec.Name)] = append(p.Allow[fieldName(spec.Name)], text(code))
			}
		}
	}
	for _, f := range r.Key {
		p.Key = append(p.Key, fieldName(f.String()))
	}
	text, err := yaml.Marshal(p)
	if err != nil {
		return err
	}
	text = append([]byte("# How a sheet is read: onboard validate FILE --profile "+s.saveFile+"\n"), text...)
	switch old, err := sheet.ReadFile(s.saveFile, maxProfile); {
	case err == nil && bytes.Equal(old, text):
		return nil
	case !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("--save-profile %s: that profile is there already, and says something else; hint: give it another name, or remove that file first", s.saveFile)
	}
	f, err := sheet.CreateFile(s.saveFile)
	if err != nil {
		return fmt.Errorf("can't write the profile: %w", err)
	}
	_, _ = f.Write(text) // buffered: Commit tells
	if err := f.Commit(); err != nil {
		return fmt.Errorf("can't write the profile: %w", err)
	}
	if !s.quiet {
		c.say("Profile  written to %s", s.saveFile)
	}
	return nil
}
