package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// groups are the flags of all commands, in the order in which help shows them.
// A flag that stands in none is shown as "Other", and a test fails.
var groups = []struct{ title, flags string }{
	{"Sheet", "map default allow key fix delimiter encoding sheet hidden-rows profile save-profile"},
	{"Where it goes to", "target account credentials ca-file"},
	{"Ledger", "ledger since run backup"},
	{"What is sent", "dry-run limit max-errors check-existing yes"},
	{"Decisions", "decisions all why"},
	{"Pace", "rate-limit concurrency timeout max-attempts watch"},
	{"Sandbox", "listen latency retry-after fault onboarding seed state"},
	{"Outputs", "json json-schema markdown out summary report log-file log-level"},
	{"Screen", "quiet no-progress help version"},
}

// exitText is the annotation of a command that ends with other codes than those
// of plainExits: its value is the text for them.
const exitText = "exits"

const (
	exitCodes = `  0    every row has its link
  1    finished; some rows are in the errors file
  2    nothing was sent: bad flags, unreadable file, no credentials, no consent
  3    stopped before the end; run it again to continue
  4    finished, and rows are in doubt
  130  interrupted; what was in flight was recorded; run it again to continue`

	validateExits = `  0    every row is valid
  1    some rows are in the errors file
  2    nothing was checked: bad flags, or a sheet that can't be read
  130  interrupted`

	plainExits = `  0    done
  2    not done; the message says why and what to do`
)

// columnsOfHelp is the width that help is written for.
const columnsOfHelp = 80

// showHelp prints the help of a command.
func showHelp(cmd *cobra.Command, _ []string) {
	w := cmd.OutOrStdout()
	fmt.Fprintf(w, "%s\n\n%s\n", cmd.Short, cmd.Long)
	for _, s := range sections(cmd) {
		fmt.Fprintf(w, "\n%s:\n%s\n", s.title, strings.TrimRight(s.text, "\n"))
	}
}

// section is a part of a command's help, or of its page in the manual. flags
// are those that text is about, if it is about flags.
type section struct {
	title, text string
	flags       *pflag.FlagSet
}

// sections are what stands below the description of a command.
func sections(cmd *cobra.Command) []section {
	all := []section{{title: "Usage", text: "  " + usageLine(cmd)}, {title: "Examples", text: cmd.Example}}
	if cmd.HasAvailableSubCommands() {
		all = append(all, section{title: "Commands", text: commandList(cmd)})
	}
	all = append(all, groupFlags(cmd)...)
	codes := plainExits
	if text, ok := cmd.Annotations[exitText]; ok {
		codes = text
	}
	if text := environment(cmd); text != "" {
		all = append(all, section{title: "Environment", text: text})
	}
	return append(all, section{title: "Exit codes", text: codes})
}

func usageLine(cmd *cobra.Command) string {
	if cmd.HasAvailableSubCommands() {
		return cmd.CommandPath() + " COMMAND [flags]"
	}
	return cmd.UseLine()
}

func commandList(cmd *cobra.Command) string {
	var b strings.Builder
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			fmt.Fprintf(&b, "  %-11s %s\n", sub.Name(), sub.Short)
		}
	}
	return b.String() + "\n'onboard help COMMAND' says more about one of them."
}

// groupFlags makes a section of the flags of a command that belong together.
func groupFlags(cmd *cobra.Command) (found []section) {
	cmd.InitDefaultHelpFlag()
	cmd.InitDefaultVersionFlag()
	grouped := map[string]bool{}
	add := func(title string, names []string) {
		set := pflag.NewFlagSet(title, pflag.ContinueOnError)
		set.SortFlags = false
		for _, name := range names {
			if f := cmd.Flags().Lookup(name); f != nil && !f.Hidden {
				grouped[name] = true
				set.AddFlag(shown(f))
			}
		}
		if set.HasFlags() {
			found = append(found, section{title, set.FlagUsagesWrapped(columnsOfHelp), set})
		}
	}
	for _, g := range groups {
		add(g.title, strings.Fields(g.flags))
	}
	var rest []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !grouped[f.Name] {
			rest = append(rest, f.Name)
		}
	})
	add("Other", rest)
	return found
}

