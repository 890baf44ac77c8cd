package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// The linker sets these when a release is built: its name, the commit, and the
// day of the commit.
var release, commit, date string

// version is the release, or the commit that was built.
func version() string {
	if release != "" {
		return release
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				return "dev-" + s.Value[:12]
			}
		}
	}
	return "dev"
}

func newVersion(c *console) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Long: `Version prints the release or the commit that was built, the day of the commit,
and the system that it is for.`,
		Example: "  onboard version\n  onboard --version",
		Args:    cobra.NoArgs,
		Run: func(*cobra.Command, []string) {
			built := ""
			if commit != "" {
				built = fmt.Sprintf("commit %.12s of %.10s, ", commit, date)
			}
			fmt.Fprintf(c.out, "onboard %s (%s%s) %s/%s\n", version(), built, runtime.Version(), runtime.GOOS, runtime.GOARCH)
		},
	}
}
