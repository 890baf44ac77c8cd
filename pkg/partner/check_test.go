package partner

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func good() *Row {
	return &Row{CompanyName: "Acme Ltd", Country: "GB", DataCenter: "UK", FirstName: "Ann", LastName: "Lee", Email: "ann@example.com"}
}

// codes checks a row and lists "field code" of its problems.
func codes(t *testing.T, r *Rules, row *Row) []string {
	t.Helper()
	_, problems := r.Check(row)
	var got []string
	for _, p := range problems {
		got = append(got, p.Field+" "+string(p.Code))
		if p.Message == "" || strings.HasSuffix(p.Message, ".") {
			t.Errorf("%s %s: the message %q is no clause", p.Field, p.Code, p.Message)
		}
	}
	return got
}

func TestCheck(t *testing.T) {
	for _, tc := range []struct {
		name string
		edit func(*Row)
		want []string
	}{
		{"a good row", func(*Row) {}, nil},
		{"type given", func(r *Row) { r.Type = "msp" }, nil},
		{"lower-case codes", func(r *Row) { r.Country, r.DataCenter = "gb", "uk" }, nil},
		{"all missing", func(r *Row) { *r = Row{} },
			[]string{"company_name required", "country required", "data_center required", "first_name required", "last_name required", "email required"}},
		{"only invisible is missing", func(r *Row) { r.LastName = "\u00a0\u200b" }, []string{"last_name required"}},
		{"other type", func(r *Row) { r.Type = "RESELLER" }, []string{"type not_allowed"}},
		{"other data center", func(r *Row) { r.DataCenter = "GB" }, []string{"data_center not_allowed"}},
		{"country as a name", func(r *Row) { r.Country = "Germany" }, []string{"country not_allowed"}},
		{"UK is no country", func(r *Row) { r.Country = "UK" }, []string{"country not_allowed"}},
		{"control characters", func(r *Row) { r.CompanyName, r.City, r.State = "a\x07b", "a\x7fb", "a\u0085b" },
			[]string{"company_name control_character", "state control_character", "city control_character"}},
		{"broken text", func(r *Row) { r.LastName = "M\xfcller" }, []string{"last_name bad_encoding"}},
		{"address and length", func(r *Row) { r.Email = strings.Repeat("x", 129) }, []string{"email bad_format", "email too_long"}},
		{"everything at once", func(r *Row) { r.CompanyName, r.Country, r.Email = "", "XX", "x" },
			[]string{"company_name required", "country not_allowed", "email bad_format"}},
	} {
		row := good()
		tc.edit(row)
		if diff := cmp.Diff(tc.want, codes(t, NewRules(), row)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tc.name, diff)
		}
	}
}

// TestLengths tries each field at and around its limit, in characters of one
// to four bytes: a limit counts code points.
func TestLengths(t *testing.T) {
	for f := range NumFields {
		spec := Specs[f]
		if spec.Code || f == Email {
			continue
		}
		for _, char := range []string{"x", "ü", "株", "𠮷"} {
			for n, tooLong := range map[int]bool{1: false, spec.Max - 1: false, spec.Max: false, spec.Max + 1: true} {
				row := good()
				*row.At(f) = strings.Repeat(char, n)
				got := codes(t, NewRules(), row)
				if tooLong != cmp.Equal(got, []string{spec.Name + " too_long"}) || !tooLong && got != nil {
					t.Errorf("%s of %d × %q: %v", spec.Name, n, char, got)
				}
			}
		}
		row := good()
		*row.At(f) = ""
		if got := codes(t, NewRules(), row); spec.Required != cmp.Equal(got, []string{spec.Name + " required"}) {
			t.Errorf("empty %s: %v", spec.Name, got)
		}
	}
	for n, want := range map[int][]string{127: nil, 128: nil, 129: {"email too_long"}} {
		row := good()
		row.Email = strings.Repeat("a", 50) + "@" + strings.Repeat("b", 50) + "." + strings.Repeat("c", n-106) + ".com"
		if diff := cmp.Diff(want, codes(t, NewRules(), row)); diff != "" {
			t.Errorf("address of %d characters (-want +got)\n%s", n, diff)
		}
	}
}

// isoCodes are the 249 officially assigned codes of ISO 3166-1 alpha-2.
const isoCodes = `AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI
GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI
LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF
PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL
TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW`

