package partner

// Field names one of the thirteen fields of the onboarding call.
type Field int

// The fields, in the order in which a template has them.
const (
	CompanyName Field = iota
	Country
	DataCenter
	Type
	FirstName
	LastName
	Email
	Industry
	Size
	State
	City
	Address
	PostalCode
	NumFields // how many there are
)

// Spec is what is known of a field: its names and its rule. The rules are
// those of the API's page "Create a partner" (last updated 2026-02-03).
type Spec struct {
	Name     string // canonical column name
	API      string // dotted name in the request
	Label    string // as a sentence calls it
	Required bool
	Max      int      // longest value, in Unicode code points
	Code     bool     // a code: ASCII letters are upper-cased
	Values   []string // allowed codes; empty: any text
	Default  string   // of an empty cell
	Rule     string   // in words, for people
}

// Specs holds the rule of every field, indexed by Field.
var Specs = [NumFields]Spec{
	CompanyName: {Name: "company_name", API: "company.name", Label: "the company name", Required: true, Max: 128,
		Rule: "1 to 128 characters"},
	Country: {Name: "country", API: "company.country", Label: "the country", Required: true, Max: 2, Code: true,
		Rule: "a two-letter country code (ISO 3166-1 alpha-2), such as DE or GB"},
	DataCenter: {Name: "data_center", API: "company.data_center", Label: "the data center", Required: true, Max: 16, Code: true,
		Values: []string{"US", "CA", "UK", "EU", "SG", "JP", "AU", "IN"},
		Rule:   "one of US CA UK EU SG JP AU IN"},
	Type: {Name: "type", API: "company.type", Label: "the partner type", Required: true, Max: 16, Code: true,
		Values: []string{"MSP"}, Default: "MSP",
		Rule: "MSP, the only type there is"},
	FirstName: {Name: "first_name", API: "contact.first_name", Label: "the first name", Required: true, Max: 50,
		Rule: "1 to 50 characters"},
	LastName: {Name: "last_name", API: "contact.last_name", Label: "the last name", Required: true, Max: 50,
		Rule: "1 to 50 characters"},
	Email: {Name: "email", API: "contact.email", Label: "the e-mail address", Required: true, Max: 128,
		Rule: "an e-mail address of at most 128 characters: letters, digits, hyphen, period, underscore and @"},
	Industry: {Name: "industry", API: "company.industry", Label: "the industry code", Max: 3,
		Rule: "a code of at most 3 characters"},
	Size: {Name: "size", API: "company.size", Label: "the size code", Max: 2,
		Rule: "a code of at most 2 characters"},
	State: {Name: "state", API: "company.state", Label: "the state", Max: 64,
		Rule: "at most 64 characters"},
	City: {Name: "city", API: "company.city", Label: "the city", Max: 64,
		Rule: "at most 64 characters"},
	Address: {Name: "address", API: "company.address", Label: "the address", Max: 128,
		Rule: "at most 128 characters"},
	PostalCode: {Name: "postal_code", API: "company.postal_code", Label: "the postal code", Max: 10,
		Rule: "at most 10 characters"},
}

// String is the canonical column name.
func (f Field) String() string { return Specs[f].Name }

// FieldByName finds a field by its canonical name.
func FieldByName(name string) (Field, bool) {
	if name == "" {
		return 0, false
	}
	f := byName[nameIndex(name)]
	return f, Specs[f].Name == name
}

// byName finds the one field that can have a name, by its length and first
// letter: every cell that is read asks.
var byName = func() (t [16 * 32]Field) {
	for f := range NumFields {
		t[nameIndex(Specs[f].Name)] = f
	}
	return t
}()

func nameIndex(name string) int { return len(name)%16*32 + int(name[0]%32) }
