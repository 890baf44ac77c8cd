// Package partner owns the vocabulary of onboard and the rules a partner must
// meet: the thirteen fields of the vendor's onboarding call, how a cell is
// cleaned, what makes a row valid, and what makes two rows the same partner.
//
// It works on one row at a time and refuses to know where the row came from,
// where it goes, or how many others there are: no files, no network, no clock.
package partner

import (
	"bytes"
	"encoding/json"
)

// Row is one partner as text, exactly as the sheet has it. The tags are the
// canonical column names, by which the reader binds columns to fields. Every
// field is a plain string on purpose: a typed field would turn 010 into 8.
type Row struct {
	CompanyName string `csv:"company_name"`
	Country     string `csv:"country"`
	DataCenter  string `csv:"data_center"`
	Type        string `csv:"type"`
	FirstName   string `csv:"first_name"`
	LastName    string `csv:"last_name"`
	Email       string `csv:"email"`
	Industry    string `csv:"industry"`
	Size        string `csv:"size"`
	State       string `csv:"state"`
	City        string `csv:"city"`
	Address     string `csv:"address"`
	PostalCode  string `csv:"postal_code"`
}

// At returns the cell of a field, to read or to set.
func (r *Row) At(f Field) *string {
	switch f {
	case CompanyName:
		return &r.CompanyName
	case Country:
		return &r.Country
	case DataCenter:
		return &r.DataCenter
	case Type:
		return &r.Type
	case FirstName:
		return &r.FirstName
	case LastName:
		return &r.LastName
	case Email:
		return &r.Email
	case Industry:
		return &r.Industry
	case Size:
		return &r.Size
	case State:
		return &r.State
	case City:
		return &r.City
	case Address:
		return &r.Address
	default:
		return &r.PostalCode
	}
}

// Partner is a row that met every rule, with its cells cleaned and its
// defaults filled in. Only Rules.Check makes one worth sending.
type Partner struct{ row Row }

// At returns the value of a field.
func (p *Partner) At(f Field) string { return *p.row.At(f) }

// body mirrors the request of the API's page "Create a partner". The optional
// fields are left out when empty: the page asks for none of them.
type body struct {
	Company struct {
		Type       string `json:"type"`
		DataCenter string `json:"data_center"`
		Name       string `json:"name"`
		Country    string `json:"country"`
		Industry   string `json:"industry,omitempty"`
		Size       string `json:"size,omitempty"`
		State      string `json:"state,omitempty"`
		City       string `json:"city,omitempty"`
		Address    string `json:"address,omitempty"`
		PostalCode string `json:"postal_code,omitempty"`
	} `json:"company"`
	Contact struct {
		FirstName string `json:"first_name"`
		LastName  string `json:"last_name"`
		Email     string `json:"email"`
	} `json:"contact"`
}

// Body is the request body that creates the partner. It is canonical: the
// same partner always gives the same bytes, so that its hash can tell a
// changed row from an unchanged one.
func (p *Partner) Body() []byte {
	var b body
	b.Company.Type, b.Company.DataCenter = p.row.Type, p.row.DataCenter
	b.Company.Name, b.Company.Country = p.row.CompanyName, p.row.Country
	b.Company.Industry, b.Company.Size = p.row.Industry, p.row.Size
	b.Company.State, b.Company.City = p.row.State, p.row.City
	b.Company.Address, b.Company.PostalCode = p.row.Address, p.row.PostalCode
	b.Contact.FirstName, b.Contact.LastName = p.row.FirstName, p.row.LastName
	b.Contact.Email = p.row.Email
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // "&" is two thirds of all company names
	_ = enc.Encode(&b)       // strings into a buffer: cannot fail
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}
