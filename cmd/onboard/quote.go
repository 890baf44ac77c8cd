package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"onboard/pkg/ledger/postgres"
	"onboard/pkg/terminal"
)

// quote writes an argument as the shells of this system take it.
func quote(arg string) string {
	if runtime.GOOS == "windows" {
		return quoteWindows(arg)
	}
	return quoteUnix(arg)
}

func quoteUnix(arg string) string {
	if arg != "" && strings.Trim(arg, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,@%+") == "" {
		return arg
	}
	if terminal.Text(arg) != arg {
		return quoteBytes(arg)
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}

// quoteBytes writes an argument that a terminal would not show as it is, so that it
// can be seen and copied all the same. bash, zsh and ksh read it.
func quoteBytes(arg string) string {
	var b strings.Builder
	for i := range len(arg) {
		if c := arg[i]; c < ' ' || c >= 0x7f || c == '\'' || c == '\\' {
			fmt.Fprintf(&b, `\x%02x`, c)
		} else {
			b.WriteByte(c)
		}
	}
	return "$'" + b.String() + "'"
}

// quoteWindows writes an argument for PowerShell and cmd.exe: between double
// quotation marks, in which both leave most signs alone. What PowerShell would
// replace there stands between single ones, which cmd.exe does not know.
func quoteWindows(arg string) string {
	switch {
	case arg != "" && strings.Trim(arg, `abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./\:=+`) == "":
		return arg
	case strings.ContainsAny(arg, "$`\""):
		return "'" + strings.ReplaceAll(arg, "'", "''") + "'"
	}
	before := strings.TrimRight(arg, `\`) // a backslash before the last mark would make it a part of the argument
	return `"` + arg + arg[len(before):] + `"`
}

// quoteFile writes a file name as a command takes it: one that starts with a
// hyphen is no flag.
func quoteFile(path string) string {
	if strings.HasPrefix(path, "-") && path != "-" {
		path = "./" + path
	}
	return quote(path)
}

// invocation is a command as it was typed, to be given back with another verb
// or file. Flags that the environment set are set there again.
type invocation struct {
	verb  string
	flags []*pflag.Flag
	saved string // the profile that now says how the sheet is read; "" for none
}

func typed(cmd *cobra.Command) invocation {
	i := invocation{verb: cmd.Name()}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if f.Annotations[fromVariable] == nil {
			i.flags = append(i.flags, f)
		}
	})
	return i
}

// sheetOnly are the flags that every command on a sheet understands.
var sheetOnly = map[string]bool{"map": true, "default": true, "allow": true, "key": true, "delimiter": true, "out": true,
	"encoding": true, "sheet": true, "hidden-rows": true, "fix": true, "profile": true}

// creating are the commands whose flags are the same but for those in once.
var creating = map[string]bool{"submit": true, "reconcile": true}

// once are the flags that say something about one command only: a yes to
// submitting is none to sending again, and no decision is one about what comes later.
var once = map[string]bool{"yes": true, "why": true, "all": true, "decisions": true, "check-existing": true, "json": true}

// has says that a flag was typed.
func (i invocation) has(flag string) bool {
	return slices.ContainsFunc(i.flags, func(f *pflag.Flag) bool { return f.Name == flag })
}

// drop forgets a flag.
func (i *invocation) drop(flag string) {
	i.flags = slices.DeleteFunc(i.flags, func(f *pflag.Flag) bool { return f.Name == flag })
}

// line is the command line for a verb and a file, less the named flags. A yes to a
// limited number of rows is none to the others.
func (i invocation) line(verb, path string, less ...string) string {
	if slices.Contains(less, "limit") && i.has("limit") {
		less = append(less, "yes")
	}
	words := []string{"onboard", verb}
	if path != "" {
		words = append(words, quoteFile(path))
	}
	if i.saved != "" {
		words = append(words, "--profile", quote(i.saved))
	}
	for _, f := range i.flags {
		kept := verb == i.verb || verb == "reconcile" || creating[verb] && creating[i.verb]
		if !kept && !sheetOnly[f.Name] || (verb != i.verb || verb == "reconcile") && once[f.Name] ||
			slices.Contains(less, f.Name) || f.Name == "dry-run" || f.Name == "save-profile" ||
			i.saved != "" && sheetOnly[f.Name] && f.Name != "out" {
			continue
		}
		list, many := f.Value.(pflag.SliceValue)
		switch value := f.Value.String(); {
		case many:
			for _, v := range list.GetSlice() {
				words = append(words, "--"+f.Name, quote(v))
			}
		case f.NoOptDefVal != "" && f.Value.Type() != "bool":
			words = append(words, "--"+f.Name+"="+quote(value))
		case f.Value.Type() != "bool":
			words = append(words, "--"+f.Name, quote(postgres.Redacted(value)))
		case value == "true":
			words = append(words, "--"+f.Name)
		default:
			words = append(words, "--"+f.Name+"=false")
		}
	}
	return strings.Join(words, " ")
}
