package partner

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// corrections are values with their exact correction, by field.
var corrections = []struct {
	field       Field
	value, want string
}{
	{Country, "Germany", "DE"}, {Country, "germany", "DE"}, {Country, "DEU", "DE"}, {Country, "UK", "GB"}, {Country, "England", "GB"},
	{Country, "Deutschland", "DE"}, {Country, "USA", "US"}, {Country, "日本", "JP"}, {Country, "ＪＰ", "JP"}, {Country, "ｊｐ", "JP"}, {Country, " The Netherlands ", "NL"},
	{DataCenter, "GB", "UK"}, {DataCenter, "gbr", "UK"}, {DataCenter, "England", "UK"}, {DataCenter, "United Kingdom", "UK"}, {DataCenter, "Japan", "JP"},
	{DataCenter, "Europe", "EU"}, {DataCenter, "European Union", "EU"}, {DataCenter, "USA", "US"}, {DataCenter, "United States", "US"}, {DataCenter, "Canada", "CA"},
	{DataCenter, "Singapore", "SG"}, {DataCenter, "Australia", "AU"}, {DataCenter, "India", "IN"}, {DataCenter, "ＥＵ", "EU"}, {DataCenter, "ｕｋ", "UK"},
	{Type, "ＭＳＰ", "MSP"}, {Type, "ｍｓｐ", "MSP"},
	{Email, "<ann@example.com>", "ann@example.com"}, {Email, "Ann Lee <ann@example.com>", "ann@example.com"}, {Email, "mailto:ann@example.com", "ann@example.com"},
	{Email, "ann@example.com.", "ann@example.com"}, {Email, "ａｎｎ＠example.com", "ann@example.com"},
}

func TestHints(t *testing.T) {
	none := []struct {
		field       Field
		value, want string
	}{
		{Country, "Germny", "did you mean DE (Germany)?"}, {Country, "Korea", "did you mean KR (South Korea) or KP (North Korea)?"},
		{Country, "EU", "EU is the European Union: write the country in it"}, {Country, "XX", "XX stands for an unknown country: write the country"},
		{Country, "Q", ""}, {Country, "QQ-1", ""}, {Country, "999", ""}, {Country, "0", ""},
		{Country, "GB-ENG", "did you mean GB (United Kingdom)? GB-ENG is a part of it"}, {Country, "us-ca", "did you mean US (United States)? US-CA is a part of it"},
		{Country, "276", "did you mean DE (Germany)? 276 is its number in ISO 3166"}, {Country, "040", "did you mean AT (Austria)? 040 is its number in ISO 3166"},
		{Country, "D", "did you mean DE (Germany)? D is its sign on cars"}, {Country, "cdn", "did you mean CA (Canada)? CDN is its sign on cars"},
		{Country, "Dach", "that is a region: write the country in it"}, {Country, "DD", "DD was East Germany: write DE (Germany)"},
		{Email, "a@b.co; c@d.co", "did you mean a@b.co?"}, {Email, "a@b.co ::: c@d.co", "did you mean a@b.co?"},
		{Country, strings.Repeat("x", 300), ""},
		{DataCenter, "EMEA", ""}, {DataCenter, "Germany", ""}, {DataCenter, "Austria", ""}, {DataCenter, "Singapoor", "did you mean SG (Singapore)?"},
		{DataCenter, "Europa", "did you mean EU (Europe)?"}, {DataCenter, "Untied Kingdom", "did you mean UK (United Kingdom)?"}, {DataCenter, "Germny", ""},
		{DataCenter, strings.Repeat("x", 300), ""}, {Type, "RESELLER", ""}, {Email, "ann", ""}, {Email, "ann@localhost", ""},
	}
	for _, fix := range []bool{false, true} {
		for _, tc := range append(none, corrections...) {
			if fix && !strings.HasSuffix(tc.want, "?") && tc.want != "" {
				continue // TestFix
			}
			r, row := NewRules(), good()
			*row.At(tc.field), r.Fix = tc.value, fix
			_, problems := r.Check(row)
			if len(problems) != 1 || problems[0].Hint != tc.want || problems[0].Value != tc.value || problems[0].Code == Fixed || !Faulty(problems) {
				t.Errorf("%s %q: %+v, want the hint %q", tc.field, tc.value, problems, tc.want)
			}
		}
	}
}

