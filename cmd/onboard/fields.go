package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"onboard/pkg/partner"
	"onboard/pkg/sheet"
)

func newFields(c *console) *cobra.Command {
	return &cobra.Command{
		Use:   "fields",
		Short: "List the columns, their rules and the accepted header spellings",
		Long: `Fields lists every column that a sheet may have: its canonical name, its rule and
the header spellings that are understood. Case, spaces and punctuation of a
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
		},
	}
}

func newTemplate(c *console) *cobra.Command {
	return &cobra.Command{
		Use:     "template",
		Short:   "Write an empty sheet to fill in",
		Long:    "Template writes the header of a sheet to standard output, as CSV.",
		Example: "  onboard template > partners.csv\n  onboard fields",
		Args:    cobra.NoArgs,
		Run: func(*cobra.Command, []string) {
			var names []string
			for f := range partner.NumFields {
				names = append(names, f.String())
			}
			fmt.Fprintf(c.out, "%s\r\n", strings.Join(names, ","))
		},
	}
}
