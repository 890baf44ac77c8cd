package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// noticesFile goes into every archive: most licences ask for it.
const noticesFile = "bin/THIRD-PARTY.txt"

// writeNotices writes the licences of all modules that the program is linked
// from, on any of its systems, as the modules themselves have them.
func writeNotices(to string) error {
	modules := map[string]bool{}
	for _, t := range targets {
		list := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}\t{{.Dir}}{{end}}{{end}}", "./cmd/onboard")
		list.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+t.os, "GOARCH="+t.arch)
		out, err := list.Output()
		if err != nil {
			return fmt.Errorf("go list: %w", err)
		}
		for line := range strings.Lines(string(out)) {
			if line = strings.TrimSpace(line); line != "" {
				modules[line] = true
			}
		}
	}
	var text strings.Builder
	text.WriteString("onboard contains the following modules.\n")
	for _, line := range slices.Sorted(maps.Keys(modules)) {
		name, dir, _ := strings.Cut(line, "\t")
		notice, err := noticeOf(dir)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Fprintf(&text, "\n\n==== %s ====\n\n%s\n", name, notice)
	}
	return os.WriteFile(to, []byte(text.String()), 0o644)
}

// noticeOf is what stands in the licence files of a module.
func noticeOf(dir string) (string, error) {
	var parts []string
	for _, pattern := range []string{"LICEN[SC]E*", "COPYING*", "NOTICE*"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return "", err
		}
		for _, f := range found {
			text, err := os.ReadFile(f)
			if err != nil {
				return "", err
			}
			parts = append(parts, strings.TrimSpace(string(text)))
		}
	}
	if len(parts) == 0 {
		return "", fmt.Errorf("there is no licence in %s", dir)
	}
	return strings.Join(parts, "\n\n"), nil
}
