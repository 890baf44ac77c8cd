package main

import (
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// everyCommand calls f for the program and each of its commands.
func everyCommand(t *testing.T, f func(t *testing.T, cmd *cobra.Command)) {
	t.Helper()
	root := newRoot(&console{out: io.Discard, err: io.Discard})
	root.InitDefaultHelpCmd()
	all := append([]*cobra.Command{root}, root.Commands()...)
	if len(all) < 10 {
		t.Fatalf("%d commands", len(all))
	}
	for _, cmd := range all {
		t.Run(cmd.Name(), func(t *testing.T) { f(t, cmd) })
	}
}

func helpText(t *testing.T, cmd *cobra.Command) string {
	t.Helper()
	var out, err strings.Builder
	words := append(strings.Fields(cmd.CommandPath())[1:], "--help")
	if code := run(words, strings.NewReader(""), &out, &err); code != 0 || err.String() != "" {
		t.Fatalf("%v: exit code %d, %s", words, code, &err)
	}
	return out.String()
}

// TestHelp holds the help of every command to one form.
func TestHelp(t *testing.T) {
	everyCommand(t, func(t *testing.T, cmd *cobra.Command) {
		text := helpText(t, cmd)
		if cmd.Short == "" || cmd.Long == "" || !strings.HasPrefix(text, cmd.Short+"\n\n"+cmd.Long+"\n") {
			t.Errorf("Short and Long do not come first:\n%s", text)
		}
		for _, title := range []string{"\nUsage:\n", "\nExamples:\n", "\nScreen:\n", "\nExit codes:\n"} {
			if strings.Count(text, title) != 1 {
				t.Errorf("%q stands %d times in the help", title, strings.Count(text, title))
			}
		}
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > columnsOfHelp {
				t.Errorf("%d columns: %s", n, line)
			}
		}
		if own := len(namesOf(cmd)) > 2; own && !strings.Contains(text, "Every flag can also be set by a variable: ONBOARD_") {
			t.Error("the rule for variables is not stated; see environment in help.go")
		}
		if !regexp.MustCompile(`(?m)^  0    .*\n  [12]    `).MatchString(text) {
			t.Error("exit codes are not named")
		}
	})
}

// namesOf are the flags of a command.
func namesOf(cmd *cobra.Command) (names []string) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}

// TestFlagsAreGrouped finds the flag that was forgotten in groups, and the
// group whose flag is gone.
func TestFlagsAreGrouped(t *testing.T) {
	seen := map[string]bool{}
	everyCommand(t, func(t *testing.T, cmd *cobra.Command) {
		for _, g := range groupFlags(cmd) {
			if g.title == "Other" {
				t.Errorf("these flags stand in no group of help.go:\n%s", g.flags.FlagUsages())
			}
		}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			seen[f.Name] = true
			name, usage := pflag.UnquoteUsage(f)
			if slices.Contains([]string{"string", "strings", "stringArray", "int", "duration"}, name) {
				t.Errorf("--%s %s: what is this value? name it in its usage, such as `FILE`", f.Name, name)
			}
			if usage == "" || strings.HasSuffix(usage, ".") {
				t.Errorf("--%s: usage %q", f.Name, usage)
			}
		})
	})
	for _, g := range groups {
		for name := range strings.FieldsSeq(g.flags) {
			if !seen[name] {
				t.Errorf("group %s has --%s, which no command has", g.title, name)
			}
		}
	}
}

// TestExamples runs the parser over the examples of every command, as far as
// the first pipe.
func TestExamples(t *testing.T) {
	everyCommand(t, func(t *testing.T, cmd *cobra.Command) {
		lines := strings.Split(cmd.Example, "\n")
		if len(lines) < 2 {
			t.Errorf("%d examples", len(lines))
		}
		for _, line := range lines {
			line, _, _ = strings.Cut(line, "|")
			line, _, _ = strings.Cut(line, ">")
			words := shellWords(line)
			if len(words) == 0 || words[0] != "onboard" {
				t.Errorf("%q does not begin with onboard", line)
				continue
			}
			root := newRoot(&console{})
			root.InitDefaultHelpCmd()
			found, rest, err := root.Find(words[1:])
			if err != nil || cmd.HasParent() && found.Name() != cmd.Name() && words[1] != "--version" {
				t.Errorf("%q is for %s, %v", line, found.Name(), err)
			}
			groupFlags(found) // adds --help and --version
			if err := found.ParseFlags(rest); err != nil {
				t.Errorf("%q: %v", line, err)
			} else if err := found.ValidateArgs(found.Flags().Args()); err != nil {
				t.Errorf("%q: %v", line, err)
			}
		}
	})
}

// shellWords splits a line at spaces outside single quotation marks.
func shellWords(line string) (words []string) {
	for _, w := range regexp.MustCompile(`(?:'[^']*'|[^\s'])+`).FindAllString(line, -1) {
		words = append(words, strings.ReplaceAll(w, "'", ""))
	}
	return words
}

func TestNearest(t *testing.T) {
	tests := []struct{ args, want string }{
		{"sumbit x.csv", "did you mean submit?"},
		{"help sumbit", "did you mean submit?"},
		{"frobnicate", "'onboard help' lists the commands"},
		{"submit x.csv --ratelimit 5/s", "did you mean --rate-limit?"},
		{"submit x.csv --rate_limit=5/s", "did you mean --rate-limit?"},
		{"submit x.csv --log x", "did you mean --log-file or --log-level?"},
		{"submit x.csv -target staging", "did you mean --target?"},
		{"submit x.csv --frobnicate", "'onboard submit --help' lists the flags"},
		{"validate x.csv -z", "'onboard validate --help' lists the flags"},
		{"submit x.csv --concurrency many", `--concurrency "many" is not a whole number`},
		{"submit x.csv --timeout 70", `--timeout "70" is not a time such as`},
		{"submit x.csv --dry-run=perhaps", `--dry-run "perhaps" is not true or false`},
		{"completion csh", "which shell? hint: one of bash, fish, powershell, zsh"},
	}
	for _, tt := range tests {
		var err strings.Builder
		code := run(strings.Fields(tt.args), strings.NewReader(""), io.Discard, &err)
		if code != 2 || !strings.Contains(err.String(), tt.want) || strings.Count(err.String(), "\n") != 1 {
			t.Errorf("%s: exit code %d, %q, want 2 and %q", tt.args, code, err.String(), tt.want)
		}
	}
}
