package sheet

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/partner"
)

// mapped shows a mapping as field to header, with "a | b" where the sheet is
// to be asked about.
func mapped(header []string, maps map[string]partner.Field) map[string]string {
	columns, doubled := mapping(header, maps)
	got := map[string]string{}
	for f := range partner.NumFields {
		var names []string
		for _, i := range doubled[f] {
			names = append(names, header[i])
		}
		if i := columns[f]; i >= 0 {
			names = append(names, header[i])
		}
		if len(names) > 0 {
			got[f.String()] = strings.Join(names, " | ")
		}
	}
	return got
}

// TestRealHeaders maps the header rows that programs write.
func TestRealHeaders(t *testing.T) {
	text, err := os.ReadFile("testdata/headers.tsv")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") || cells[0] == "program" {
			continue
		}
		var want map[string]string
		var header []string
		if err := json.Unmarshal([]byte(cells[1]), &want); err != nil {
			t.Fatal(cells[0], err)
		}
		if err := json.Unmarshal([]byte(cells[2]), &header); err != nil {
			t.Fatal(cells[0], err)
		}
		rows++
		if diff := cmp.Diff(want, mapped(header, nil)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", cells[0], diff)
		}
		if n := recognised(header, nil); n < len(want) {
			t.Errorf("%s: %d cells recognized, want at least %d", cells[0], n, len(want))
		}
	}
	if rows < 50 {
		t.Errorf("%d rows were read", rows)
	}
}

// TestOurOwnHeaders maps every spelling that 'onboard fields' lists, alone and
// as a template has them.
func TestOurOwnHeaders(t *testing.T) {
	for f := range partner.NumFields {
		for _, s := range Spellings(f) {
			header := []string{"company_name", "Data Center", s}
			if f == partner.CompanyName || f == partner.DataCenter {
				header = []string{s}
			}
			if got := mapped(header, nil)[f.String()]; got != s {
				t.Errorf("%q means %s: got %q", s, f, got)
			}
		}
	}
	for _, name := range []func(partner.Spec) string{
		func(s partner.Spec) string { return s.Name },
		func(s partner.Spec) string { return s.API },
		func(s partner.Spec) string { return strings.ToUpper(s.Name) },
		func(s partner.Spec) string { return " *" + strings.ReplaceAll(s.Name, "_", " ") + " [required]" },
	} {
		var header []string
		for _, spec := range partner.Specs {
			header = append(header, name(spec))
		}
		columns, doubled := mapping(header, nil)
		for f := range partner.NumFields {
			if columns[f] != int(f) || doubled[f] != nil {
				t.Errorf("%q: column %d, doubled %v", header[f], columns[f], doubled[f])
			}
		}
	}
}

