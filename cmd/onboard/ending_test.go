package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/batch"
	"onboard/pkg/partner"
	"onboard/pkg/sheet"
)

// TestOutputsTogether: when one file can't be written, all old ones stay, and
// nothing is left of the new ones.
func TestOutputsTogether(t *testing.T) {
	for _, spoil := range []struct {
		name string
		do   func(e *ending)
	}{
		{"results", func(e *ending) { e.out.Results.Discard() }},
		{"problems", func(e *ending) { e.out.Problems.Discard() }},
		{"the summary", func(e *ending) { e.numbers.Discard() }},
		{"the report", func(e *ending) { e.page.Discard() }},
	} {
		t.Chdir(t.TempDir())
		want := map[string]string{"list.csv": sheetHeader + sheetRow("A")}
		for _, name := range []string{"list.results.csv", "list.errors.csv", "list.problems.csv", "list.summary.json", "list.in-doubt.csv", "r.html"} {
			want[name] = "old"
		}
		for name, text := range want {
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s, err := sheet.Open("list.csv", nil, sheet.Options{Optional: partner.NewRules().HasDefault})
		if err != nil {
			t.Fatal(err)
		}
		var screen bytes.Buffer
		e := &ending{console: &console{out: &screen, err: &screen}, flags: &sheetFlags{report: "r.html"}, dir: ".", sheet: s,
			progress: &batch.Progress{}, started: time.Now(), again: invocation{verb: "submit"}}
		if err := e.open(); err != nil {
			t.Fatal(err)
		}
		if e.plan, err = batch.MakePlan(t.Context(), s, partner.NewRules(), nil, nil, e.emit); err != nil {
			t.Fatal(err)
		}
		spoil.do(e)
		if err := e.finish(); err == nil {
			t.Errorf("%s: no error", spoil.name)
		}
		s.Close()
		got := map[string]string{}
		files, _ := filepath.Glob("*")
		hidden, _ := filepath.Glob(".*")
		for _, name := range append(files, hidden...) {
			text, _ := os.ReadFile(name)
			got[name] = string(text)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", spoil.name, diff)
		}
	}
}
