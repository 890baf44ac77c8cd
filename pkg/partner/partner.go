// Package partner owns the vocabulary of onboard and the rules a partner must
// meet: the thirteen fields of the vendor's onboarding call, how a cell is
// cleaned, what makes a row valid, and what makes two rows the same partner.
//
// It works on one row at a time and refuses to know where the row came from,
// where it goes, or how many others there are: no files, no network, no clock.
package partner

// Row is one partner as text, exactly as the sheet has it. The tags are the
// canonical column names. Every field is a plain string on purpose: a typed field
// would turn 010 into 8.
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

	// Plain is the reader's word that the cells hold printable ASCII before '{', and
	// any PlainLetter, and nothing else, and no SeveralMark: Check then has a shorter way.
	Plain bool `csv:"-"`
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
type Partner struct{ row *Row }

// At returns the value of a field.
func (p *Partner) At(f Field) string { return *p.row.At(f) }
