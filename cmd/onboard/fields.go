package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"onboard/pkg/partner"
	"onboard/pkg/sheet"
)

func newFields(c *console) *cobra.Command {
	return &cobra.Command{
		Use:   "fields",
		Short: "List the columns, their rules and the accepted header spellings",
		Long: `Fields lists every column that a sheet may have: its canonical name, its rule
and the header spellings that are understood. Case, spaces and punctuation of a
header do not matter. Other columns are carried through untouched.`,
		Example: "  onboard fields\n  onboard fields | less",
		Args:    cobra.NoArgs,
		Run: func(*cobra.Command, []string) {
			for f := range partner.NumFields {
				spec, need := partner.Specs[f], "optional"
				if spec.Required {
					need = "required"
				}
				if spec.Default != "" {
					need = "may be missing: it is " + spec.Default
				}
				fmt.Fprintf(c.out, "%s  (%s)\n    %s\n    headers: %s\n", spec.Name, need, spec.Rule,
					strings.Join(sheet.Spellings(f), ", "))
			}
			fmt.Fprintf(c.out, "\n%s\n", sheet.SpellingRules())
		},
	}
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
			return writeTemplate(args[0])
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