func TestFix(t *testing.T) {
	narrowed := append(corrections[:len(corrections):len(corrections)], []struct {
		field       Field
		value, want string
	}{
		{Industry, "１２", "12"}, {Size, "３", "3"}, {PostalCode, "１２３－４５６７", "123-4567"}, {PostalCode, "ＣＴ１６　１ＡＡ", "CT16 1AA"},
	}...)
	for _, tc := range narrowed {
		r, row := NewRules(), good()
		*row.At(tc.field), r.Fix = tc.value, true
		p, problems := r.Check(row)
		want := []Problem{{Field: tc.field.String(), Value: tc.value, Code: Fixed, Message: Specs[tc.field].Label + " was read as " + tc.want, Hint: tc.want}}
		if diff := cmp.Diff(want, problems); diff != "" || p.At(tc.field) != tc.want || Faulty(problems) {
			t.Errorf("%s %q is %q (-want +got)\n%s", tc.field, tc.value, p.At(tc.field), diff)
		}
		*row.At(tc.field) = tc.want // what is right stays, and is no correction
		if p, problems := r.Check(row); problems != nil || p.At(tc.field) != tc.want {
			t.Errorf("%s %q: %+v", tc.field, tc.want, problems)
		}
	}
}

// TestNotFixed holds what stays as it is with Fix, and full-width codes
// without it.
func TestNotFixed(t *testing.T) {
	for _, tc := range []struct {
		field Field
		value string
		fix   bool
	}{
		{CompanyName, "ＡＣＭＥ株式会社", true}, {FirstName, "Ａｎｎ", true}, {City, "１", true}, {Address, "１－２－３", true}, {State, "ＮＹ", true},
		{PostalCode, "〒１２３", true}, {PostalCode, "１２３−４５", true}, {PostalCode, "１２３－４５６７", false}, {Industry, "１２", false}, {Size, "３", false},
	} {
		r, row := NewRules(), good()
		*row.At(tc.field), r.Fix = tc.value, tc.fix
		if p, problems := r.Check(row); problems != nil || p.At(tc.field) != tc.value {
			t.Errorf("%s %q (fix %v): %q, %+v", tc.field, tc.value, tc.fix, p.At(tc.field), problems)
		}
	}
}

