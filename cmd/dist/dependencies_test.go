package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDependencies compares docs/dependencies.md with go.mod: a module that is
// added, removed or changed there needs its line here, with its licence.
func TestDependencies(t *testing.T) {
	required := pairs(t, "go.mod", `(?m)^\t(\S+\.\S+/\S+) (v\S+)`)
	listed := pairs(t, "docs/dependencies.md", `(?m)^\| (\S+) \| (v\S+) \| (?:MIT|BSD-[23]-Clause|Apache-2\.0|ISC|MPL-2\.0)[^|]*\| [^|]+ \|$`)
	if len(required) < 20 {
		t.Fatalf("only %d modules in go.mod", len(required))
	}
	if diff := cmp.Diff(required, listed); diff != "" {
		t.Errorf("modules (-go.mod +docs/dependencies.md)\n%s", diff)
	}
}

// pairs are the two groups of a pattern, wherever it is found in a file.
func pairs(t *testing.T, name, pattern string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", name))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
		found[m[1]] = m[2]
	}
	return found
}
