package main

import (
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/partner"
	"onboard/pkg/sheet"
)

func standardOutput(t *testing.T, args ...string) string {
	t.Helper()
	var out, screen strings.Builder
	if code := run(args, strings.NewReader(""), &out, &screen); code != 0 || screen.Len() > 0 {
		t.Fatalf("%v: exit code %d, %s", args, code, screen.String())
	}
	return out.String()
}

// TestFieldsPage: docs/fields.md is what the program says.
func TestFieldsPage(t *testing.T) {
	page := string(golden(t, filepath.Join("..", "..", "docs", "fields.md")))
	if diff := cmp.Diff(page, standardOutput(t, "fields", "--markdown")); diff != "" {
		t.Errorf("run 'make docs' (-docs/fields.md +onboard fields --markdown)\n%s", diff)
	}
}

func TestFieldsJSON(t *testing.T) {
	var fields []fieldInfo
	if err := json.Unmarshal([]byte(standardOutput(t, "fields", "--json")), &fields); err != nil || len(fields) != int(partner.NumFields) {
		t.Fatalf("%d fields, %v", len(fields), err)
	}
	want := fieldInfo{Name: "data_center", API: "company.data_center", Required: true, Max: 16, Values: partner.Specs[partner.DataCenter].Values,
		Rule: "one of US CA UK EU SG JP AU IN", Headers: sheet.Spellings(partner.DataCenter)}
	if diff := cmp.Diff(want, fields[partner.DataCenter]); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestSamplesConform holds all valid rows of the samples against the schema as
// the program writes it.
func TestSamplesConform(t *testing.T) {
	var schema struct {
		Required   []string
		Properties map[string]struct {
			MinLength, MaxLength int
			Enum                 []string
			Pattern              string
		}
	}
	if err := json.Unmarshal([]byte(standardOutput(t, "fields", "--json-schema")), &schema); err != nil || len(schema.Properties) == 0 {
		t.Fatal(err)
	}
	rows := 0
	for _, p := range validSamples(t) {
		rows++
		for name, rule := range schema.Properties {
			f, ok := partner.FieldByName(name)
			v := p.At(f)
			n := utf8.RuneCountInString(v)
			if !ok || n < rule.MinLength || rule.MaxLength > 0 && n > rule.MaxLength || rule.Enum != nil && !slices.Contains(rule.Enum, v) ||
				!regexp.MustCompile(rule.Pattern).MatchString(v) {
				t.Errorf("%s: %q is valid and does not conform", name, v)
			}
		}
		for _, name := range schema.Required {
			if f, ok := partner.FieldByName(name); !ok || p.At(f) == "" {
				t.Errorf("%s is required, and empty in a valid row", name)
			}
		}
	}
	if rows < 100 {
		t.Errorf("only %d valid rows", rows)
	}
}

// validSamples are the partners of all samples.
func validSamples(t *testing.T) (all []partner.Partner) {
	t.Helper()
	paths, _ := filepath.Glob(filepath.Join(source, "samples", "*.csv"))
	for _, path := range paths {
		rules := partner.NewRules()
		s, err := sheet.Open(path, nil, sheet.Options{Optional: func(partner.Field) bool { return true }})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		scanner, err := s.Scan()
		for err == nil {
			var block sheet.Block
			if block, err = scanner.Next(); err != nil {
				break
			}
			var rows sheet.Rows
			rows, err = s.Parse(block)
			for _, row := range rows.Rows {
				if row.Text == nil {
					continue
				}
				if p, problems := rules.Check(row.Text); !partner.Faulty(problems) {
					all = append(all, p)
				}
			}
		}
		if !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
	}
	return all
}