// shown is a flag as help and manual show it. Its text begins with the name of
// its value, in backquotes and before a colon, and pflag would leave that in.
func shown(f *pflag.Flag) *pflag.Flag {
	name, text := pflag.UnquoteUsage(f)
	text, named := strings.CutPrefix(text, name+": ")
	if !named {
		return f
	}
	clone := *f
	clone.Usage, clone.Value = text, value{f.Value, name}
	if clone.DefValue == "[]" {
		clone.DefValue = ""
	}
	return &clone
}

// value is the value of a flag, which pflag calls by its type.
type value struct {
	pflag.Value
	name string
}

func (v value) Type() string { return v.name }

// environment says which variables a command heeds.
func environment(cmd *cobra.Command) string {
	has := func(flag string) bool { return cmd.Flags().Lookup(flag) != nil }
	example := ""
	switch {
	case has("target") || !cmd.HasParent():
		example = "ONBOARD_TARGET=sandbox for --target sandbox"
	case has("ledger"):
		example = "ONBOARD_LEDGER=team.db for --ledger team.db"
	case has("out"):
		example = "ONBOARD_OUT=results for --out results"
	case has("listen"):
		example = "ONBOARD_SEED=7 for --seed 7"
	case has("json"):
		example = "ONBOARD_JSON=true for --json"
	default:
		return ""
	}
	text := "  Every flag can also be set by a variable: ONBOARD_ and its name in capitals,\n" +
		"  with _ for -, such as " + example + ".\n  A flag on the command line wins."
	if has("credentials") || has("listen") {
		text += "\n  " + tokenVariable + " and " + secretVariable + " are the credentials; no flag is."
	}
	if has("ledger") {
		text += "\n  XDG_STATE_HOME holds the default ledger, as onboard/ledger.db."
	}
	return text
}

// newHelp replaces cobra's own, which is content with a topic that there is not.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Say how a command is used",
		Long:    "Help shows the same as the flag --help of a command.",
		Example: "  onboard help\n  onboard help submit",
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err != nil || found == cmd.Root() && len(rest) > 0 {
				return knownCommand(cmd.Root(), args)
			}
			return found.Help()
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) (names []cobra.Completion, _ cobra.ShellCompDirective) {
			for _, sub := range cmd.Root().Commands() {
				if sub.IsAvailableCommand() && len(args) == 0 {
					names = append(names, cobra.CompletionWithDesc(sub.Name(), sub.Short))
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
}

// flagError puts what pflag found into plain words.
func flagError(cmd *cobra.Command, err error) error {
	hint := fmt.Sprintf("'%s --help' lists the flags", cmd.CommandPath())
	var unknown *pflag.NotExistError
	var bad *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		typed := unknown.GetSpecifiedName()
		if letters := unknown.GetSpecifiedShortnames(); len(letters) > 1 {
			typed = letters // -target is read as -t -a -r …
		}
		if networkOnly[typed] && cmd.Name() == "validate" {
			hint = "validate uses no network and sends nothing; --" + typed + " is for submit"
		} else if near := nearFlags(cmd, typed); len(near) > 0 {
			hint = "did you mean --" + strings.Join(near, " or --") + "?"
		}
	case errors.As(err, &bad):
		flag := bad.GetFlag()
		err = fmt.Errorf("--%s %q is not %s", flag.Name, bad.GetValue(), kinds[flag.Value.Type()])
	}
	return fmt.Errorf("%w; hint: %s", err, hint)
}

// networkOnly are flags of submit that people give to validate, too.
var networkOnly = map[string]bool{"yes": true, "y": true, "target": true, "ledger": true, "credentials": true, "rate-limit": true, "dry-run": true, "limit": true}

// kinds are the types of flags in plain words.
var kinds = map[string]string{"bool": "true or false", "int": "a whole number", "int64": "a whole number", "duration": "a time such as 500ms, 70s or 5m"}

// nearFlags are the flags of a command that may have been meant. cobra knows
// how near two commands are, so each flag stands in as one.
func nearFlags(cmd *cobra.Command, typed string) []string {
	typed = strings.ReplaceAll(typed, "_", "-")
	stand := &cobra.Command{SuggestionsMinimumDistance: 2}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		stand.AddCommand(&cobra.Command{Use: f.Name, Run: func(*cobra.Command, []string) {}})
	})
	near := stand.SuggestionsFor(typed)
	slices.Sort(near)
	return near
}
