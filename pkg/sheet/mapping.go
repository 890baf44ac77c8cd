package sheet

import (
	"slices"
	"strings"

	"onboard/pkg/partner"
)

// candidate is a column that may hold a field.
type candidate struct {
	column int
	meaning
}

// reading is a header on its way to a mapping.
type reading struct {
	header []string
	free   map[string][]int               // folded header to the columns that --map does not name
	pinned [partner.NumFields][]int       // columns that --map gives a field; nothing else counts for it then
	found  [partner.NumFields][]candidate // columns whose header means the field
}

// mapping decides which column holds which field; -1 is none. A field for
// which several columns are equally good has none, and they are in doubled.
//
// The rules, beyond what a header says by itself (meaningOf):
//   - All parts of an address come from one group, see keepOneAddress.
//   - Of several columns the one of the earlier group is taken, then the one with
//     the better name. Nothing else decides, least of all the order of columns.
//   - 'Name' is a company or a person, see settleNames.
//   - 'Type' and 'Industry' are ours only in a sheet that is written for us, see
//     settleCodes. In a CRM's export they hold words such as Customer and Banking.
func mapping(header []string, maps map[string]partner.Field) (columns [partner.NumFields]int, doubled [partner.NumFields][]int) {
	r := read(header, maps)
	r.settleNames()
	r.keepOneAddress()
	r.settleCodes()
	for f := range partner.NumFields {
		columns[f] = -1
		switch best := r.best(f); {
		case len(best) == 1:
			columns[f] = best[0]
		case len(best) > 1:
			doubled[f] = best
		}
	}
	return columns, doubled
}

func read(header []string, maps map[string]partner.Field) *reading {
	r := &reading{header: header, free: map[string][]int{}}
	for i, h := range header {
		h = partner.Clean(h)
		if added[h] {
			continue
		}
		if f, ok := maps[h]; ok {
			r.pinned[f] = append(r.pinned[f], i)
			continue
		}
		folded := Fold(bare(h))
		r.free[folded] = append(r.free[folded], i)
		if m, ok := meaningOf(h); ok {
			r.found[m.field] = append(r.found[m.field], candidate{i, m})
		}
	}
	return r
}

// best are the columns for a field that nothing beats.
func (r *reading) best(f partner.Field) (columns []int) {
	if len(r.pinned[f]) > 0 {
		return r.pinned[f]
	}
	lowest := 0
	for _, c := range r.found[f] {
		key := int(c.group)*100 + c.rank
		if key < lowest || columns == nil {
			columns, lowest = nil, key
		}
		if key == lowest {
			columns = append(columns, c.column)
		}
	}
	return columns
}

func (r *reading) has(f partner.Field) bool { return len(r.pinned[f]) > 0 || len(r.found[f]) > 0 }

// keepOneAddress drops the parts of every address but one, so that a billing
// city never stands beside a shipping country. Plain columns, such as a lone
// 'Country', complete the address that is chosen.
func (r *reading) keepOneAddress() {
	chosen := r.chooseAddress()
	for _, f := range addressFields {
		own := ofGroup(r.found[f], chosen)
		if len(own) == 0 {
			own = ofGroup(r.found[f], groupPlain)
		}
		r.found[f] = own
	}
}

func ofGroup(all []candidate, g group) (own []candidate) {
	for _, c := range all {
		if c.group == g {
			own = append(own, c)
		}
	}
	return own
}

// chooseAddress picks the group of the address: that of a column that --map
// names, or else one that is no second choice before one that is, one with
// country and city before one without, and then the earlier one.
func (r *reading) chooseAddress() group {
	for _, columns := range r.pinned {
		for _, i := range columns {
			if m, ok := meaningOf(r.header[i]); ok && inAddress(m.field) && m.group != groupPlain {
				return m.group
			}
		}
	}
	best, bestKey := groupPlain, 4*int(numGroups)
	for g := range numGroups {
		if !r.inGroup(g, false, addressFields...) {
			continue
		}
		key := int(g)
		if g >= groupShipping {
			key += 2 * int(numGroups)
		}
		if !r.inGroup(g, true, partner.Country) || !r.inGroup(g, true, partner.City) {
			key += int(numGroups)
		}
		if key < bestKey {
			best, bestKey = g, key
		}
	}
	return best
}