func TestMapping(t *testing.T) {
	type fields = map[string]string
	for _, tc := range []struct {
		name, header string
		want         fields
	}{
		// Several columns, and one that a person would take.
		{"the first e-mail", "E-mail 2 - Value;E-mail 1 - Value;E-mail 3 - Value", fields{"email": "E-mail 1 - Value"}},
		{"the plain e-mail", "Secondary Email;Work Email;Email;Primary Email", fields{"email": "Email"}},
		{"work before home", "Home Email;Work Email;Other Email", fields{"email": "Work Email"}},
		{"the only e-mail", "Company Email", fields{"email": "Company Email"}},
		{"a country's code", "Country;Country Code;City", fields{"country": "Country Code", "city": "City"}},
		{"a state's name", "State Code;State", fields{"state": "State"}},
		{"a street before an address", "Address;Street;Address 2;Full Address", fields{"address": "Street"}},
		{"the first address line", "Address Line 2;Address Line 1;City", fields{"address": "Address Line 1", "city": "City"}},
		{"company before legal name", "Legal Name;Company", fields{"company_name": "Company"}},
		{"county is a state for want of one", "Town;County;Postcode", fields{"city": "Town", "state": "County", "postal_code": "Postcode"}},
		// One address.
		{"billing before shipping", "Shipping City;Shipping Country;Billing City;Billing Country", fields{"city": "Billing City", "country": "Billing Country"}},
		{"never a mixture", "Billing City;Shipping Street;Shipping City;Shipping Country", fields{"city": "Billing City"}},
		{"the complete one", "Billing City;Mailing City;Mailing Country", fields{"city": "Mailing City", "country": "Mailing Country"}},
		{"a lone country completes", "Billing City;Country;Billing Zip", fields{"city": "Billing City", "country": "Country", "postal_code": "Billing Zip"}},
		{"the group's own country", "Country;Billing City;Billing Country;Billing Street", fields{"city": "Billing City", "country": "Billing Country", "address": "Billing Street"}},
		{"a state that may be a status", "State;Work City;Work Country", fields{"state": "State", "city": "Work City", "country": "Work Country"}},
		{"the only address", "Home City;Home Country", fields{"city": "Home City", "country": "Home Country"}},
		{"words behind", "City (Work);Country (Work);City (Home);Country (Home)", fields{"city": "City (Work)", "country": "Country (Work)"}},
		// Nothing that a person would take.
		{"two e-mails", "Email;E-mail;Work Email", fields{"email": "Email | E-mail"}},
		{"work and business", "Work Email;Business Email;Home Email", fields{"email": "Work Email | Business Email"}},
		{"contact and plain", "Email;Contact Email", fields{"email": "Email | Contact Email"}},
		{"two cities", "City;Town;Billing City", fields{"city": "City | Town"}},
		{"two business addresses", "Work City;Business City;Work Country", fields{"city": "Work City | Business City", "country": "Work Country"}},
		{"two companies", "Company;Account Name;First Name;First Name", fields{"company_name": "Company | Account Name", "first_name": "First Name | First Name"}},
		// Traps.
		{"columns about a company", "Company ID;Company Main Phone;Company Yomi;Company Owner;Company Domain;Account Owner;Account Number;Parent Account", fields{}},
		{"columns about an e-mail", "E-mail 1 - Type;E-mail 1 - Label;Email Opt Out;Email Bounced;E-mail Display Name;Email Status", fields{}},
		{"columns about an address", "Address 1 - Type;Address 1 - Formatted;Address 1 - PO Box;Address 2;Street 2;Region;Location;Latitude;Code;Postal District", fields{}},
		{"columns about a lead", "Lead Source;Lead Status;Lead ID;Notes;Phone;Full Name;Display Name;Nickname;Job Title;Title", fields{}},
		{"not to be modified", "(Do Not Modify) Company Name;(do not modify) Email", fields{}},
		{"head counts", "Company Size;Number of Employees;Employees;Company size", fields{}},
		{"codes by their names", "Size;Industry Code;Partner Type", fields{"size": "Size", "industry": "Industry Code", "type": "Partner Type"}},
		{"dotted codes", "company.type;Company.Size;company.industry", fields{"type": "company.type", "size": "Company.Size", "industry": "company.industry"}},
		{"a CRM's types", "Account Name;Type;Account Type;Company Type;Lead Type;Contact Type;Industry", fields{"company_name": "Account Name"}},
		{"a CRM's types beside our data center", "Account Name;Country/Region;Data Center;Type;Industry",
			fields{"company_name": "Account Name", "country": "Country/Region", "data_center": "Data Center"}},
		{"types in a plain export", "Company Name;Country;Email;Type;Industry", fields{"company_name": "Company Name", "country": "Country", "email": "Email"}},
		{"our type", "Company Name;Country;Data Center;Type;Industry;Zip/Postal Code", fields{"company_name": "Company Name", "country": "Country",
			"data_center": "Data Center", "type": "Type", "industry": "Industry", "postal_code": "Zip/Postal Code"}},
		{"our type without a data center", "company_name;country;type", fields{"company_name": "company_name", "country": "country", "type": "type"}},
		{"two types", "company_name;type;Type", fields{"company_name": "company_name", "type": "type | Type"}},
		{"a type and ours", "company_name;Type;Partner Type", fields{"company_name": "company_name", "type": "Partner Type"}},
		{"two ways to the company", "Person - Organization;Organization - Name", fields{"company_name": "Organization - Name"}},
		{"a name of an account", "Name;Website;Country", fields{"company_name": "Name", "country": "Country"}},
		{"a name of an account with an e-mail", "Name;Email;Billing City", fields{"company_name": "Name", "email": "Email", "city": "Billing City"}},
		{"a name of a person", "Name;First Name;Last Name", fields{"first_name": "First Name", "last_name": "Last Name"}},
		{"a name with an e-mail", "Name;Email;Country", fields{"email": "Email", "country": "Country"}},
		{"a name beside a company", "Name;Company", fields{"company_name": "Company"}},
		{"a contact's name", "Contact Name;ContactName;Company Name", fields{"company_name": "Company Name"}},
		{"a contact's name alone", "ContactName;Country", fields{"country": "Country"}},
		{"our own columns", "onboard_line;onboard_state;state", fields{"state": "state"}},
		{"nothing", ";;x", fields{}},
		// As people write them.
		{"decorations", "* Company name (required);E-mail:;Country (ISO 3166);Zip *;FIRST_NAME;Last-Name;Country of birth", fields{"company_name": "* Company name (required)",
			"email": "E-mail:", "country": "Country (ISO 3166)", "postal_code": "Zip *", "first_name": "FIRST_NAME", "last_name": "Last-Name"}},
		{"short", "Company;First;Last;Mail;DC;Zip", fields{"company_name": "Company", "first_name": "First", "last_name": "Last", "email": "Mail", "data_center": "DC", "postal_code": "Zip"}},
		{"of a contact", "Partner Company Name;Primary Contact First Name;Contact Surname;Contact E-mail", fields{"company_name": "Partner Company Name",
			"first_name": "Primary Contact First Name", "last_name": "Contact Surname", "email": "Contact E-mail"}},
		{"full-width letters", "Ｅｍａｉｌ;Ｃｏｕｎｔｒｙ", fields{"email": "Ｅｍａｉｌ", "country": "Ｃｏｕｎｔｒｙ"}},
		// In other languages.
		{"German", "Firma;Vorname;Nachname;E-Mail;Straße;PLZ;Ort;Bundesland;Land", fields{"company_name": "Firma", "first_name": "Vorname", "last_name": "Nachname",
			"email": "E-Mail", "address": "Straße", "postal_code": "PLZ", "city": "Ort", "state": "Bundesland", "country": "Land"}},
		{"German, name and first name", "Name;Vorname;Unternehmen;Stadt;E-Mail-Adresse", fields{"last_name": "Name", "first_name": "Vorname", "company_name": "Unternehmen",
			"city": "Stadt", "email": "E-Mail-Adresse"}},
		{"German Outlook", "Vorname;Nachname;Firma;Straße geschäftlich;Ort geschäftlich;Region geschäftlich;Postleitzahl geschäftlich;Land/Region geschäftlich;Ort privat;Land/Region privat;E-Mail-Adresse",
			fields{"first_name": "Vorname", "last_name": "Nachname", "company_name": "Firma", "address": "Straße geschäftlich", "city": "Ort geschäftlich",
				"state": "Region geschäftlich", "postal_code": "Postleitzahl geschäftlich", "country": "Land/Region geschäftlich", "email": "E-Mail-Adresse"}},
		{"French", "Société;Prénom;Nom;Courriel;Adresse;Code postal;Ville;Pays", fields{"company_name": "Société", "first_name": "Prénom", "last_name": "Nom",
			"email": "Courriel", "address": "Adresse", "postal_code": "Code postal", "city": "Ville", "country": "Pays"}},
		{"decomposed accents", "Socie\u0301te\u0301;Pre\u0301nom", fields{"company_name": "Socie\u0301te\u0301", "first_name": "Pre\u0301nom"}},
		{"Spanish", "Empresa;Nombre;Apellidos;Correo electrónico;Dirección;Código postal;Ciudad;Provincia;País;Estado", fields{"company_name": "Empresa", "first_name": "Nombre",
			"last_name": "Apellidos", "email": "Correo electrónico", "address": "Dirección", "postal_code": "Código postal", "city": "Ciudad", "state": "Provincia", "country": "País"}},
		{"Italian", "Azienda;Nome;Cognome;E-mail;Indirizzo;Città;Paese", fields{"company_name": "Azienda", "first_name": "Nome", "last_name": "Cognome", "email": "E-mail",
			"address": "Indirizzo", "city": "Città", "country": "Paese"}},
		{"Dutch", "Bedrijfsnaam;Voornaam;Achternaam;E-mailadres;Straat;Postcode;Plaats;Land", fields{"company_name": "Bedrijfsnaam", "first_name": "Voornaam",
			"last_name": "Achternaam", "email": "E-mailadres", "address": "Straat", "postal_code": "Postcode", "city": "Plaats", "country": "Land"}},
		{"Portuguese", "Empresa;Nome;Sobrenome;E-mail;Endereço;CEP;Cidade;País", fields{"company_name": "Empresa", "first_name": "Nome", "last_name": "Sobrenome",
			"email": "E-mail", "address": "Endereço", "postal_code": "CEP", "city": "Cidade", "country": "País"}},
		{"Japanese", "会社名;国;姓;名;メールアドレス;郵便番号;都道府県;市区町村;住所;データセンター", fields{"company_name": "会社名", "country": "国", "last_name": "姓", "first_name": "名",
			"email": "メールアドレス", "postal_code": "郵便番号", "state": "都道府県", "city": "市区町村", "address": "住所", "data_center": "データセンター"}},
		{"a name without its other half", "Nom;Nombre;Nome;Naam", fields{}},
	} {
		if diff := cmp.Diff(tc.want, mapped(strings.Split(tc.header, ";"), nil)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tc.name, diff)
		}
	}
}

