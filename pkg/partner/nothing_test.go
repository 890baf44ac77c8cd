package partner

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestNothing holds which words for nothing are no value, by field.
func TestNothing(t *testing.T) {
	bad := strings.Split("NULL null nan NaN None none nil undefined N/A n/a (null) <null> [NULL] <NA> \\N (blank)", " ")
	bad = append(bad, "undefined undefined", "null, null", "Invalid Date", "[object Object]")
	for _, f := range []Field{CompanyName, City, State, Address, PostalCode, Country, DataCenter, Email} {
		for _, v := range bad {
			row := good()
			*row.At(f) = v
			if got := codes(t, NewRules(), row); len(got) == 0 || !strings.HasPrefix(got[0], f.String()) {
				t.Errorf("%s %q: %v", f, v, got)
			}
		}
		for _, v := range []string{"Null & Partner", "Nano", "N", "None Such Ltd", "Nil Desperandum", "Undefined Ventures", "NULLs"} {
			if row := good(); f == City || f == CompanyName {
				if *row.At(f) = v; codes(t, NewRules(), row) != nil {
					t.Errorf("%s %q is a good value", f, v)
				}
			}
		}
	}
	row := good()
	row.City = "NULL"
	_, problems := NewRules().Check(row)
	want := []Problem{{Field: "city", Value: "NULL", Code: BadFormat, Message: "the city is NULL, which a program writes where there is no value", Hint: "clear the cell"}}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Error(diff)
	}
	r := NewRules()
	if row := good(); r.Allow(Industry, "N/A") == nil {
		if row.Industry = "N/A"; codes(t, r, row) != nil {
			t.Error("a code that is allowed is refused")
		}
	}
}

// TestPersonsCalledNull: in a person's name a word for nothing is refused only
// where it can be no name.
func TestPersonsCalledNull(t *testing.T) {
	for _, tc := range []struct{ first, last, want string }{
		{"Ann", "Null", ""}, {"Nan", "Lee", ""}, {"Ann", "None", ""}, {"ANN", "NULL", ""}, {"ann", "null", ""}, {"nan", "lee", ""}, {"Nan", "Nan", ""},
		{"Ann", "NULL", "last_name"}, {"Ann", "null", "last_name"}, {"nan", "Lee", "first_name"}, {"安", "NULL", "last_name"},
		{"None", "None", "first_name last_name"}, {"nan", "nan", "first_name last_name"}, {"NULL", "NULL", "first_name last_name"},
		{"(null)", "Lee", "first_name"}, {"Ann", "undefined", "last_name"}, {"Ann", "N/A", "last_name"}, {"N/A", "N/A", "first_name last_name"},
	} {
		for _, plain := range []bool{false, true} {
			row := good()
			row.FirstName, row.LastName, row.Plain = tc.first, tc.last, plain && tc.first != "安"
			_, problems := NewRules().Check(row)
			var got []string
			for _, p := range problems {
				got = append(got, p.Field)
			}
			if strings.Join(got, " ") != tc.want {
				t.Errorf("%s %s (plain %v): %+v, want %q", tc.first, tc.last, plain, problems, tc.want)
			}
		}
	}
}

// TestLost holds what else programs put in the place of a value.
func TestLost(t *testing.T) {
	for _, tc := range []struct {
		field            Field
		value, hint, fix string
	}{
		{PostalCode, "94109.0", "did you mean 94109?", ""}, {PostalCode, "8.001,00", "did you mean 8001?", ""}, {PostalCode, "94,109", "did you mean 94109?", ""},
		{PostalCode, "8,001.00", "did you mean 8001?", ""}, {Industry, "7.0", "did you mean 7?", ""},
		{PostalCode, `="04109"`, "04109", "04109"}, {Country, `="DE"`, "DE", "DE"}, {CompanyName, `="Acme"`, "Acme", "Acme"}, {CompanyName, `="NULL"`, "", ""},
		{PostalCode, "01.310-100", "ok", ""}, {PostalCode, "CT16 1AA", "ok", ""}, {PostalCode, "1000-001", "ok", ""}, {PostalCode, "12,5", "ok", ""}, {PostalCode, ".", "ok", ""},
		{CompanyName, "94109.0", "ok", ""}, {CompanyName, "8.001,00", "ok", ""}, {CompanyName, `="A`, "ok", ""}, {CompanyName, "a::b", "ok", ""},
		{City, "Berlin ::: Hamburg", "", ""}, {Address, "Main St 1 ::: Side St 2", "", ""}, {FirstName, "Ann ::: Bob", "", ""},
	} {
		r, row := NewRules(), good()
		*row.At(tc.field) = tc.value
		_, problems := r.Check(row)
		switch {
		case tc.hint == "ok" && problems != nil, tc.hint != "ok" && (len(problems) != 1 || problems[0].Code != BadFormat || problems[0].Hint != tc.hint):
			t.Errorf("%s %q: %+v, want %q", tc.field, tc.value, problems, tc.hint)
		}
		r, row = NewRules(), good()
		*row.At(tc.field), r.Fix = tc.value, true
		if p, problems := r.Check(row); tc.fix != "" && (Faulty(problems) || p.At(tc.field) != tc.fix) {
			t.Errorf("%s %q is fixed to %q: %+v", tc.field, tc.value, p.At(tc.field), problems)
		}
	}
}
