package partner

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDamage(t *testing.T) {
	const (
		narrow   = "which a spreadsheet shows when its column is too narrow"
		excel    = "is the spreadsheet error"
		number   = "was turned into the number"
		template = "is a placeholder of a template that was never filled in"
		heading  = "is the heading of its own column"
	)
	for _, tc := range []struct {
		field Field
		want  string
		cells []string
	}{
		{CompanyName, excel, []string{"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA", "#n/a", " #N/A ",
			"#ERROR!", "#NV", "#BEZUG!", "#WERT!", "#ÜBERLAUF!", "#VALEUR!", "#¡REF!", "#¿NOMBRE?", "#NÚM!", "#N/D", "Err:502", "Err:508"}},
		{FirstName, excel, []string{"#N/A", "#NAME?"}}, {Email, excel, []string{"#N/A", "#REF!"}}, {Country, excel, []string{"#N/A", "#n/a"}},
		{DataCenter, excel, []string{"#N/A"}}, {Type, excel, []string{"#N/A"}}, {Industry, excel, []string{"#N/A"}}, {Size, excel, []string{"#N/A"}},
		{City, excel, []string{"#VALUE!"}}, {State, excel, []string{"#REF!"}}, {Address, excel, []string{"#N/A"}}, {PostalCode, excel, []string{"#N/A"}},
		{PostalCode, number, []string{"1.23457E+11", "1,23457E+11", "1E+11", "9.9E+05", "-1.5E+10", "1.2e+100"}},
		{CompanyName, number, []string{"4.92301E+11"}}, {Address, number, []string{"1.23E+12"}}, {Email, number, []string{"4.91511E+12"}},
		{City, narrow, []string{"###", "##########"}},
		{CompanyName, template, []string{"{{name}}", "{{ company.name }}", "{{x}} Ltd", "Dear {{first_name}}", "[Company]", "[Company Name]", "<Company Name>",
			"<your company name>", "%COMPANY%", "%%CompanyName%%", "${company}", "${company_name}", "{company}", "{!Account.Name}", "«Company»", "‹Name›",
			"*|COMPANY|*", "[[company]]", "<<Company>>", "[insert company name here]", "{Firma}", "«Nom»", "[Empresa]", "[COMPANY_NAME]"}},
		{FirstName, template, []string{"[First Name]", "{first}", "*|FNAME|*", "%FIRST%", "«Prénom»", "{Vorname}"}},
		{LastName, template, []string{"{{contact.lastname}}", "[Last Name]", "<Surname>"}},
		{City, template, []string{"{city}", "[City]", "{{city}}"}}, {Address, template, []string{"<address>", "[Street Address]"}},
		{Country, template, []string{"{country}", "{{country}}"}}, {Email, template, []string{"[email]", "{{email}}", "<email address>"}},
		{PostalCode, template, []string{"{postal}", "{{zip}}"}}, {Type, template, []string{"{type}"}},
		{CompanyName, heading, []string{"Company Name", "company_name", "COMPANY NAME", "CompanyName", "company.name"}},
		{FirstName, heading, []string{"First Name", "first_name", "FirstName"}}, {LastName, heading, []string{"Last Name", "LAST-NAME"}},
		{PostalCode, heading, []string{"PostalCode", "postal_code"}}, {Email, heading, []string{"Email", "EMAIL", "E-mail"}},
		{Country, heading, []string{"Country"}}, {DataCenter, heading, []string{"Data Center"}}, {Type, heading, []string{"Type"}},
	} {
		for _, cell := range tc.cells {
			for _, fix := range []bool{false, true} {
				r, row := NewRules(), good()
				*row.At(tc.field), r.Fix = cell, fix
				_, problems := r.Check(row)
				if len(problems) != 1 || problems[0].Code != BadFormat || !strings.Contains(problems[0].Message, tc.want) || problems[0].Hint != repairHint(Clean(cell)) {
					t.Errorf("%s %q (fix %v): got %+v, want one bad_format that %q", tc.field, cell, fix, problems, tc.want)
				}
			}
		}
	}
}