func TestFixBesideFaults(t *testing.T) {
	r, row := NewRules(), good()
	r.Fix = true
	row.Country, row.LastName, row.Email, row.PostalCode = "Germany", "", "a+b@example.com", strings.Repeat("１", 11)
	p, problems := r.Check(row)
	var got []string
	for _, q := range problems {
		got = append(got, q.Field+" "+string(q.Code))
	}
	want := []string{"country fixed", "last_name required", "email bad_format", "postal_code fixed", "postal_code too_long"}
	if diff := cmp.Diff(want, got); diff != "" || !Faulty(problems) || p.At(Country) != "DE" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestFixOfTheOperatorsCodes(t *testing.T) {
	r, row := NewRules(), good()
	r.Fix = true
	for _, err := range []error{r.Allow(Industry, "IT"), r.Allow(DataCenter, "MEA"), r.Default(Country, "Germany"), r.Default(DataCenter, "Europe")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	row.Industry, row.Country, row.DataCenter = "it", "", "ＭＥＡ"
	p, problems := r.Check(row)
	if got := p.At(Industry) + p.At(Country) + p.At(DataCenter); got != "ITDEMEA" || Faulty(problems) || len(problems) != 2 {
		t.Errorf("got %s with %+v", got, problems)
	}
	row.DataCenter = ""
	if p, _ := r.Check(row); p.At(DataCenter) != "EU" {
		t.Errorf("the default data center is %q", p.At(DataCenter))
	}
}

func TestFaulty(t *testing.T) {
	fixed, bad := Problem{Code: Fixed}, Problem{Code: Required}
	for _, tc := range []struct {
		problems []Problem
		want     bool
	}{{nil, false}, {[]Problem{fixed}, false}, {[]Problem{fixed, fixed}, false}, {[]Problem{bad}, true}, {[]Problem{fixed, bad}, true}} {
		if got := Faulty(tc.problems); got != tc.want {
			t.Errorf("Faulty(%v) is %v", tc.problems, got)
		}
	}
}

// TestWrongCodesAreRemembered: what is remembered of a wrong code is what was
// found, by field, until the list changes.
func TestWrongCodesAreRemembered(t *testing.T) {
	r := NewRules()
	hints := func() (all []string) {
		for range 2 {
			row := full()
			row.Country, row.DataCenter = "MEA", "MEA"
			_, problems := r.Check(row)
			for _, p := range problems {
				all = append(all, p.Field+": "+p.Message)
			}
		}
		return all
	}
	country := "country: the country is not a two-letter ISO country code"
	want := []string{country, "data_center: the data center is not one of US CA UK EU SG JP AU IN"}
	if diff := cmp.Diff(append(want, want...), hints()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if err := r.Allow(DataCenter, "MEA"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{country, country}, hints()); diff != "" {
		t.Errorf("allowed (-want +got)\n%s", diff)
	}
	for i := range 2 * wrongLimit {
		r.wrong.remember(Country, strconv.Itoa(i), fault{})
	}
	if got := len(r.wrong.faults); got != wrongLimit {
		t.Errorf("%d codes are remembered, want %d", got, wrongLimit)
	}
}

// TestLeadingZero: a postal code that has lost its zero beyond doubt gets it back under
// Fix, and is asked about otherwise.
func TestLeadingZero(t *testing.T) {
	tests := []struct{ country, code, want string }{
		{"DE", "4109", "04109"}, {"US", "2134", "02134"}, {"JP", "600041", "0600041"}, {"AU", "800", "0800"}, {"SG", "18956", "018956"},
		{"DE", "４１０９", "04109"}, {"DE", " 4109 ", "04109"},
		{"DE", "04109", ""}, {"DE", "109", ""}, {"DE", "0410", ""}, {"DE", "410A", ""}, {"US", "2134-0001", ""}, {"US", "21340001", ""},
		{"AT", "101", ""}, {"EE", "1011", ""}, {"GB", "1234", ""}, {"DE", "", ""},
	}
	for _, tt := range tests {
		for _, fix := range []bool{false, true} {
			for _, plain := range []bool{false, true} {
				r, row := NewRules(), good()
				r.Fix, row.Country, row.PostalCode, row.Plain = fix, tt.country, tt.code, plain && ascii(tt.code) && Clean(tt.code) == tt.code
				p, problems := r.Check(row)
				sent, code := Clean(tt.code), Questionable
				if fix {
					code = Fixed
					if sent = narrow(PostalCode, sent); tt.want != "" {
						sent = tt.want
					}
				}
				if !fix && !ascii(tt.code) {
					continue // as it is it is no number
				}
				if p.At(PostalCode) != sent || Faulty(problems) || (len(problems) == 1) != (tt.want != "") {
					t.Errorf("%s %q, fix %v: %q, %+v", tt.country, tt.code, fix, p.At(PostalCode), problems)
				} else if tt.want != "" && (problems[0].Code != code || problems[0].Hint != tt.want || Clean(problems[0].Value) != Clean(tt.code)) {
					t.Errorf("%s %q, fix %v: %+v", tt.country, tt.code, fix, problems[0])
				}
			}
		}
	}
}