// TestMapWins gives columns by --map: nothing else counts for the field then,
// and the header means nothing else.
func TestMapWins(t *testing.T) {
	header := strings.Split("Email;E-mail;Name;Type;Billing City;Billing Country;Shipping City;Shipping Country;Kunde", ";")
	for _, tc := range []struct {
		name string
		maps map[string]partner.Field
		want map[string]string
	}{
		{"a choice", map[string]partner.Field{"E-mail": partner.Email, "Kunde": partner.CompanyName},
			map[string]string{"email": "E-mail", "company_name": "Kunde", "city": "Billing City", "country": "Billing Country"}},
		{"a trap", map[string]partner.Field{"Email": partner.Email, "Type": partner.Type, "Name": partner.LastName},
			map[string]string{"email": "Email", "type": "Type", "last_name": "Name", "city": "Billing City", "country": "Billing Country"}},
		{"one part of an address takes the others along", map[string]partner.Field{"Email": partner.Email, "Name": partner.FirstName, "Shipping Country": partner.Country},
			map[string]string{"email": "Email", "first_name": "Name", "city": "Shipping City", "country": "Shipping Country"}},
		{"two for one field", map[string]partner.Field{"Email": partner.Email, "E-mail": partner.Email, "Kunde": partner.CompanyName},
			map[string]string{"email": "Email | E-mail", "company_name": "Kunde", "city": "Billing City", "country": "Billing Country"}},
	} {
		if diff := cmp.Diff(tc.want, mapped(header, tc.maps)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tc.name, diff)
		}
	}
}

