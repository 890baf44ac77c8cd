package partner

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// departs says in which property a value breaks a schema, of what RowSchema
// uses of the vocabulary; "" when it conforms.
func departs(s Schema, values map[string]string) string {
	for _, name := range s.Required {
		if _, ok := values[name]; !ok {
			return name + " is missing"
		}
	}
	for name, p := range s.Properties {
		v, ok := values[name]
		n := utf8.RuneCountInString(v)
		switch {
		case !ok:
		case p.Enum != nil && !slices.Contains(p.Enum, v), n < p.MinLength, p.MaxLength > 0 && n > p.MaxLength,
			!regexp.MustCompile(p.Pattern).MatchString(v):
			return fmt.Sprintf("%s: %q", name, v)
		}
	}
	return ""
}

func TestRowSchema(t *testing.T) {
	schema := RowSchema()
	if len(schema.Properties) != int(NumFields) || len(schema.Required) != 6 || !strings.HasSuffix(schema.Dialect, "/2020-12/schema") {
		t.Errorf("%d properties, required %v, %s", len(schema.Properties), schema.Required, schema.Dialect)
	}
	good := map[string]string{"company_name": strings.Repeat("é", 128), "country": "GB", "data_center": "UK", "first_name": "Ann", "last_name": "Lee",
		"email": "ann@example.com", "type": "", "city": "", "postal_code": "0123456789"}
	if got := departs(schema, good); got != "" {
		t.Errorf("a good row: %s", got)
	}
	for name, values := range map[string][]string{
		"company_name": {"", strings.Repeat("é", 129)},
		"country":      {"", "UK", "gb", "GBR"},
		"data_center":  {"", "GB", "MEA"},
		"type":         {"Customer"},
		"first_name":   {"", strings.Repeat("a", 51)},
		"email":        {"", "ann", "ann@example", "ann+x@example.com", "a..b@example.com", ".a@example.com", "ann@example.123", "ann@@example.com"},
		"industry":     {"1234"},
		"size":         {"123"},
		"state":        {strings.Repeat("a", 65)},
		"city":         {strings.Repeat("a", 65)},
		"address":      {strings.Repeat("a", 129)},
		"postal_code":  {"01234567890"},
	} {
		for _, v := range values {
			row := map[string]string{}
			for name, v := range good {
				row[name] = v
			}
			row[name] = v
			if departs(schema, row) == "" {
				t.Errorf("%s may be %q", name, v)
			}
		}
	}
	delete(good, "email")
	if departs(schema, good) == "" {
		t.Error("a row without an e-mail address conforms")
	}
}

// TestSchemaTakesWhatCheckTakes: what is valid conforms, addresses above all.
func TestSchemaTakesWhatCheckTakes(t *testing.T) {
	schema, rules := RowSchema(), NewRules()
	for _, email := range []string{"a@b.co", "_a-b.c_d@x-y.example.org", "1@2.a1", "a@b.1a", "a@xn--bcher-kva.example", "-a-@b.c-d", "a@a.1-1"} {
		p, problems := rules.Check(&Row{CompanyName: "Acme", Country: "XX", DataCenter: "US", FirstName: "Ann", LastName: "Lee", Email: email})
		if len(problems) != 1 { // the country's
			t.Errorf("%s: %v", email, problems)
		}
		if got := departs(Schema{Properties: map[string]Schema{"email": schema.Properties["email"]}}, map[string]string{"email": p.At(Email)}); got != "" {
			t.Error(got)
		}
	}
	for _, country := range Countries() {
		if !IsCountry(country) {
			t.Error(country)
		}
	}
	if n := len(Countries()); n != 249 {
		t.Errorf("%d countries", n)
	}
}
