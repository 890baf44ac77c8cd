package config

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"onboard/pkg/partner"
)

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