// inGroup says that a group has one of the fields, of its own or lent by the
// plain columns.
func (r *reading) inGroup(g group, lent bool, fields ...partner.Field) bool {
	for _, f := range fields {
		for _, c := range r.found[f] {
			if !c.weak && (c.group == g || lent && c.group == groupPlain) {
				return true
			}
		}
		if lent && len(r.pinned[f]) > 0 {
			return true
		}
	}
	return false
}

// otherHalf are words for a name that only the other half of it explains.
var otherHalf = map[string]struct {
	field  partner.Field
	beside string
}{
	"nom":    {partner.LastName, "prenom"},
	"name":   {partner.LastName, "vorname"},
	"naam":   {partner.LastName, "voornaam"},
	"nombre": {partner.FirstName, "apellido apellidos"},
	"nome":   {partner.FirstName, "cognome sobrenome apelido"},
}

// settleNames reads the headers that mean a company in one sheet and a person
// in the next. 'Name' is a company when there is no other column for it and
// none for people; an e-mail column is one for people, unless the sheet has a
// billing address or a company's. 'ContactName' is Xero's word for its
// customers, known by the asterisk or by Xero's addresses.
func (r *reading) settleNames() {
	for word, half := range otherHalf {
		beside := func(w string) bool { return r.free[w] != nil }
		if !r.has(half.field) && slices.ContainsFunc(strings.Fields(half.beside), beside) {
			r.add(half.field, r.free[word], 0)
		}
	}
	xero := r.inGroup(groupPostal, false, addressFields...) || r.inGroup(groupPhysical, false, addressFields...)
	for _, i := range r.free["contactname"] {
		if h := partner.Clean(r.header[i]); h == "*ContactName" || h == "ContactName" && xero {
			r.add(partner.CompanyName, []int{i}, 1)
		}
	}
	accounts := r.inGroup(groupBilling, false, addressFields...) || r.inGroup(groupCompany, false, addressFields...)
	people := r.has(partner.FirstName) || r.has(partner.LastName) || r.has(partner.Email) && !accounts
	if !people && !r.has(partner.CompanyName) {
		r.add(partner.CompanyName, r.free["name"], 0)
	}
}

func (r *reading) add(f partner.Field, columns []int, rank int) {
	for _, i := range columns {
		r.found[f] = append(r.found[f], candidate{i, meaning{field: f, rank: rank}})
	}
}

// settleCodes takes plain 'Type' and 'Industry' columns for ours in a sheet
// that is written for us: it has a data center column, which no other program
// knows, or a company name spelled as in our template, and the columns of all
// required fields bear their own names. Spelled exactly as ours they are ours
// whatever the names of the others.
func (r *reading) settleCodes() {
	template := r.has(partner.DataCenter) || slices.Contains(r.header, partner.CompanyName.String())
	ours := r.ours()
	for _, f := range codes {
		columns := r.free[f.String()]
		if !ours {
			exact := func(i int) bool { return partner.Clean(r.header[i]) == f.String() }
			columns = slices.DeleteFunc(slices.Clone(columns), func(i int) bool { return !template || !exact(i) })
		}
		r.add(f, columns, 0)
	}
}

// codes are the fields whose plain names are words of a CRM, too.
var codes = []partner.Field{partner.Type, partner.Industry}

func (r *reading) ours() bool {
	for f, spec := range partner.Specs {
		for _, i := range r.best(partner.Field(f)) {
			if folded := Fold(bare(r.header[i])); spec.Required && folded != Fold(spec.Name) && folded != Fold(spec.API) {
				return false
			}
		}
	}
	return r.has(partner.CompanyName) && (r.has(partner.DataCenter) || slices.Contains(r.header, partner.CompanyName.String()))
}
