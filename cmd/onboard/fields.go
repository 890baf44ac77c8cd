package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"onboard/pkg/partner"
	"onboard/pkg/report"
	"onboard/pkg/sheet"
)

func newFields(c *console) *cobra.Command {
	var asJSON, markdown, schema bool
	cmd := &cobra.Command{
		Use:   "fields",
		Short: "List the columns, their rules and the accepted header spellings",
		Long: `Fields lists every column that a sheet may have: its canonical name, its rule
and the header spellings that are understood. Case, spaces and punctuation of a
header do not matter. Other columns are carried through untouched.`,
		Example: "  onboard fields\n  onboard fields | less\n  onboard fields --json-schema > partner.schema.json",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("fields takes no name, and lists all; hint: onboard fields | grep %s", quote(args[0]))
			}
			return nil
		},
		RunE: func(*cobra.Command, []string) error {
			switch {
			case schema:
				return writeJSON(c, partner.RowSchema())
			case asJSON:
				return writeJSON(c, allFields())
			case markdown:
				writeMarkdown(c.out)
			default:
				writeFields(screenOf(c.out))
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write them as JSON")
	cmd.Flags().BoolVar(&markdown, "markdown", false, "write them as a page of Markdown")
	cmd.Flags().BoolVar(&schema, "json-schema", false, "write a JSON Schema (2020-12) of a row")
	cmd.MarkFlagsMutuallyExclusive("json", "markdown", "json-schema")
	return cmd
}

// fieldInfo is all that is to be said of a field. Its keys are described in
// docs/using.md.
type fieldInfo struct {
	Name     string   `json:"name"`
	API      string   `json:"api"` // in the request
	Required bool     `json:"required"`
	Default  string   `json:"default,omitempty"` // of an empty cell, or without a column
	Max      int      `json:"max_length"`        // in Unicode code points
	Values   []string `json:"values,omitempty"`  // what it may be; none: any text
	Rule     string   `json:"rule"`
	Headers  []string `json:"headers"` // accepted spellings
}

func allFields() (all []fieldInfo) {
	for f := range partner.NumFields {
		s := partner.Specs[f]
		all = append(all, fieldInfo{s.Name, s.API, s.Required && s.Default == "", s.Default, s.Max, s.Values, s.Rule, sheet.Spellings(f)})
	}
	return all
}

// need says in a word whether a column may be missing.
func (f *fieldInfo) need() string {
	switch {
	case f.Default != "":
		return f.Default + " if empty"
	case f.Required:
		return "required"
	}
	return "optional"
}

func writeFields(s report.Screen) {
	const name, rule = 14, 28
	fmt.Fprintf(s, "%-*s%-*sRULE\n", name, "COLUMN", rule-name, "NEEDED")
	for _, f := range allFields() {
		s.Hanging(fmt.Sprintf("%-*s%-*s", name, f.Name, rule-name, f.need()), rule, f.Rule)
	}
	fmt.Fprintln(s, "\nHEADERS THAT ARE UNDERSTOOD")
	for _, f := range allFields() {
		s.Hanging(fmt.Sprintf("%-*s", name, f.Name), name, strings.Join(f.Headers, ", "))
	}
	fmt.Fprintln(s)
	s.Hanging("", 0, sheet.SpellingRules())
}

// writeMarkdown writes docs/fields.md.
func writeMarkdown(w io.Writer) {
	fmt.Fprint(w, "# The columns of a sheet\n\n`onboard fields --markdown` writes this page.\n\n"+
		"| column | needed | rule | in the request |\n|---|---|---|---|\n")
	for _, f := range allFields() {
		fmt.Fprintf(w, "| `%s` | %s | %s | `%s` |\n", f.Name, f.need(), f.Rule, f.API)
	}
	fmt.Fprint(w, "\nLengths are in Unicode code points, after a cell is cleaned.\n\n"+
		"## Headers that are understood\n\nCase, spaces, accents and punctuation do not matter.\n\n| column | headers |\n|---|---|\n")
	for _, f := range allFields() {
		fmt.Fprintf(w, "| `%s` | %s |\n", f.Name, strings.Join(f.Headers, " · "))
	}
	fmt.Fprintf(w, "\n%s\n", sheet.SpellingRules())
}

func writeJSON(c *console, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	return c.sayJSON(b.Bytes())
}

func newTemplate(c *console) *cobra.Command {
	return &cobra.Command{
		Use:   "template [FILE]",
		Short: "Write an empty sheet to fill in",
		Long: `Template writes an empty sheet: to FILE, as a workbook when its name ends in
.xlsx, or as CSV to standard output. The workbook has lists for the coded
columns and the rules as comments on its header.`,
		Example: "  onboard template partners.xlsx\n  onboard template > partners.csv",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return sheet.WriteTemplate(c.out)
			}
			if err := writeTemplate(args[0]); err != nil {
				return err
			}
			c.say("Template  %s, an empty sheet with %d columns", quote(args[0]), int(partner.NumFields))
			c.say("Next      fill it in, and check it: onboard validate %s", quoteFile(args[0]))
			return nil
		},
	}
}

// writeTemplate never replaces a file: it may be filled in already.
func writeTemplate(path string) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s is there already; hint: name a new file", path)
	}
	write := sheet.WriteTemplate
	switch strings.ToLower(filepath.Ext(path)) {
	case ".xlsx":
		write = sheet.WriteTemplateXLSX
	case ".csv":
	default:
		return fmt.Errorf("%s is neither .csv nor .xlsx; hint: onboard template partners.xlsx", path)
	}
	f, err := sheet.CreateFile(path)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		f.Discard()
		return err
	}
	return f.Commit()
}