func TestHeaderErrors(t *testing.T) {
	const rest = ",company_name,country,data_center,first_name,last_name"
	for _, tc := range []struct {
		name, header string
		maps         map[string]partner.Field
		want         []string
	}{
		{"two columns", "Work Email,Business Email" + rest, nil,
			[]string{":1: columns 1 'Work Email' and 2 'Business Email' both mean email; hint: say which one with --map 'Work Email=email'"}},
		{"three columns", "Email,E-mail,E mail" + rest, nil,
			[]string{"columns 1 'Email', 2 'E-mail' and 3 'E mail' all mean email; hint: say which one with --map 'Email=email'"}},
		{"two fields", "Email,E-mail,City,Town" + rest, nil,
			[]string{"both mean email, columns 3 'City' and 4 'Town' both mean city", "--map 'Email=email' --map 'City=city'"}},
		{"the same header twice", "Email,Email" + rest, nil,
			[]string{"columns 1 'Email' and 2 'Email' both mean email; hint: rename one of the columns 'Email'"}},
		{"the same header twice, and another", "Email,Email,E-mail,City,City" + rest, nil,
			[]string{"hint: say which one with --map 'E-mail=email', and rename one of the columns 'City'"}},
		{"one --map, two columns", "Post,Post" + rest, map[string]partner.Field{"Post": partner.Email},
			[]string{"columns 1 'Post' and 2 'Post' both mean email; hint: rename one"}},
		{"missing columns", "company,country,first name", nil,
			[]string{"the sheet has no column for data_center, last_name, email", "--map 'Your Column=last_name'", "data_center is one of US CA UK EU SG JP AU IN: add the column, or give one for all rows with --default data_center=XX"}},
		{"a near miss", "compny name" + strings.TrimPrefix(rest, ",company_name") + ",email", nil,
			[]string{"the nearest header to company_name is 'compny name'", "--map 'compny name=company_name'"}},
		{"the country of an address that was not taken", "Billing City,Shipping City,Shipping Country,company_name,data_center,first_name,last_name,email", nil,
			[]string{"no column for country (the nearest header to country is 'Shipping Country')", "--map 'Shipping Country=country'"}},
		{"whole names", "company_name,country,data_center,email,Full Name", nil, []string{
			"no column for first_name, last_name; column 5 'Full Name' seems to hold whole names, and no rule can tell where each last name begins; hint: make two columns",
			`=TEXTBEFORE(E2," ",-1) and =TEXTAFTER(E2," ",-1)`, "looked over"}},
		{"whole names, and more", "Name,company_name,country,email", nil, []string{
			"no column for data_center, first_name, last_name; column 1 'Name' seems", "looked over; then data_center is one of"}},
		{"a name that may be the company's", "Name,First Name,Last Name,country,email,data_center,Contact Name", map[string]partner.Field{"first name": partner.City, "LASTNAME": partner.State},
			[]string{"no column for company_name, first_name, last_name; column 7 'Contact Name' seems", "then rename the column"}},
		{"one half", "Name,First Name,company_name,country,email,data_center", nil, []string{"no column for last_name (the nearest header to last_name is 'Name')"}},
		{"a map that could be two", "Co Name,co-name" + rest[len(",company_name"):], map[string]partner.Field{"CO NAME": partner.CompanyName},
			[]string{"--map 'CO NAME=company_name' could be each of 'Co Name', 'co-name'; hint: write the one"}},
		{"two maps for one column", "Mail" + rest, map[string]partner.Field{"Mail": partner.Email, "mail": partner.City},
			[]string{"--map 'mail=city' gives 'Mail' a second field, after email"}},
		{"an unknown column", "Email" + rest, map[string]partner.Field{"Mail": partner.Email},
			[]string{"--map 'Mail=email' names a column that the sheet does not have", "its columns are 'Email', 'company_name'"}},
	} {
		_, err := open(t, tc.header+"\nx\n", Options{Map: tc.maps})
		for _, want := range tc.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", tc.name, err, want)
			}
		}
	}
}

