package sheet

import "onboard/pkg/partner"

// vocabulary holds the words that name a field. Each string is a list, and the
// earlier list is the better name: of 'Country Code' and 'Country' in one
// sheet, the code is taken.
type vocabulary [partner.NumFields][]string

// english are the words of 'onboard fields'. A header may put before or behind
// them whose they are (owners) and which one it is (places).
var english = vocabulary{
	partner.CompanyName: {
		"Company Name, Company, Account Name, Organization Name, Organization, Organisation Name, Organisation, " +
			"Organization 1 - Name, Business Name, Partner Name, Partner Company, Customer Name, Client Name, Firm, Firm Name, " +
			"Company/Account, Company/Organization",
		"Associated Company, Associated Company (Primary)",
		"Legal Name, Company Legal Name, Account Legal Name, Legal Entity Name, Legal Company Name"},
	partner.Country: {
		"Country Code, Country/Region Code, Country ISO, Country ISO Code, ISO Country, ISO Country Code",
		"Country, Country/Region, Country or Region, Country/Territory, Country Name, Country/Nation"},
	partner.DataCenter: {
		"Data Center, Data Centre, Data Center Region, Data Centre Region, Data Center Code, Data Center Location, DC"},
	partner.Type: {"Partner Type"},
	partner.FirstName: {
		"First Name, Given Name, Forename",
		"First, FName"},
	partner.LastName: {
		"Last Name, Family Name, Surname",
		"Last, LName"},
	partner.Email: {
		"Email, Email Address",
		"Email ID, Mail, Mail Address"},
	partner.Industry: {"Industry Code, Industry Sector"},
	partner.Size:     {"Size Code"},
	partner.State: {
		"State, State/Province, State or Province, State/Province/Region, State/Region, State/County, State/Territory, " +
			"Province, Province/State, Prefecture",
		"State Code, Province Code, State/Province Code, State/Region Code",
		"County"},
	partner.City: {
		"City, Town, City/Town, Town/City, City or Town, City/Town/Village/Locality, Municipality",
		"Locality, Suburb"},
	partner.Address: {
		"Street, Street Address",
		"Address Line 1, Address 1, Street 1, Street Line 1, Street Address 1, Street Address Line 1",
		"Address",
		"Full Address, Full/combined address",
		"Street/road name"},
	partner.PostalCode: {
		"Postal Code, Postcode, Zip, Zip Code, Zip/Postal Code, Zip or Postal Code, Zip/Postcode, Postal/Zip Code, " +
			"Postal Code/Zip, Postcode/Zip, Zip/Postal, Postal, PIN Code"},
}

// abroad are the unmistakable words of German, French, Spanish, Italian,
// Dutch, Portuguese and Japanese. Words that mean two things are left out, such
// as the Spanish 'Estado', which is a state or a status.
var abroad = vocabulary{
	partner.CompanyName: {
		"Firma, Firmenname, Unternehmen, Société, Entreprise, Nom de l'entreprise, Nom de la société, Empresa, Nombre de la empresa, " +
			"Nome da empresa, Azienda, Nome azienda, Società, Bedrijf, Bedrijfsnaam, 会社名, 会社, 企業名, 法人名",
		"",
		"Raison sociale, Razón social, Razão social, Ragione sociale"},
	partner.Country: {
		"Ländercode, Länderkennzeichen, Code pays, Código de país, Landcode, 国コード",
		"Land, Land/Region, Pays, Pays/Région, País, País/Región, Paese, Nazione, 国, 国名"},
	partner.DataCenter: {"Rechenzentrum, データセンター"},
	partner.FirstName:  {"Vorname, Prénom, Nombre de pila, Voornaam, 名"},
	partner.LastName:   {"Nachname, Familienname, Nom de famille, Apellido, Apellidos, Cognome, Sobrenome, Achternaam, 姓, 苗字"},
	partner.Email: {"E-Mail-Adresse, Mailadresse, Adresse e-mail, Adresse mail, Adresse de messagerie, Adresse électronique, Courriel, " +
		"Correo electrónico, Indirizzo e-mail, Posta elettronica, E-mailadres, Endereço de e-mail, メールアドレス, Eメール, メール"},
	partner.State: {"Bundesland, Provincia, Provincie, 都道府県"}, //nolint:misspell // Dutch
	partner.City:  {"Ort, Stadt, Ville, Localité, Ciudad, Localidad, Città, Località, Cidade, Localidade, Plaats, Woonplaats, Stad, 市区町村, 市町村"},
	partner.Address: {
		"Straße, Strasse, Straße und Hausnummer, Straße Hausnummer, Straße Nr, Rue, Calle, Straat",
		"",
		"Adresse, Anschrift, Dirección, Indirizzo, Adres, Endereço, Morada, 住所"}, //nolint:misspell // Dutch
	partner.PostalCode: {"PLZ, Postleitzahl, Code postal, Código postal, Codice postale, CAP, CEP, 郵便番号"},
}

// group tells which of several addresses (or e-mail addresses, or names) a
// header speaks of. The earlier one is taken.
type group int

const (
	groupPlain   group = iota
	groupPrimary       // also number 1
	groupBusiness
	groupCompany
	groupBilling
	groupMailing
	groupPostal
	groupContact
	groupShipping // from here on: only where there is nothing better
	groupPhysical
	groupSecond
	groupThird
	groupOther
	groupHome
	numGroups
)

// places are the words for a group before or behind a field's name. PO and SA
// are Xero's postal and street address.
var places = [numGroups]string{
	groupPrimary:  "Primary, Main, Headquarters, HQ, Head Office, Registered, Legal, Address 1",
	groupBusiness: "Business, Work, Office, geschäftlich, bureau",
	groupBilling:  "Billing, Bill To, Invoice",
	groupMailing:  "Mailing",
	groupPostal:   "Postal, PO",
	groupShipping: "Shipping, Ship To, Delivery",
	groupPhysical: "Physical, SA",
	groupSecond:   "Secondary, Alternate, Alternative, Address 2",
	groupThird:    "Address 3",
	groupOther:    "Other, weitere",
	groupHome:     "Home, Personal, Private, privat, domicile",
}

// owners are the words for whose field it is, before its name. The e-mail
// address and the name of a contact are simply the e-mail address and the name.
var owners = [numGroups]string{
	groupCompany: "Company, Organization, Organisation, Account, Customer, Partner",
	groupContact: "Contact, Person, Primary Contact, Main Contact, Contact Person, Lead",
}

// ordinals number e-mail addresses: 'E-mail 1 - Value', 'E-mail 2 Address'.
var ordinals = [numGroups]string{
	groupPrimary: "1, 1 Value, 1 Address",
	groupSecond:  "2, 2 Value, 2 Address",
	groupThird:   "3, 3 Value, 3 Address, 4, 4 Value, 4 Address, 5, 5 Value, 5 Address",
}

// special are single headers that no rule carries. Zoho calls its postal code
// a code, and a size is ours only without a word about whose: 'Company Size'
// is a head count.
var special = map[string]meaning{
	"billingcode":  {field: partner.PostalCode, group: groupBilling, weak: true},
	"shippingcode": {field: partner.PostalCode, group: groupShipping, weak: true},
	"size":         {field: partner.Size},
}

// placed are words that name a part of an address only behind a place: a
// Region may be a sales region, but not in 'Address 1 - Region'.
var placed = map[string]meaning{
	"region": {field: partner.State, rank: 9, weak: true},
	"line1":  {field: partner.Address, rank: 1, weak: true},
}
