// Package config owns what an operator asks for: how a sheet is read, how partners are
// submitted, and the profile that keeps the first of these for the next month. It
// checks values and turns them into what other packages take. It knows no flags and
// prints nothing: an Error names the setting, and where a profile gave it. Two hints still
// name a flag, the one that writes a profile.
package config

import (
	"fmt"
	"strings"
	"unicode"

	"onboard/pkg/partner"
	"onboard/pkg/sheet"
)

// Reading says how a sheet is read. Every value is as people write it.
type Reading struct {
	Map        []string // HEADER=FIELD: which column holds a field
	Default    []string // FIELD=VALUE, or FIELD=BY:VALUE=VALUE,…,else=VALUE: for empty cells
	Allow      []string // FIELD=CODE,…: further codes
	Key        string   // FIELD,…: what makes two rows the same partner
	Delimiter  string   // a name (comma, semicolon, tab, pipe) or the character; "": found from the header
	Encoding   string   // "": UTF-8, or what a byte order mark says
	Sheet      string   // of a workbook; "": the first visible one with a header
	HiddenRows string   // include, skip, or "" for not said
	Fix        bool     // apply exact corrections

	places map[string]string // line of a profile, by setting and value
}

// Place is where a profile gave a setting its value: "crm.yaml:3"; "" when no profile did.
func (r *Reading) Place(setting, value string) string { return r.places[setting+" "+value] }

func (r *Reading) failed(setting, value string, err error) error {
	return &Error{Setting: setting, Place: r.Place(setting, value), Err: err}
}

// Rules are the rules that a row must meet under these settings.
func (r *Reading) Rules() (*partner.Rules, error) {
	rules := partner.NewRules()
	rules.Fix = r.Fix
	for _, pair := range r.Allow {
		f, codes, err := fieldAndValue("allow", pair)
		if err != nil {
			return nil, err
		}
		for code := range strings.SplitSeq(codes, ",") {
			if err := rules.Allow(f, code); err != nil {
				return nil, r.failed("allow", pair, err)
			}
		}
	}
	for _, pair := range r.Default {
		f, value, err := fieldAndValue("default", pair)
		if err != nil {
			return nil, err
		}
		if err := setDefault(rules, f, value); err != nil {
			return nil, r.failed("default", pair, err)
		}
	}
	rules.Key = nil
	for name := range strings.SplitSeq(r.Key, ",") {
		f, err := fieldNamed(strings.TrimSpace(name))
		if err != nil {
			return nil, r.failed("key", r.Key, fmt.Errorf("%s: %w", r.Key, err))
		}
		rules.Key = append(rules.Key, f)
	}
	return rules, nil
}

// setDefault takes a value, or the text form of a default by another field.
func setDefault(r *partner.Rules, f partner.Field, value string) error {
	by, ok, err := partner.ParseDefaultBy(value)
	switch {
	case err != nil:
		return fmt.Errorf("%s=%s: %w; hint: %s=country:DE=EU,AT=EU,else=US", f, value, err, f)
	case ok:
		return r.SetDefaultBy(f, by)
	}
	return r.Default(f, value)
}

// Options are how the sheet package is to open the sheet.
func (r *Reading) Options(rules *partner.Rules) (sheet.Options, error) {
	opt := sheet.Options{Optional: rules.HasDefault, Map: map[string]partner.Field{}, MapSaid: map[string]string{},
		Encoding: r.Encoding, EncodingSaid: r.Place("encoding", r.Encoding), Sheet: r.Sheet, SheetSaid: r.Place("sheet", r.Sheet), HiddenRows: r.HiddenRows}
	if h := r.HiddenRows; h != "" && h != sheet.IncludeHidden && h != sheet.SkipHidden {
		return opt, &Error{Setting: "hidden-rows", Err: fmt.Errorf("%q is not known", h), Examples: []string{sheet.IncludeHidden, sheet.SkipHidden}}
	}
	for _, pair := range r.Map {
		i := strings.LastIndexByte(pair, '=')
		if i < 0 {
			return opt, &Error{Setting: "map", Err: fmt.Errorf("%q has no =", pair), Examples: []string{"'Account Name=company_name'"}}
		}
		f, err := fieldNamed(pair[i+1:])
		if err != nil {
			return opt, r.failed("map", pair, fmt.Errorf("%q: %w", pair, err))
		}
		header := partner.Clean(pair[:i])
		opt.Map[header], opt.MapSaid[header] = f, r.Place("map", pair)
	}
	var err error
	if opt.Delimiter, err = delimiter(r.Delimiter); err != nil {
		return opt, r.failed("delimiter", r.Delimiter, err)
	}
	return opt, nil
}

// CheckKey refuses a key of which the sheet has no column: all rows would be the same there.
func (r *Reading) CheckKey(s *sheet.Sheet, rules *partner.Rules) error {
	for _, f := range rules.Key {
		if _, mapped := s.Mapped(f); !mapped && !rules.HasDefault(f) {
			return r.failed("key", r.Key, fmt.Errorf("%s: the sheet has no column for %s, so all its rows would be the same there; hint: leave %s out of the key", r.Key, f, f))
		}
	}
	return nil
}

func delimiter(name string) (byte, error) {
	switch name {
	case "":
		return 0, nil
	case "comma":
		return ',', nil
	case "semicolon":
		return ';', nil
	case "\t", `\t`, "tab":
		return '\t', nil
	case "pipe":
		return '|', nil
	}
	if len(name) == 1 && unicode.In(rune(name[0]), unicode.P, unicode.S) && name != `"` {
		return name[0], nil
	}
	return 0, fmt.Errorf("%q is not known; hint: one of comma, semicolon, tab, pipe, or a sign such as ~", name)
}

func fieldAndValue(setting, pair string) (partner.Field, string, error) {
	name, value, ok := strings.Cut(pair, "=")
	if !ok {
		return 0, "", &Error{Setting: setting, Err: fmt.Errorf("%q has no =", pair), Examples: []string{"data_center=EU"}}
	}
	f, err := fieldNamed(name)
	if err != nil {
		return 0, "", &Error{Setting: setting, Err: fmt.Errorf("%q: %w", pair, err)}
	}
	return f, value, nil
}

// fieldNamed finds a field by its canonical name; "name" is short for the company's.
func fieldNamed(name string) (partner.Field, error) {
	if name == "name" {
		return partner.CompanyName, nil
	}
	if f, ok := partner.FieldByName(name); ok {
		return f, nil
	}
	var names []string
	for f := range partner.NumFields {
		names = append(names, f.String())
	}
	return 0, fmt.Errorf("there is no field %q; hint: the fields are %s", name, strings.Join(names, " "))
}
