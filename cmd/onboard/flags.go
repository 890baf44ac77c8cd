package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"onboard/pkg/config"
	"onboard/pkg/partner"
	"onboard/pkg/report"
	"onboard/pkg/sheet"
)

// sheetFlags say how a sheet is to be read and where its outputs go.
type sheetFlags struct {
	config.Reading
	useFile, saveFile string // profiles
	out               string
	summary, report   string
	quiet, json       bool

	mapped map[string]partner.Field // the columns that open was told
}

func (s *sheetFlags) register(f *pflag.FlagSet) {
	s.registerReading(f)
	f.StringVar(&s.saveFile, "save-profile", "", "`FILE`: write what this run used into such a file")
	f.StringVar(&s.summary, "summary", "", "`FILE`: the run in numbers, - for standard output (default: NAME.summary.json)")
}

// registerReading adds the flags of everything that reads a sheet and writes a file.
func (s *sheetFlags) registerReading(f *pflag.FlagSet) {
	f.StringArrayVar(&s.Map, "map", nil, "`HEADER=FIELD`: which column holds a field: 'Account Name=company_name'")
	f.StringArrayVar(&s.Default, "default", nil, "`FIELD=VALUE`: value where the sheet has none: data_center=EU, or data_center=country:DE=EU,GB=UK,else=US")
	f.StringArrayVar(&s.Allow, "allow", nil, "`FIELD=CODE`: accept a further code: data_center=MEA")
	f.StringVar(&s.Key, "key", "name,country", "`FIELDS`: what makes two rows the same partner")
	f.StringVar(&s.Delimiter, "delimiter", "", "`CHARACTER`: what stands between cells: comma, semicolon, tab, pipe or another sign (default: found from the header)")
	f.StringVar(&s.Encoding, "encoding", "", "`ENCODING`: encoding of a file that is not UTF-8, such as windows-1252 or shift_jis")
	f.StringVar(&s.Sheet, "sheet", "", "`SHEET`: sheet of a workbook, by name or number (default: the first visible one with a header)")
	f.StringVar(&s.HiddenRows, "hidden-rows", "", "`ANSWER`: what becomes of the hidden rows of a workbook: include or skip (default: include; submit wants the answer)")
	f.BoolVar(&s.Fix, "fix", false, "apply exact corrections, such as Germany to DE, and list each one")
	f.StringVar(&s.useFile, "profile", "", "`FILE`: file that says how the sheet is read: mapping, defaults, further codes (YAML)")
	f.StringVar(&s.out, "out", "", "`FOLDER`: folder for the outputs (default: beside the sheet)")
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

// useProfile adds what a profile says to the flags, which win.
func (s *sheetFlags) useProfile(flags *pflag.FlagSet) error {
	if s.useFile == "" {
		return nil
	}
	return asFlag(s.UseProfile(s.useFile, flags.Changed))
}

// keepProfile writes what this run used, if it was asked to.
func (s *sheetFlags) keepProfile(c *console, r *partner.Rules) error {
	if s.saveFile == "" {
		return nil
	}
	written, err := s.SaveProfile(s.saveFile, s.mapped, r)
	switch {
	case errors.Is(err, config.ErrOtherProfile):
		return fmt.Errorf("--save-profile %s: %w; hint: give it another name, or remove that file first", s.saveFile, err)
	case err != nil:
		return fmt.Errorf("can't write the profile: %w", err)
	case written && !s.quiet:
		c.say("Profile  written to %s", s.saveFile)
	}
	return nil
}

// newRules builds the rules that a row must meet.
func (s *sheetFlags) newRules() (*partner.Rules, error) {
	r, err := s.Rules()
	return r, asFlag(err)
}

// open opens the sheet under these flags.
func (s *sheetFlags) open(c *console, path string, r *partner.Rules, again invocation) (*sheet.Sheet, error) {
	opt, err := s.Options(r)
	if err != nil {
		return nil, asFlag(err)
	}
	s.mapped = opt.Map
	opt.Command = func(less string) string { return again.line(again.verb, path, less) }
	sh, err := sheet.Open(path, c.in, opt)
	if err != nil {
		if rest, ok := strings.CutPrefix(err.Error(), "--encoding "); ok && opt.EncodingSaid != "" {
			err = fmt.Errorf("%s: encoding %s", opt.EncodingSaid, rest)
		}
		return nil, err
	}
	if err := s.CheckKey(sh, r); err != nil {
		sh.Close()
		return nil, asFlag(err)
	}
	return sh, nil
}

// asFlag names the flag of a setting that no profile gave.
func asFlag(err error) error {
	var setting *config.Error
	if !errors.As(err, &setting) {
		return err
	}
	return errors.New(setting.Named("--" + setting.Setting))
}

// folder is where outputs go. One that is not there is made when they are written.
func (s *sheetFlags) folder(path string) (string, error) {
	if s.out == "" {
		if path == "-" {
			return ".", nil
		}
		return filepath.Dir(path), nil
	}
	if info, err := os.Stat(s.out); err == nil && !info.IsDir() {
		return "", fmt.Errorf("--out %s is a file, and outputs go into a folder; hint: --out %s", s.out, quote(filepath.Dir(s.out)))
	}
	return s.out, nil
}

// makeFolder makes the folder of --out, for its owner only, as the outputs are.
func (s *sheetFlags) makeFolder() error {
	if s.out == "" {
		return nil
	}
	if err := os.MkdirAll(s.out, 0o700); err != nil {
		return fmt.Errorf("--out: %w; hint: name a folder that you may write to", err)
	}
	return nil
}
