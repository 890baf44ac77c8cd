//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"onboard/pkg/sandbox"
)

// TestNamedFiles: whatever a flag names, it is a file of a size that fits, or it is
// refused at once: a pipe that nobody writes to, a device without end, a file that is
// made to hurt. Nothing is done to it.
func TestNamedFiles(t *testing.T) {
	server, address := serve(t, sandbox.Config{})
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	files := map[string]string{
		"list.csv": sheetHeader + sheetRow("A"), "brackets": strings.Repeat("[", 30_000), "braces": strings.Repeat("{a: ", 8_000),
		"dashes": strings.Repeat("- ", 15_000), "closed": strings.Repeat("]", 20_000) + strings.Repeat("[", 20_000),
		"long": "map:\n" + strings.Repeat("  x: city\n", 20_000), "pem": strings.Repeat("-----BEGIN CERTIFICATE-----\n", 400_000),
	}
	for name, text := range files {
		if err := os.WriteFile(at(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(at("pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("pipe", at("link")); err != nil {
		t.Fatal(err)
	}
	const ordinary = "not an ordinary file"
	for _, tt := range []struct {
		says string
		args []string
	}{
		{"nested too deeply", []string{"validate", "list.csv", "--profile", "brackets"}},
		{"nested too deeply", []string{"validate", "list.csv", "--profile", "braces"}},
		{"nested too deeply", []string{"validate", "list.csv", "--profile", "dashes"}},
		{"nested too deeply", []string{"validate", "list.csv", "--profile", "closed"}},
		{"more than 64 KiB", []string{"validate", "list.csv", "--profile", "long"}},
		{ordinary, []string{"validate", "list.csv", "--profile", "/dev/zero"}},
		{ordinary, []string{"validate", "list.csv", "--profile", "pipe"}},
		{ordinary, []string{"validate", "list.csv", "--profile", "link"}},
		{"", []string{"validate", "list.csv", "--save-profile", "pipe"}},
		{ordinary, []string{"validate", "pipe"}},
		{ordinary, []string{"validate", "/dev/zero"}},
		{"no ordinary file", []string{"validate", "list.csv", "--summary", "pipe"}},
		{"no ordinary file", []string{"validate", "list.csv", "--report", "pipe"}},
		{ordinary, fast(address, "--ca-file", "pipe")},
		{ordinary, fast(address, "--ca-file", "/dev/zero")},
		{"too large", fast(address, "--ca-file", "pem")},
		{ordinary, fast(address, "--credentials", "pipe")},
		{ordinary, fast(address, "--credentials", "/dev/zero")},
		{"too large", fast(address, "--credentials", "long")},
		{ordinary, fast(address, "--log-file", "pipe")},
		{"not a regular file", fast(address, "--ledger", "pipe")},
		{"not a regular file", []string{"status", "--ledger", "pipe"}},
		{ordinary, []string{"sandbox", "--listen", "127.0.0.1:0", "--state", "pipe"}},
		{ordinary, []string{"sandbox", "--listen", "127.0.0.1:0", "--state", "/dev/zero"}},
		{"", []string{"template", "pipe"}},
	} {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			cmd := plainCommand(t, dir, tt.args...)
			late := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
			defer late.Stop()
			defuse(t, server, cmd, 2, tt.says)
		})
	}
	if info, err := os.Lstat(at("pipe")); err != nil || info.Mode() != os.ModeNamedPipe|0o600 {
		t.Errorf("the pipe became %v, %v", info, err)
	}
}
