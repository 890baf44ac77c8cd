package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"onboard/pkg/partner"
)

func TestSubmissionValidate(t *testing.T) {
	good := Submission{Rate: "5/s", Concurrency: 8, Attempts: 5, Timeout: time.Minute}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for setting, change := range map[string]func(*Submission){
		"rate-limit":   func(s *Submission) { s.Rate = "5 a day" },
		"concurrency":  func(s *Submission) { s.Concurrency = 1025 },
		"max-attempts": func(s *Submission) { s.Attempts = 0 },
		"limit":        func(s *Submission) { s.Limit = -1 },
		"timeout":      func(s *Submission) { s.Timeout = 0 },
		"max-errors":   func(s *Submission) { s.MaxErrors = "101%" },
	} {
		s := good
		change(&s)
		var got *Error
		if err := s.Validate(); !errors.As(err, &got) || got.Setting != setting || !strings.HasPrefix(got.Named("--"+setting), "--"+setting) {
			t.Errorf("%s: %v", setting, err)
		}
	}
}

func TestTooMany(t *testing.T) {
	for _, tt := range []struct {
		max           string
		invalid, rows int
		want          bool
	}{
		{"", 100, 100, false}, {"0", 0, 100, false}, {"0", 1, 100, true}, {"10", 10, 100, false}, {"10", 11, 100, true},
		{"2%", 2, 100, false}, {"2%", 3, 100, true}, {"0.5%", 1, 200, false}, {"0.5%", 1, 199, true}, {"100%", 5, 5, false},
	} {
		s := Submission{MaxErrors: tt.max}
		if got := s.TooMany(tt.invalid, tt.rows); got != tt.want {
			t.Errorf("%d of %d invalid with %q: %v", tt.invalid, tt.rows, tt.max, got)
		}
	}
}

// TestProfile: what is saved is what a later run uses, what was given wins over it, and
// what is wrong names its line.
func TestProfile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "crm.yaml")
	first := Reading{Map: []string{"Firma=company_name"}, Default: []string{"data_center=country:DE=EU,else=US", "city=Berlin"},
		Allow: []string{"data_center=MEA"}, Key: "name,email", Delimiter: "semicolon", Encoding: "windows-1252", Fix: true}
	rules, err := first.Rules()
	if err != nil {
		t.Fatal(err)
	}
	mapped := map[string]partner.Field{"Firma": partner.CompanyName}
	if written, err := first.SaveProfile(path, mapped, rules); err != nil || !written {
		t.Fatal(written, err)
	}
	if written, err := first.SaveProfile(path, mapped, rules); err != nil || written {
		t.Errorf("written %v, %v: a profile that says the same stays", written, err)
	}
	if _, err := (&Reading{Key: "name"}).SaveProfile(path, nil, rules); !errors.Is(err, ErrOtherProfile) {
		t.Errorf("%v: a profile that says something else is not replaced", err)
	}
	got := Reading{Map: []string{"Kunde=company_name"}, Key: "name,country", Delimiter: "tab"}
	if err := got.UseProfile(path, func(setting string) bool { return setting == "delimiter" }); err != nil {
		t.Fatal(err)
	}
	want := Reading{Map: []string{"Kunde=company_name"}, Default: []string{"city=Berlin", "data_center=country:DE=EU,else=US"},
		Allow: []string{"data_center=MEA"}, Key: "company_name,email", Delimiter: "tab", Encoding: "windows-1252", Fix: true}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Reading{})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if place := got.Place("encoding", "windows-1252"); !strings.HasPrefix(place, path+":") {
		t.Errorf("the encoding stands at %q", place)
	}
	if err := os.WriteFile(path, []byte("fix: true\ndefault:\n  country: Nowhere\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	bad := Reading{Key: "name"}
	if err := bad.UseProfile(path, func(string) bool { return false }); err != nil {
		t.Fatal(err)
	}
	var wrong *Error
	if _, err := bad.Rules(); !errors.As(err, &wrong) || wrong.Place != path+":3" || !strings.HasPrefix(err.Error(), path+":3: default ") {
		t.Errorf("%v", err)
	}
}