func TestDamageInWords(t *testing.T) {
	for _, tc := range []struct {
		field      Field
		cell, want string
	}{
		{CompanyName, "#N/A", "the company name is the spreadsheet error #N/A"},
		{PostalCode, "1.23457E+11", "the postal code was turned into the number 1.23457E+11 by a spreadsheet program: format the column as text"},
		{City, "#####", "the city is #####, which a spreadsheet shows when its column is too narrow"},
		{FirstName, "First Name", "the first name is the heading of its own column"},
		{LastName, "MÃ¼ller", "the last name is garbled: it was once read in the wrong encoding"},
		{LastName, "M\ufffdller", "the last name contains \ufffd, which stands where a character was lost"},
	} {
		row := good()
		*row.At(tc.field) = tc.cell
		_, problems := NewRules().Check(row)
		if len(problems) != 1 {
			t.Fatalf("%q: %+v", tc.cell, problems)
		}
		if diff := cmp.Diff(tc.want, problems[0].Message); diff != "" {
			t.Errorf("%q (-want +got)\n%s", tc.cell, diff)
		}
	}
}

// TestHonestNames holds that real-looking names pass, however odd they look,
// in every field of free text, and come out as they went in.
func TestHonestNames(t *testing.T) {
	names := strings.Split(strings.TrimSpace(honestNames), "\n")
	if len(names) < 100 {
		t.Errorf("%d names are too few", len(names))
	}
	for _, name := range names {
		for _, f := range []Field{CompanyName, FirstName, LastName, City, State, Address} {
			for _, fix := range []bool{false, true} {
				r, row := NewRules(), good()
				*row.At(f), r.Fix = name, fix
				if p, problems := r.Check(row); problems != nil || p.At(f) != name {
					t.Errorf("%s %q (fix %v): %q, %+v", f, name, fix, p.At(f), problems)
				}
			}
		}
	}
}

const honestNames = `
[x]cube
C# Corp
100% IT
{dev} Studio
E+H
<antirez>
{code}
[type]
<code/>
%THE%
{ }
[42]
[bracket]
*star*
$tack
A$AP
#1 Computers
#hashtag
#
##
#NA
C++ Builders
1&1
1+1 Systems
3E+ Energy
3E
5E+H
2.5E Systems
1E1
E+10
9E+1
12E-3
7.1 Audio
Err: 502
Err:or
Error 404
Null
NULL Systems
N/A Networks
None Ltd
True
O'Neil & Sons
"Quoted" Ltd
'Apostrophe
«Компания»
«Café Rouge»
‹bit›
Name
Company
Company & Co
The Name Company
First
Last
Ltd
Example
Lorem Ipsum
{name} it
name}
[Company
%off
50% off%
100%
$${x}$$
a{b}c
<3 Hosting
=Equals
-Minus
+Plus
@Home
Yahoo!
Q?
?
???
www.example.com
info@example
Müller
Çelik
Žižek
Łódź
Škoda Plzeň
Åland
Ærø
Ñandú
Ísafjörður
José Ángel Ñíguez
SÃO JOÃO
MAÇÃ®
IRMÃ™
CAFÉ™
NESTLÉ®
LORÉAL®
MODÄ™
MODÄ’S
FINNÄ®
FINNÅ®
KÄÄ©
TESTÂ TEST
Strauß™
Strauß’s
Groß–Klein
Zoë’s
“Café”
«École»
Déjà-vu…
Voilà…!
à la carte – traiteur
naïve™
Bébé®
Ævar’s
SÚPER®
ÜBER®
Über™
Ünal’s
Đặng Văn
Ș.R.L.
Ωmega
Ð
Привет
ООО «Ромашка»
株式会社みそら
（株）みそら
ＡＢＣ株式会社
１２３ビル
주식회사
مؤسسة
บริษัท
𠮷野家
🚀 Rocket
½ Price
m²
30°
№ 5
€uro
Don’t Panic
L·L
naïve Ïdea
Ï»
â
Â
Ã
Ã®
IRMÃ LTDA
TÄŽ
Äšo`

// TestRepairHint: what stands in the place of a value is told with a step that brings it back.
func TestRepairHint(t *testing.T) {
	for cell, want := range map[string]string{"####": "widen the column", "#VALUE!": "Data Type, Convert to Text", "#N/A": "type the value", "Acme": ""} {
		if got := repairHint(cell); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%s: %q", cell, got)
		}
	}
}
