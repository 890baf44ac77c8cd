package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func newRoot(c *console) *cobra.Command {
	root := &cobra.Command{
		Use:   "onboard",
		Short: "Bring a sheet of partner companies onto a vendor's platform",
		Long: `onboard reads a sheet of partner companies, checks every row, creates the good
ones through the vendor's onboarding API, and gives the same sheet back: with a
token and an onboarding link on every row that has one, and a plain reason on
every row that has none.

Run the same command again at any time: what was created is recorded, and
nothing is created twice.`,
		Example: `  onboard validate partners.csv
  onboard submit partners.csv --target sandbox`,
		Annotations:   map[string]string{exitText: exitCodes},
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       version(),
		Args:          knownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SuggestionsMinimumDistance = 2
	root.SetVersionTemplate("onboard {{.Version}}\n")
	root.SetIn(c.in)
	root.SetOut(c.out)
	root.SetErr(c.err)
	root.SetHelpFunc(showHelp)
	root.SetHelpCommand(newHelp())
	root.SetFlagErrorFunc(flagError)
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		for _, name := range strangeVariables(root, os.Environ()) {
			c.say("Warning  %s is no variable of onboard, and is ignored%s", name, nearVariable(cmd, name))
		}
		return fromEnvironment(cmd.Flags())
	}
	root.AddCommand(newValidate(c), newSubmit(c), newReconcile(c), newTrack(c), newResults(c), newStatus(c), newTemplate(c), newFields(c), newSandbox(c), newVersion(c), newCompletion(), newMan())
	complete(root)
	return root
}

// knownCommand refuses an unknown command and names the nearest ones.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "'onboard help' lists the commands"
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = "did you mean " + strings.Join(near, " or ") + "?"
	}
	return fmt.Errorf("unknown command %q; hint: %s", args[0], hint)
}

// fromVariable marks a flag whose value came from its variable.
const fromVariable = "variable"

// fromEnvironment gives every flag that was not set its ONBOARD_… variable.
func fromEnvironment(flags *pflag.FlagSet) (err error) {
	flags.VisitAll(func(f *pflag.Flag) {
		value, ok := os.LookupEnv(variable(f.Name))
		if !ok || value == "" || f.Changed || f.Name == "help" || f.Name == "version" || err != nil {
			return
		}
		if e := flags.Set(f.Name, value); e != nil {
			err = fmt.Errorf("%s=%q is no value for --%s (%s)", variable(f.Name), value, f.Name, f.Value.Type())
		}
		_ = flags.SetAnnotation(f.Name, fromVariable, []string{value})
	})
	return err
}

// variable is the environment variable of a flag.
func variable(flag string) string {
	return "ONBOARD_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// strangeVariables are those of an environment that look like ours and belong to
// no flag: a misspelt ONBOARD_LEDGER would be another ledger.
func strangeVariables(root *cobra.Command, environment []string) (strange []string) {
	known := map[string]bool{tokenVariable: true, secretVariable: true}
	for _, cmd := range root.Commands() {
		cmd.Flags().VisitAll(func(f *pflag.Flag) { known[variable(f.Name)] = true })
	}
	for _, setting := range environment {
		name, _, _ := strings.Cut(setting, "=")
		if strings.HasPrefix(name, "ONBOARD_") && !strings.HasPrefix(name, "ONBOARD_TEST_") && name != "ONBOARD_COMPARE" && !known[name] {
			strange = append(strange, name)
		}
	}
	return strange
}

// nearVariable is the question whether another variable was meant; "" for none.
func nearVariable(cmd *cobra.Command, name string) string {
	near := nearFlags(cmd, strings.ToLower(strings.TrimPrefix(name, "ONBOARD_")))
	if len(near) == 0 {
		return ""
	}
	return "; did you mean " + variable(near[0]) + "?"
}

// oneFile accepts exactly one sheet.
func oneFile(cmd *cobra.Command, args []string) error {
	switch len(args) {
	case 0:
		return fmt.Errorf("which sheet? hint: %s partners.csv, or - for standard input", cmd.CommandPath())
	case 1:
		return nil
	}
	return fmt.Errorf("one sheet at a time, and %d were given; hint: quote a name that has spaces", len(args))
}
