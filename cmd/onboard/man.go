package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// newMan writes the manual from the same text as the help. It is for packages:
// its pages say nothing that the help does not.
func newMan() *cobra.Command {
	return &cobra.Command{
		Use:     "man FOLDER",
		Hidden:  true,
		Short:   "Write the pages of the manual",
		Long:    "Man writes a page for the program and for each of its commands into FOLDER.",
		Example: "  onboard man bin/man\n  onboard man /usr/local/share/man/man1",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			for _, c := range append([]*cobra.Command{root}, root.Commands()...) {
				if c.Hidden {
					continue
				}
				if err := os.WriteFile(filepath.Join(args[0], pageName(c)+".1"), []byte(page(c)), 0o644); err != nil {
					return fmt.Errorf("can't write the manual: %w; hint: create the folder first", err)
				}
			}
			return nil
		},
	}
}

func pageName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// page is a command's help in the language of man(7).
func page(cmd *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH %s 1 %.10q %q %q\n", roff(strings.ToUpper(pageName(cmd))), date, "onboard "+version(), "onboard")
	b.WriteString(".nh\n.ad l\n") // a flag that is hyphenated is another flag
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(pageName(cmd)), roff(cmd.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n.SH DESCRIPTION\n%s", roff(usageLine(cmd)), prose(cmd.Long))
	options := ".SH OPTIONS\n"
	for _, s := range sections(cmd)[1:] {
		switch {
		case s.flags != nil:
			b.WriteString(options + ".SS " + roff(s.title) + "\n")
			options = ""
			s.flags.VisitAll(func(f *pflag.Flag) { b.WriteString(option(f)) })
		case s.title == "Environment":
			b.WriteString(".SH ENVIRONMENT\n" + prose(regexp.MustCompile(`(?m)^ +`).ReplaceAllString(s.text, "")))
		case s.title == "Exit codes":
			b.WriteString(".SH EXIT STATUS\n" + prose(s.text))
		default:
			b.WriteString(".SH " + strings.ToUpper(s.title) + "\n" + prose(s.text))
		}
	}
	if cmd.HasParent() {
		fmt.Fprintf(&b, ".SH SEE ALSO\n.BR %s (1)\n", roff(cmd.Root().Name()))
	}
	return b.String()
}

func option(f *pflag.Flag) string {
	value, usage := pflag.UnquoteUsage(f)
	name := `\fB` + roff("--"+f.Name) + `\fR`
	if f.Shorthand != "" {
		name = `\fB` + roff("-"+f.Shorthand) + `\fR, ` + name
	}
	if value != "" {
		name += ` \fI` + roff(value) + `\fR`
	}
	switch f.DefValue {
	case "", "0", "0s", "[]", "false":
	default:
		usage += " (default " + f.DefValue + ")"
	}
	return ".TP\n" + name + "\n" + roff(usage) + "\n"
}

// entry is a line of a list in a help text: a term, two spaces or more, and
// what it means.
var entry = regexp.MustCompile(`(?m)^  (\S.*?) {2,}(\S.*)$`)

// prose sets the text of a help: paragraphs as they are, lists with hanging
// indents, other indented lines (examples) as they were typed.
func prose(text string) string {
	var b strings.Builder
	for i, block := range strings.Split(strings.Trim(text, "\n"), "\n\n") {
		listed := entry.MatchString(block)
		if i > 0 {
			b.WriteString(".PP\n")
		}
		if listed {
			b.WriteString(".PD 0\n")
		}
		for line := range strings.SplitSeq(block, "\n") {
			b.WriteString(manLine(line))
		}
		if listed {
			b.WriteString(".PD\n")
		}
	}
	return b.String()
}

func manLine(line string) string {
	if e := entry.FindStringSubmatch(line); e != nil {
		return fmt.Sprintf(".TP 18\n\\fB%s\\fR\n%s\n", roff(e[1]), roff(e[2]))
	}
	text := roff(strings.TrimSpace(line)) + "\n"
	if strings.HasPrefix(line, "  ") && !strings.HasPrefix(line, "   ") { // more would go on with an entry
		return ".nf\n" + text + ".fi\n"
	}
	return text
}

// roff escapes what would be a command or a typographic hyphen to man.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "\u2026", "...").Replace(text)
	if strings.HasPrefix(text, ".") {
		text = `\&` + text
	}
	return text
}
