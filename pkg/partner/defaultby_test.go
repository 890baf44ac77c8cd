package partner

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func byCountry(t *testing.T, text string) *Rules {
	t.Helper()
	d, ok, err := ParseDefaultBy(text)
	if !ok || err != nil {
		t.Fatalf("ParseDefaultBy(%q) = %v, %v", text, ok, err)
	}
	r := NewRules()
	if err := r.SetDefaultBy(DataCenter, d); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestDefaultBy: an empty data center goes by the country of its row.
func TestDefaultBy(t *testing.T) {
	for _, tc := range []struct {
		name, rule, country, center string
		fix                         bool
		want                        string
		problems                    []string
	}{
		{"in the list", "country:DE=EU,GB=UK", "DE", "", false, "EU", nil},
		{"in small letters", "country:de=eu", "de", "", false, "EU", nil},
		{"a cell that is not empty stays", "country:DE=EU", "DE", "US", false, "US", nil},
		{"not in the list", "country:DE=EU", "JP", "", false, "", []string{"data_center required"}},
		{"else", "country:DE=EU,else=SG", "JP", "", false, "SG", nil},
		{"else alone", "country:else=SG", "JP", "", false, "SG", nil},
		{"the country is faulty: one problem", "country:DE=EU,else=US", "Germany", "", false, "", []string{"country not_allowed"}},
		{"the country is corrected", "country:DE=EU,else=US", "Germany", "", true, "EU", []string{"country fixed"}},
		{"the country is missing: one problem", "country:DE=EU,else=US", "", "", false, "", []string{"country required"}},
	} {
		for _, plain := range []bool{false, true} {
			r := byCountry(t, tc.rule)
			r.Fix = tc.fix
			row := good()
			row.Country, row.DataCenter, row.Plain = tc.country, tc.center, plain
			got := codes(t, r, row)
			if diff := cmp.Diff(tc.problems, got); diff != "" || row.DataCenter != tc.want {
				t.Errorf("%s (plain %v): the data center is %q, want %q; problems %s", tc.name, plain, row.DataCenter, tc.want, diff)
			}
		}
	}
}

// TestDefaultByOfAField: later words win, whichever form they have, and a default
// without a column is no missing column.
func TestDefaultByOfAField(t *testing.T) {
	r := byCountry(t, "country:DE=EU,AT=EU,else=US")
	if got, want := r.DefaultOf(DataCenter), "country:AT=EU,DE=EU,else=US"; got != want || !r.HasDefault(DataCenter) {
		t.Errorf("DefaultOf = %q, want %q", got, want)
	}
	if err := r.Default(DataCenter, "IN"); err != nil || r.DefaultBy(DataCenter) != nil || r.DefaultOf(DataCenter) != "IN" {
		t.Errorf("after Default it is %q (%v)", r.DefaultOf(DataCenter), err)
	}
}

func TestDefaultByRefused(t *testing.T) {
	for _, tc := range []struct {
		field Field
		text  string
		want  string
	}{
		{DataCenter, "country:DE", `"DE" is not a pair such as DE=EU`},
		{DataCenter, "country:", `"" is not a pair such as DE=EU`},
		{DataCenter, "country:DE=", `"DE=" is not a pair such as DE=EU`},
		{DataCenter, "country:DE=EU,DE=US", "DE has two defaults"},
		{DataCenter, "country:else=EU,else=US", "else has two defaults"},
		{DataCenter, "country:DE=EUROPE", `data_center="EUROPE": the data center is not one of US CA UK EU SG JP AU IN`},
		{DataCenter, "country:Germany=EU", `country="Germany": the country is not a two-letter ISO country code`},
		{DataCenter, "country:else=EUROPE", `data_center="EUROPE": the data center is not one of US CA UK EU SG JP AU IN`},
		{DataCenter, "city:Berlin=EU", "data_center: the default cannot depend on city; hint: it can depend on a code, such as country"},
		{DataCenter, "data_center:EU=US", "data_center: the default cannot depend on data_center; hint: it can depend on a code, such as country"},
	} {
		d, ok, err := ParseDefaultBy(tc.text)
		if ok && err == nil {
			err = NewRules().SetDefaultBy(tc.field, d)
		}
		if err == nil || err.Error() != tc.want {
			t.Errorf("%q: %v, want %s", tc.text, err, tc.want)
		}
	}
	for _, text := range []string{"EU", "", "Straße 5: Hof", "phone:1=2"} {
		if _, ok, _ := ParseDefaultBy(text); ok {
			t.Errorf("%q was taken for a default by another field", text)
		}
	}
}

// TestDefaultByNoChain: what decides must not itself be decided by another field.
func TestDefaultByNoChain(t *testing.T) {
	r := byCountry(t, "country:DE=EU")
	if err := r.SetDefaultBy(Country, &DefaultBy{On: Type, Else: "DE"}); err == nil {
		t.Error("country may not depend on type while the data center depends on country")
	}
}
