package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/spf13/pflag"

	"onboard/pkg/partner"
	"onboard/pkg/report"
	"onboard/pkg/sheet"
)

// sheetFlags say how a sheet is to be read and where its outputs go.
type sheetFlags struct {
	maps, defaults, allows []string
	key                    string
	delimiter              string
	encoding, sheetName    string
	hiddenRows             string
	fix                    bool
	useFile, saveFile      string // profiles
	out                    string
	summary, report        string
	quiet, json            bool

	mapped map[string]partner.Field // what open made of maps
	said   map[string]string        // by flag and value, where a profile says it
}

func (s *sheetFlags) register(f *pflag.FlagSet) {
	f.StringArrayVar(&s.maps, "map", nil, "`HEADER=FIELD`: which column holds a field: 'Account Name=company_name'")
	f.StringArrayVar(&s.defaults, "default", nil, "`FIELD=VALUE`: value where the sheet has none: data_center=EU, or data_center=country:DE=EU,GB=UK,else=US")
	f.StringArrayVar(&s.allows, "allow", nil, "`FIELD=CODE`: accept a further code: data_center=MEA")
	f.StringVar(&s.key, "key", "name,country", "`FIELDS`: what makes two rows the same partner")
	f.StringVar(&s.delimiter, "delimiter", "", "`CHARACTER`: what stands between cells: comma, semicolon, tab, pipe or another sign (default: found from the header)")
	f.StringVar(&s.encoding, "encoding", "", "`ENCODING`: encoding of a file that is not UTF-8, such as windows-1252 or shift_jis")
	f.StringVar(&s.sheetName, "sheet", "", "`SHEET`: sheet of a workbook, by name or number (default: the first visible one with a header)")
	f.StringVar(&s.hiddenRows, "hidden-rows", "", "`ANSWER`: what becomes of the hidden rows of a workbook: include or skip (default: include; submit wants the answer)")
	f.BoolVar(&s.fix, "fix", false, "apply exact corrections, such as Germany to DE, and list each one")
	f.StringVar(&s.useFile, "profile", "", "`FILE`: file that says how the sheet is read: mapping, defaults, further codes (YAML)")
	f.StringVar(&s.saveFile, "save-profile", "", "`FILE`: write what this run used into such a file")
	f.StringVar(&s.out, "out", "", "`FOLDER`: folder for the outputs (default: beside the sheet)")
	f.StringVar(&s.summary, "summary", "", "`FILE`: the run in numbers, - for standard output (default: NAME.summary.json)")
	f.BoolVarP(&s.quiet, "quiet", "q", false, "say only what went wrong")
}

// registerReport adds --report to the commands that check or create.
func (s *sheetFlags) registerReport(f *pflag.FlagSet) {
	f.StringVar(&s.report, "report", "", "`FILE`: write the run as a page to look at, print and mail (HTML)")
}

// registerJSON adds --json to the commands that show a plan.
func (s *sheetFlags) registerJSON(f *pflag.FlagSet) {
	f.BoolVar(&s.json, "json", false, "write the plan as JSON to standard output")
}

// tellPlan writes the plan for scripts, if they asked for it.
func (s *sheetFlags) tellPlan(c *console, p report.PlanInfo) error {
	if !s.json {
		return nil
	}
	return c.sayJSON(p.JSON())
}

// newRules builds the rules that a row must meet.
func (s *sheetFlags) newRules() (*partner.Rules, error) {
	r := partner.NewRules()
	r.Fix = s.fix
	for _, pair := range s.allows {
		f, codes, err := fieldAndValue("--allow", pair)
		if err != nil {
			return nil, err
		}
		for code := range strings.SplitSeq(codes, ",") {
			if err := r.Allow(f, code); err != nil {
				return nil, fmt.Errorf("%s %w", s.from("--allow", pair), err)
			}
		}
	}
	for _, pair := range s.defaults {
		f, value, err := fieldAndValue("--default", pair)
		if err != nil {
			return nil, err
		}
		if err := setDefault(r, f, value); err != nil {
			return nil, fmt.Errorf("%s %w", s.from("--default", pair), err)
		}
	}
	r.Key = nil
	for name := range strings.SplitSeq(s.key, ",") {
		f, err := fieldNamed(strings.TrimSpace(name))
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", s.from("--key", s.key), s.key, err)
		}
		r.Key = append(r.Key, f)
	}
	return r, nil
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

// open opens the sheet under these flags.
func (s *sheetFlags) open(c *console, path string, r *partner.Rules, again invocation) (*sheet.Sheet, error) {
	s.mapped = map[string]partner.Field{}
	opt := sheet.Options{Optional: r.HasDefault, Map: s.mapped, MapSaid: map[string]string{}, Encoding: s.encoding, EncodingSaid: s.said["--encoding "+s.encoding],
		Sheet: s.sheetName, SheetSaid: s.said["--sheet "+s.sheetName], HiddenRows: s.hiddenRows,
		Command: func(less string) string { return again.line(again.verb, path, less) }}
	if h := s.hiddenRows; h != "" && h != sheet.IncludeHidden && h != sheet.SkipHidden {
		return nil, fmt.Errorf("--hidden-rows %q is not known; hint: --hidden-rows include or --hidden-rows skip", h)
	}
	for _, pair := range s.maps {
		i := strings.LastIndexByte(pair, '=')
		if i < 0 {
			return nil, fmt.Errorf("--map %q has no =; hint: --map 'Account Name=company_name'", pair)
		}
		f, err := fieldNamed(pair[i+1:])
		if err != nil {
			return nil, fmt.Errorf("--map %q: %w", pair, err)
		}
		header := partner.Clean(pair[:i])
		opt.Map[header], opt.MapSaid[header] = f, s.said["--map "+pair]
	}
	var err error
	if opt.Delimiter, err = delimiter(s.delimiter); err != nil {
		return nil, fmt.Errorf("%s %w", s.from("--delimiter", s.delimiter), err)
	}
	sh, err := sheet.Open(path, c.in, opt)
	if err != nil {
		if rest, ok := strings.CutPrefix(err.Error(), "--encoding "); ok {
			err = fmt.Errorf("%s %s", s.from("--encoding", s.encoding), rest)
		}
		return nil, err
	}
	for _, f := range r.Key {
		if _, mapped := sh.Mapped(f); !mapped && !r.HasDefault(f) {
			sh.Close()
			return nil, fmt.Errorf("%s %s: the sheet has no column for %s, so all its rows would be the same there; hint: leave %s out of the key", s.from("--key", s.key), s.key, f, f)
		}
	}
	return sh, nil
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

func fieldAndValue(flag, pair string) (partner.Field, string, error) {
	name, value, ok := strings.Cut(pair, "=")
	if !ok {
		return 0, "", fmt.Errorf("%s %q has no =; hint: %s data_center=EU", flag, pair, flag)
	}
	f, err := fieldNamed(name)
	if err != nil {
		err = fmt.Errorf("%s %q: %w", flag, pair, err)
	}
	return f, value, err
}

// fieldNamed finds a field by its canonical name; "name" is short for the
// company's.
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

// folder is where outputs go.
func (s *sheetFlags) folder(path string) (string, error) {
	if s.out == "" {
		if path == "-" {
			return ".", nil
		}
		return filepath.Dir(path), nil
	}
	info, err := os.Stat(s.out)
	if err != nil || !info.IsDir() {
		return "", fmt.Errorf("--out %s is not a folder; hint: create it first", s.out)
	}
	return s.out, nil
}
