package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/batch"
	"onboard/pkg/partner"
	"onboard/pkg/sheet"
)

// planOf makes the plan of a sheet that is given as text.
func planOf(t *testing.T, text string, edit func(*partner.Rules)) *batch.Plan {
	t.Helper()
	path := filepath.Join(t.TempDir(), "list.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	rules := partner.NewRules()
	edit(rules)
	s, err := sheet.Open(path, nil, sheet.Options{Optional: rules.HasDefault})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	plan, err := batch.MakePlan(t.Context(), s, rules, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Path = "list.csv" // the folder is another one each time
	return plan
}

const mixedList = `Account Name;Country;E-mail Address;first_name;last_name;Notes;data_center
Acme;DE;ann@example.com;Ann;Lee;;
Beta;DE;bob@example.com;Bob;Ray;;EU
Gamma;AT;cat@example.com;Cat;Orr;;EU
Delta;US;dan@example.com;Dan;Poe;;US
Delta;US;dan@example.com;Dan;Poe;;US
Echo;GB;eve(at)example.com;Eve;Fox;;EU
`

func TestPlan(t *testing.T) {
	plan := planOf(t, mixedList, func(r *partner.Rules) {
		if err := r.Default(partner.DataCenter, "EU"); err != nil {
			t.Fatal(err)
		}
	})
	info := PlanInfo{Plan: plan, Target: "staging", Account: "29f56e06b0dd", Ledger: "l.db", NewLedger: true, Rate: 5, Limit: 3}
	for width, want := range map[int]string{
		0: `Sheet    list.csv: 6 rows, semicolon-separated, UTF-8
Columns  6 of 7 are used
           'Account Name' is company_name
           'E-mail Address' is email
           under their own names: country, first_name, last_name, data_center
           an empty data_center is EU
           type is MSP in every row
           carried through: 'Notes'
Rows     3 to create, 1 left for later by --limit, 1 invalid, 1 duplicate
Where    all 4 would go to
           EU  3  DE 2, AT 1
           US  1  US 1
Target   staging, account 29f56e06b0dd
Ledger   l.db, which knows no partner of this target and account yet
Pace     5/s, so less than a second
Problems
  1×  duplicate (line 6: the same partner stands on line 5 already)
  1×  E-mail Address (line 7: the e-mail address can't be used: it has no @)
`,
		40: `Sheet    list.csv: 6 rows,
         semicolon-separated, UTF-8
Columns  6 of 7 are used
           'Account Name' is
             company_name
           'E-mail Address' is email
           under their own names:
             country, first_name,
             last_name, data_center
           an empty data_center is EU
           type is MSP in every row
           carried through: 'Notes'
Rows     3 to create, 1 left for later
         by --limit, 1 invalid, 1
         duplicate
Where    all 4 would go to
           EU  3  DE 2, AT 1
           US  1  US 1
Target   staging, account 29f56e06b0dd
Ledger   l.db, which knows no partner of
         this target and account yet
Pace     5/s, so less than a second
Problems
  1×  duplicate (line 6: the same
      partner stands on line 5 already)
  1×  E-mail Address (line 7: the e-mail
      address can't be used: it has no
      @)
`,
	} {
		var plain, colored strings.Builder
		Screen{Writer: &plain, Width: width}.Plan(info)
		if diff := cmp.Diff(want, plain.String()); diff != "" {
			t.Errorf("width %d (-want +got)\n%s", width, diff)
		}
		Screen{Writer: &colored, Width: width, Color: true}.Plan(info)
		if diff := cmp.Diff(want, unpainted(colored.String())); diff != "" || colored.String() == want {
			t.Errorf("width %d, in color (-want +got)\n%s", width, diff)
		}
	}
}

func unpainted(text string) string {
	for _, code := range []string{red, green, yellow, bold, "0"} {
		text = strings.ReplaceAll(text, "\x1b["+code+"m", "")
	}
	return text
}

// TestPlaces: the commonest come first, and long lists end.
func TestPlaces(t *testing.T) {
	var rows strings.Builder
	rows.WriteString("company_name,country,data_center,first_name,last_name,email\n")
	for i, country := range strings.Fields("FR FR DE AT BE BG CZ DK EE XK") {
		rows.WriteString(string(rune('A'+i)) + "," + country + ",MEA,Ann,Lee,ann@example.com\n")
	}
	plan := planOf(t, rows.String(), func(r *partner.Rules) {
		for f, code := range map[partner.Field]string{partner.DataCenter: "MEA", partner.Country: "XK"} {
			if err := r.Allow(f, code); err != nil {
				t.Fatal(err)
			}
		}
	})
	var b strings.Builder
	Screen{Writer: &b}.places(PlanInfo{Plan: plan})
	want := "Where    data center, rows, countries\n           MEA  10  FR 2, AT 1, BE 1, BG 1, CZ 1, DE 1 and 3 more\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestColumns(t *testing.T) {
	for text, want := range map[string]int{"": 0, "Acme": 4, "é": 1, "e\u0301": 1, "株式会社": 8, "\x1b[31m3 invalid\x1b[0m": 9} {
		if got := Columns(text); got != want {
			t.Errorf("%q takes %d columns, want %d", text, got, want)
		}
	}
}
