package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"onboard/pkg/partner"
	"onboard/pkg/sheet"
)

// shells are those that completions can be written for.
var shells = map[string]func(root *cobra.Command) error{
	"bash":       func(root *cobra.Command) error { return root.GenBashCompletionV2(root.OutOrStdout(), true) },
	"zsh":        func(root *cobra.Command) error { return root.GenZshCompletion(root.OutOrStdout()) },
	"fish":       func(root *cobra.Command) error { return root.GenFishCompletion(root.OutOrStdout(), true) },
	"powershell": func(root *cobra.Command) error { return root.GenPowerShellCompletionWithDesc(root.OutOrStdout()) },
}

func newCompletion() *cobra.Command {
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Write the script that completes commands with the Tab key",
		Long: `Completion writes a script for SHELL: bash, zsh, fish or powershell. Once the
shell has read it, the Tab key completes commands, flags, targets and sheets.
bash needs its package bash-completion for that.

  bash        source <(onboard completion bash), in ~/.bashrc
  zsh         onboard completion zsh > "${fpath[1]}/_onboard"
  fish        onboard completion fish > ~/.config/fish/completions/onboard.fish
  powershell  onboard completion powershell | Out-String | Invoke-Expression`,
		Example:   "  onboard completion bash > onboard.bash\n  onboard completion zsh > _onboard",
		ValidArgs: slices.Sorted(maps.Keys(shells)),
		Args:      cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || shells[args[0]] == nil {
				return fmt.Errorf("which shell? hint: one of %s", strings.Join(slices.Sorted(maps.Keys(shells)), ", "))
			}
			return shells[args[0]](cmd.Root())
		},
	}
}

// values are what the flags of all commands can be completed with. A flag that
// is not here and takes a value is completed with names of files.
func values() map[string]cobra.CompletionFunc {
	words := func(words ...string) cobra.CompletionFunc {
		return cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)
	}
	files := func(extensions ...string) cobra.CompletionFunc {
		return cobra.FixedCompletions(extensions, cobra.ShellCompDirectiveFilterFileExt)
	}
	var fields, assigned []string
	for f := range partner.NumFields {
		fields, assigned = append(fields, f.String()), append(assigned, f.String()+"=")
	}
	pairs := cobra.FixedCompletions(assigned, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace)
	return map[string]cobra.CompletionFunc{
		"target":       words("sandbox", "staging", "production"),
		"log-level":    words("debug", "info", "warn", "error"),
		"delimiter":    words("comma", "semicolon", "tab", "pipe"),
		"encoding":     words(sheet.Encodings()...),
		"hidden-rows":  words(sheet.IncludeHidden, sheet.SkipHidden),
		"key":          words(fields...),
		"default":      pairs,
		"allow":        pairs,
		"all":          words("resend"),
		"rate-limit":   words("5/s", "90/m", "1000/h"),
		"profile":      files("yaml", "yml"),
		"save-profile": files("yaml", "yml"),
		"decisions":    files(sheetFiles...),
		"run":          runIDs,
		"since":        words(time.Now().Format(time.DateOnly)),
		"account":      words(),
		"out":          cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs),
	}
}

// sheetFiles are the endings of what can be handed in.
var sheetFiles = []string{"csv", "tsv", "txt", "xlsx"}

// complete tells the shells what may follow, for every command that takes a
// sheet and every flag in values.
func complete(root *cobra.Command) {
	known := values()
	for _, cmd := range root.Commands() {
		if strings.Contains(cmd.Use, "FILE") {
			cmd.ValidArgsFunction = oneSheet
		}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if known[f.Name] != nil {
				_ = cmd.RegisterFlagCompletionFunc(f.Name, known[f.Name]) // fails for a second one only
			}
		})
	}
}

// oneSheet completes the first argument, and nothing after it.
func oneSheet(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return sheetFiles, cobra.ShellCompDirectiveFilterFileExt
}