// TestMapLike: --map finds a header that differs in capitals, spaces and
// punctuation, and prefers the one that does not.
func TestMapLike(t *testing.T) {
	const rest = ",country,data_center,first_name,last_name,email\nA,A,A,A,A,A\n"
	for header, want := range map[string]string{"Firma / Haus": "Firma / Haus", "FIRMA HAUS": "FIRMA HAUS", "firma-haus,Firma_Haus": "Firma_Haus"} {
		s, err := open(t, header+rest, Options{Map: map[string]partner.Field{"Firma_Haus": partner.CompanyName}})
		if err != nil {
			t.Errorf("%s: %v", header, err)
		} else if got, ok := s.Mapped(partner.CompanyName); got != want || !ok {
			t.Errorf("%s: company_name is %q", header, got)
		}
	}
}

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"E-mail Address": "emailaddress", "Zip/Postal Code": "zippostalcode", "  *POCity ": "pocity", "Città": "citta", "Straße": "straße",
		"Ｅ－Ｍａｉｌ １": "email1", "ﾃﾞｰﾀｾﾝﾀｰ": "データセンター", "データ": "データ", "हिन्दी": "हिन्दी", "": "", "—": "",
	} {
		if got := Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestWordsAreDistinct finds a word that stands in two lists, of which one
// would silently win.
func TestWordsAreDistinct(t *testing.T) {
	seen := map[string]string{}
	for _, v := range []vocabulary{english, abroad} {
		for f, ranks := range v {
			for rank, list := range ranks {
				for w := range strings.SplitSeq(list, ", ") {
					at := partner.Field(f).String() + string(rune('0'+rank))
					if other := seen[Fold(w)]; w != "" && other != "" {
						t.Errorf("%q stands in %s and in %s", w, other, at)
					}
					seen[Fold(w)] = at
				}
			}
		}
	}
}

func TestSpellings(t *testing.T) {
	rules := SpellingRules()
	for f := range partner.NumFields {
		list := Spellings(f)
		if list[0] != f.String() || list[1] != partner.Specs[f].API || len(list) > 30 {
			t.Errorf("%s: %q", f, list)
		}
	}
	for _, word := range []string{"Billing City", "E-mail 2", "Industry", "Japanese"} {
		if !strings.Contains(rules, word) {
			t.Errorf("the rules say nothing of %s", word)
		}
	}
}
