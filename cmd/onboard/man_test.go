package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// request is a line that man acts upon.
var request = regexp.MustCompile(`(?m)^[.'].*$`)

// TestManual reads every page as man does: which lines are requests, which
// escapes there are, and that nothing of the help is left out.
func TestManual(t *testing.T) {
	dir := t.TempDir()
	var err strings.Builder
	if code := run([]string{"man", dir}, strings.NewReader(""), io.Discard, &err); code != 0 {
		t.Fatalf("exit code %d, %s", code, &err)
	}
	known := regexp.MustCompile(`^\.(TH|SH|SS|TP|PP|B|BR|nf|fi|nh|ad|sp|PD)( .*)?$`)
	escape := regexp.MustCompile(`\\(.)`)
	everyCommand(t, func(t *testing.T, cmd *cobra.Command) {
		if cmd.Hidden {
			return
		}
		b, err := os.ReadFile(filepath.Join(dir, pageName(cmd)+".1"))
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		for _, line := range request.FindAllString(text, -1) {
			if !known.MatchString(line) {
				t.Errorf("%q is taken for a request", line)
			}
		}
		for _, e := range escape.FindAllStringSubmatch(text, -1) {
			if !strings.Contains("-fe(&", e[1]) {
				t.Errorf(`unknown escape \%s`, e[1])
			}
		}
		if strings.Count(text, ".nf\n") != strings.Count(text, ".fi\n") {
			t.Error(".nf and .fi do not match")
		}
		for _, part := range []string{".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION", ".SH EXAMPLES", ".SH OPTIONS", ".SH EXIT STATUS"} {
			if strings.Count(text, part+"\n") != 1 {
				t.Errorf("%s stands %d times", part, strings.Count(text, part))
			}
		}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if !strings.Contains(text, roff("--"+f.Name)+`\fR`) {
				t.Errorf("--%s is missing", f.Name)
			}
		})
	})
}

func TestRoff(t *testing.T) {
	tests := []struct{ text, want string }{
		{"a --flag", `a \-\-flag`},
		{`C:\x`, `C:\ex`},
		{".hidden", `\&.hidden`},
		{"'quoted'", `\(aqquoted\(aq`},
	}
	for _, tt := range tests {
		if got := roff(tt.text); got != tt.want {
			t.Errorf("roff(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}
