package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"onboard/pkg/sheet"
)

// place is a file and what it is for.
type place struct{ role, path string }

// distinct refuses one file in two roles: a summary must not take the place of
// the sheet, nor a log that of the ledger.
func distinct(places []place) error {
	for i, a := range places {
		for _, b := range places[:i] {
			if samePlace(a.path, b.path) {
				return fmt.Errorf("%s is both %s and %s; hint: give one of them another name", a.path, b.role, a.role)
			}
		}
	}
	return nil
}

func samePlace(a, b string) bool {
	if a == "" || b == "" || a == "-" || b == "-" {
		return false
	}
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	if errX == nil && errY == nil && os.SameFile(x, y) {
		return true
	}
	a, b = resolve(a), resolve(b)
	return a == b || caseless && strings.EqualFold(a, b)
}

// caseless says that A and a are usually one file on this system.
const caseless = runtime.GOOS == "windows" || runtime.GOOS == "darwin"

// resolve is the one name of a file that may not exist yet.
func resolve(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		path = filepath.Join(dir, filepath.Base(path))
	}
	return path
}

// outputs are the places that a run on a sheet writes to.
func (s *sheetFlags) outputs(path, dir, base string) []place {
	at := func(kind string) place {
		return place{"the " + kind + " file", filepath.Join(dir, base+"."+kind)}
	}
	places := []place{{"the sheet", path}, at("results.csv"), at("errors.csv"), at("in-doubt.csv"), at("problems.csv")}
	return append(places, place{"the summary", s.summaryPath(dir, base)}, place{"the report", s.report}, place{"the profile to read", s.useFile}, place{"the profile to write", s.saveFile})
}

// summaryPath is where the summary goes; "-" is standard output.
func (s *sheetFlags) summaryPath(dir, base string) string {
	if s.summary != "" {
		return s.summary
	}
	return filepath.Join(dir, base+".summary.json")
}

// openSummary starts the summary before anything is sent, so that a place that
// can't be written is found in time. It is nil for standard output.
func (s *sheetFlags) openSummary(dir, base string) (*sheet.File, error) {
	path := s.summaryPath(dir, base)
	if path == "-" {
		return nil, nil
	}
	return sheet.CreateFile(path)
}

// openReport starts the report, likewise. It is nil where none was asked for.
func (s *sheetFlags) openReport() (*sheet.File, error) {
	if s.report == "" {
		return nil, nil
	}
	if s.report == "-" {
		return nil, errors.New("--report takes the name of a file; hint: --report report.html")
	}
	return sheet.CreateFile(s.report)
}
