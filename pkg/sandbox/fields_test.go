package sandbox

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// with is the example with a field set to text, which may be empty.
func with(section, name, text string) string {
	body := strings.Replace(example, `"`+section+`":{`, `"`+section+`":{"`+name+`":"`+text+`",`, 1)
	for _, old := range []string{`"type":"MSP",`, `"data_center":"US",`, `"name":"Stay Green Greenery",`, `"first_name":"trend",`, `"last_name":"micro",`} {
		if key, _, _ := strings.Cut(old, ":"); key == `"`+name+`"` {
			return strings.Replace(body, old, "", 1)
		}
	}
	for _, old := range []string{`,"country":"US"`, `,"email":"tm@trendmicro.com"`} {
		if key, _, _ := strings.Cut(old[1:], ":"); key == `"`+name+`"` {
			return strings.Replace(body, old, "", 1)
		}
	}
	return body
}

func TestLengths(t *testing.T) {
	tests := []struct {
		section, name string
		max           int
		required      bool
		subject       string
	}{
		{"company", "name", 128, true, "CompanyName"},
		{"contact", "first_name", 50, true, "ContactFirstName"},
		{"contact", "last_name", 50, true, "ContactLastName"},
		{"company", "industry", 3, false, "CompanyIndustry"},
		{"company", "size", 2, false, "CompanySize"},
		{"company", "state", 64, false, "CompanyState"},
		{"company", "city", 64, false, "CompanyCity"},
		{"company", "address", 128, false, "CompanyAddress"},
		{"company", "postal_code", 10, false, "CompanyPostalCode"},
	}
	c := newClock()
	s := New(testConfig(c))
	for _, tt := range tests {
		// Four bytes and two UTF-16 units each: only code points give the right length.
		for n, ok := range map[int]bool{0: !tt.required, 1: true, tt.max: true, tt.max + 1: false} {
			want := seen{200, ""}
			if !ok {
				want = seen{400, "InvalidParameters" + tt.subject}
			}
			body := with(tt.section, tt.name, strings.Repeat("𝒜", n))
			if diff := cmp.Diff(want, look(t, serve(s, signed("POST", createPath, body, c.now())))); diff != "" {
				t.Errorf("%s of %d characters (-want +got)\n%s", tt.name, n, diff)
			}
		}
	}
}

func TestFields(t *testing.T) {
	tests := []struct {
		name, body, subject string
	}{
		{"example", example, ""},
		{"type in lower case", with("company", "type", "msp"), "CompanyType"},
		{"another type", with("company", "type", "Distributor"), "CompanyType"},
		{"data centre UK", with("company", "data_center", "UK"), ""},
		{"data centre IN", with("company", "data_center", "IN"), ""},
		{"data centre GB", with("company", "data_center", "GB"), "CompanyDataCenter"},
		{"data centre empty", with("company", "data_center", ""), "CompanyDataCenter"},
		{"data centre by option", with("company", "data_center", "MEA"), ""},
		{"country in lower case", with("company", "country", "us"), "CompanyCountry"},
		{"country of three letters", with("company", "country", "USA"), "CompanyCountry"},
		{"country with a letter beyond ASCII", with("company", "country", "ÖS"), "CompanyCountry"},
		{"country with a line feed", with("company", "country", `US\n`), "CompanyCountry"},
		{"no country", swap(example, `,"country":"US"`, ""), "CompanyCountry"},
		{"no contact", swap(example, `,"contact":{"first_name":"trend","last_name":"micro","email":"tm@trendmicro.com"}`, ""), "ContactFirstName"},
		{"e-mail of all documented characters", with("contact", "email", "a-b.c_D9@x-y.z_1.example"), ""},
		{"e-mail with a plus", with("contact", "email", "a+b@partner.example"), "ContactEmail"},
		{"e-mail with an apostrophe", with("contact", "email", "o'b@partner.example"), "ContactEmail"},
		{"e-mail with a letter beyond ASCII", with("contact", "email", "ö@partner.example"), "ContactEmail"},
		{"e-mail without @", with("contact", "email", "partner.example"), "ContactEmail"},
		{"e-mail with two @", with("contact", "email", "a@b@partner.example"), "ContactEmail"},
		{"e-mail without a local part", with("contact", "email", "@partner.example"), "ContactEmail"},
		{"e-mail with two dots", with("contact", "email", "a..b@partner.example"), "ContactEmail"},
		{"e-mail with a final dot", with("contact", "email", "a@partner.example."), "ContactEmail"},
		{"e-mail without a dot in the domain", with("contact", "email", "a@localhost"), "ContactEmail"},
		{"e-mail with a final line feed", with("contact", "email", `a@partner.example\n`), "ContactEmail"},
		{"e-mail of 128 characters", with("contact", "email", strings.Repeat("a", 112)+"@partner.example"), ""},
		{"e-mail of 129 characters", with("contact", "email", strings.Repeat("a", 113)+"@partner.example"), "ContactEmail"},
		{"number for text", swap(example, `"name":"Stay Green Greenery"`, `"name":7`), "CompanyName"},
		{"null for text", swap(example, `"country":"US"`, `"country":"US","size":null`), "CompanySize"},
		{"object for text", swap(example, `"name":"Stay Green Greenery"`, `"name":{}`), "CompanyName"},
		{"text for object", `{"company":"Acme"}`, "Company"},
		{"field that is not known", swap(example, `"type"`, `"phone":"1","type"`), "Body"},
		{"field in other letters", swap(example, `"name"`, `"Name"`), "Body"},
		{"field twice", swap(example, `"type"`, `"name":"A","type"`), "Body"},
		{"section that is not known", swap(example, `"contact"`, `"extra":{},"contact"`), "Body"},
		{"section twice", swap(example, `"contact"`, `"company":{},"contact"`), "Body"},
		{"no body", "", "Body"},
		{"no JSON", "company=Acme", "Body"},
		{"array", "[" + example + "]", "Body"},
		{"cut", example[:len(example)-1], "Body"},
		{"cut within a section", example[:40], "Body"},
		{"comma too many", swap(example, `"US"}`, `"US",}`), "Company"},
		{"two objects", example + example, "Body"},
		{"bytes that are no UTF-8", named("Caf\xe9"), "Body"},
	}
	c := newClock()
	config := testConfig(c)
	config.Allow = []string{"MEA"}
	s := New(config)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := seen{200, ""}
			if tt.subject != "" {
				want = seen{400, "InvalidParameters" + tt.subject}
			}
			if diff := cmp.Diff(want, look(t, serve(s, signed("POST", createPath, tt.body, c.now())))); diff != "" {
				t.Errorf("%s\n(-want +got)\n%s", tt.body, diff)
			}
		})
	}
}

func TestBodyOverOneMegabyte(t *testing.T) {
	c := newClock()
	s := New(testConfig(c))
	got := look(t, serve(s, signed(http.MethodPost, createPath, strings.Repeat(" ", maxBody+1), c.now())))
	if diff := cmp.Diff(seen{413, "RequestEntityTooLarge"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if v := s.Snapshot().Violations; len(v) > 0 {
		t.Errorf("violations: %q", v)
	}
}