func TestEveryCountryCode(t *testing.T) {
	assigned := map[string]bool{}
	for _, c := range strings.Fields(isoCodes) {
		assigned[c] = true
	}
	if len(assigned) != 249 {
		t.Fatalf("the list has %d codes", len(assigned))
	}
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string(a) + string(b)
			if got := IsCountry(code); got != assigned[code] {
				t.Errorf("IsCountry(%s) = %v", code, got)
			}
		}
	}
	for _, code := range []string{"", "D", "DEU", "de", "D1", "ÄÖ"} {
		if IsCountry(code) {
			t.Errorf("IsCountry(%q)", code)
		}
	}
}

func TestOperatorsRules(t *testing.T) {
	r := NewRules()
	for _, step := range []struct {
		what string
		err  error
		want string
	}{
		{"a further data center", r.Allow(DataCenter, "mea"), ""},
		{"an industry list", r.Allow(Industry, "IT"), ""},
		{"a code too long", r.Allow(Size, "123"), `size="123": a value has 1 to 2 characters`},
		{"an empty code", r.Allow(Size, " "), `size="": a value has 1 to 2 characters`},
		{"a default", r.Default(DataCenter, "eu"), ""},
		{"a default that breaks its rule", r.Default(DataCenter, "XX"), `data_center="XX": the data center is not one of US CA UK EU SG JP AU IN MEA`},
	} {
		if got := fmt.Sprint(step.err); step.err == nil && step.want != "" || step.err != nil && got != step.want {
			t.Errorf("%s: got %v, want %q", step.what, step.err, step.want)
		}
	}
	row := good()
	row.DataCenter, row.Industry = "MEA", "IT"
	if got := codes(t, r, row); got != nil {
		t.Errorf("allowed codes: %v", got)
	}
	row.DataCenter, row.Industry = "", "XX"
	if diff := cmp.Diff([]string{"industry not_allowed"}, codes(t, r, row)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if p, _ := r.Check(row); p.At(DataCenter) != "EU" {
		t.Errorf("an empty data center is %q, want the default", p.At(DataCenter))
	}
	if got := codes(t, NewRules(), &Row{CompanyName: "A", Country: "GB", DataCenter: "MEA", FirstName: "A", LastName: "L", Email: "a@b.co"}); got == nil {
		t.Error("one operator's rule reached another's")
	}
}

// FuzzPlain: a plain row is checked as any other, only faster.
func FuzzPlain(f *testing.F) {
	for _, v := range []string{"", " a", "a ", "-1E+05", "1E+05", "1,5e+123", "Err:502", "#N/A", "[name]", "$%email%", "_type_", "TYPE", "e-mail", "Company Name", "de", "msp",
		"<city>", "*", "12345678901", "Köln", "ö", "Öde Straße 1", "éa@b.co", "ß1E+05", strings.Repeat("ü", 51), strings.Repeat("ü", 26), "a@b.co", "NULL", "nan", "(null)", "undefined, undefined", "N/A", "12.0", "8.001,00", "=\"012\"", "1", strings.Repeat("x", 129)} {
		for field := range NumFields {
			f.Add(uint8(field), v)
			f.Add(uint8(field)+16*uint8(field), v)
			f.Add(uint8(field)+16*15, v) // the data center by country
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, v string) {
		for i, r := range v {
			if r < ' ' || r > '~' && PlainLetter(v, i) == 0 || r == '{' || strings.Contains(v, SeveralMark) {
				return
			}
		}
		r := NewRules()
		for f, code := range map[Field]string{Type: "TYPE", Country: "XK", Industry: "12"} {
			if err := r.Allow(f, code); err != nil {
				t.Fatal(err)
			}
		}
		for f, value := range map[Field]string{Country: "AT", Email: "a@b.co", City: "Köln"} {
			if err := r.Default(f, value); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.SetDefaultBy(DataCenter, &DefaultBy{On: Country, Values: map[string]string{"AT": "EU", "gb": "uk"}}); err != nil {
			t.Fatal(err)
		}
		_ = r.Allow(Field(which/16)%NumFields, v) // what can't be a code is refused
		want, got := good(), good()
		if which/16 == 15 {
			want.DataCenter, got.DataCenter = "", ""
		}
		*want.At(Field(which%16) % NumFields), *got.At(Field(which%16) % NumFields) = v, v
		got.Plain = true
		_, all := r.Check(want)
		_, found := r.Check(got)
		got.Plain = false
		if diff := cmp.Diff(want, got) + cmp.Diff(all, found); diff != "" {
			t.Error(diff)
		}
	})
}
