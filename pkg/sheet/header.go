package sheet

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"onboard/pkg/partner"
)

// spellings are the headers that mean a field, besides its canonical and its
// dotted name. They compare without case, spaces and punctuation.
var spellings = [partner.NumFields][]string{
	partner.CompanyName: {"Company", "Company Name", "Account Name", "Organization", "Organisation", "Organization Name",
		"Organisation Name", "Business Name", "Partner Name", "Partner Company", "Customer Name", "Legal Name", "Company Legal Name"},
	partner.Country: {"Country", "Country Code", "Country/Region", "Country ISO", "ISO Country", "Billing Country", "Billing Country Code",
		"Mailing Country", "Business Country", "Business Country/Region", "Company Country"},
	partner.DataCenter: {"Data Center", "Data Centre", "Datacenter", "Datacentre", "DC", "Data Center Region", "Data Center Code"},
	partner.Type:       {"Type", "Partner Type", "Company Type"},
	partner.FirstName:  {"First Name", "Given Name", "Forename", "Contact First Name", "Firstname"},
	partner.LastName:   {"Last Name", "Family Name", "Surname", "Contact Last Name", "Lastname"},
	partner.Email: {"Email", "E-mail", "Email Address", "E-mail Address", "Contact Email", "Contact Email Address", "Mail",
		"Mail Address", "Work Email", "Business Email"},
	partner.Industry: {"Industry", "Industry Code", "Industry Sector"},
	partner.Size:     {"Size", "Size Code", "Company Size", "Company Size Code"},
	partner.State: {"State", "State/Province", "State or Province", "Province", "State/Region", "Billing State", "Billing State/Province",
		"Mailing State", "Mailing State/Province", "Business State", "Prefecture"},
	partner.City: {"City", "Town", "Billing City", "Mailing City", "Business City", "City/Town"},
	partner.Address: {"Address", "Street", "Street Address", "Address Line 1", "Address 1", "Billing Street", "Billing Address",
		"Mailing Street", "Mailing Address", "Business Street", "Business Address"},
	partner.PostalCode: {"Postal Code", "Postcode", "Post Code", "Zip", "Zip Code", "Zip/Postal Code", "Billing Zip/Postal Code",
		"Billing Postal Code", "Billing Zip", "Mailing Zip/Postal Code", "Mailing Postal Code", "Business Postal Code", "PLZ"},
}

// Spellings lists the header spellings that mean a field, the canonical one
// and the API's dotted one first.
func Spellings(f partner.Field) []string {
	spec := partner.Specs[f]
	return append([]string{spec.Name, spec.API}, spellings[f]...)
}

var known = knownSpellings()

func knownSpellings() map[string]partner.Field {
	m := map[string]partner.Field{}
	for f := range partner.NumFields {
		for _, s := range Spellings(f) {
			m[Fold(s)] = f
		}
	}
	return m
}

// Fold reduces a header to its letters and digits, in lower case.
func Fold(header string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, header)
}

// added are the columns that the outputs add. They are ignored on reading.
var added = map[string]bool{
	"onboard_line": true, "onboard_status": true, "onboard_token": true, "onboard_link": true, "onboard_trace_id": true,
	"onboard_at": true, "onboard_problems": true, "onboard_hint": true, "onboard_decision": true,
	"onboard_state": true, "onboard_partner_id": true, "onboard_user_id": true, "onboard_checked_at": true,
}

func recognised(cells []string, mapping map[string]partner.Field) int {
	n := 0
	for _, c := range cells {
		if _, ok := meaning(c, mapping); ok || added[c] {
			n++
		}
	}
	return n
}

func meaning(header string, mapping map[string]partner.Field) (partner.Field, bool) {
	if f, ok := mapping[partner.Clean(header)]; ok {
		return f, true
	}
	f, ok := known[Fold(header)]
	return f, ok
}

// mapColumns decides which column holds which field. A field with two columns
// and a required field with none are refused, all in one message.
func (s *Sheet) mapColumns(opt Options) error {
	if len(s.Header) > MaxColumns {
		return s.headerError(fmt.Sprintf("the header has %d columns, and %d is the most", len(s.Header), MaxColumns), "")
	}
	if i := slices.IndexFunc(s.Header, func(h string) bool { return strings.ToValidUTF8(h, "") != h }); i >= 0 {
		return s.headerError(fmt.Sprintf("the header of column %d is not UTF-8 text", i+1), "save the file as 'CSV UTF-8' in the spreadsheet program")
	}
	s.ours = make([]bool, len(s.Header))
	var columns [partner.NumFields][]int
	pinned := s.pinned(opt.Map)
	for i, h := range s.Header {
		if s.ours[i] = added[partner.Clean(h)]; s.ours[i] {
			continue
		}
		f, ok := meaning(h, opt.Map)
		if ok && (!pinned[f] || isMapped(h, opt.Map)) {
			columns[f] = append(columns[f], i)
		}
	}
	if err := s.unknownMaps(opt.Map); err != nil {
		return err
	}
	return s.settle(columns, opt)
}

// pinned are the fields that --map gives a column; a mere spelling then no
// longer counts for them.
func (s *Sheet) pinned(mapping map[string]partner.Field) (pinned [partner.NumFields]bool) {
	for _, f := range mapping {
		pinned[f] = true
	}
	return pinned
}

func isMapped(header string, mapping map[string]partner.Field) bool {
	_, ok := mapping[partner.Clean(header)]
	return ok
}

func (s *Sheet) unknownMaps(mapping map[string]partner.Field) error {
	for from, f := range mapping {
		if !slices.ContainsFunc(s.Header, func(h string) bool { return partner.Clean(h) == from }) {
			return s.headerError(fmt.Sprintf("--map '%s=%s' names a column that the sheet does not have", from, f),
				"its columns are "+s.listHeader())
		}
	}
	return nil
}

// settle turns the candidates into the mapping, or says what stands in the way.
func (s *Sheet) settle(columns [partner.NumFields][]int, opt Options) error {
	var doubled, missing, hints []string
	names := make([]string, len(s.Header))
	for i := range names {
		names[i] = fmt.Sprintf("-%d", i) // matches no field
	}
	for f := range partner.NumFields {
		s.columns[f] = -1
		switch found := columns[f]; {
		case len(found) == 1:
			s.columns[f] = found[0]
			names[found[0]] = f.String()
		case len(found) > 1:
			a, b := partner.Clean(s.Header[found[0]]), partner.Clean(s.Header[found[1]])
			doubled = append(doubled, fmt.Sprintf("columns %d '%s' and %d '%s' both mean %s", found[0]+1, a, found[1]+1, b, f))
			hints = append(hints, fmt.Sprintf("--map '%s=%s'", a, f))
		case partner.Specs[f].Required && (opt.Optional == nil || !opt.Optional(f)):
			missing = append(missing, f.String())
		}
	}
	if len(doubled) > 0 {
		hint := "say which one with " + strings.Join(hints, " ")
		return s.headerError(strings.Join(doubled, ", "), hint)
	}
	if len(missing) > 0 {
		return s.missing(missing)
	}
	var line []byte
	for i, n := range names {
		if i > 0 {
			line = append(line, s.Delimiter)
		}
		line = append(line, n...)
	}
	line = append(line, '\n')
	s.bound = line
	return nil
}

// missing names every required field without a column, and for the first one
// the header that comes nearest.
func (s *Sheet) missing(fields []string) error {
	msg := "the sheet has no column for " + strings.Join(fields, ", ")
	f, _ := partner.FieldByName(fields[0])
	example := "Your Column"
	if near := nearest(f, s.Header, s.columns[:]); near != "" {
		example = near
		msg += fmt.Sprintf(" (the nearest header to %s is '%s')", f, near)
	}
	hint := fmt.Sprintf("rename the column, or say which one it is with --map '%s=%s'", example, f)
	if spec := partner.Specs[f]; len(spec.Values) > 0 {
		hint += fmt.Sprintf(", or give one value for all rows with --default %s=%s", f, spec.Values[0])
	}
	return s.headerError(msg, hint+"; 'onboard fields' lists the accepted spellings")
}

func (s *Sheet) headerError(msg, hint string) error {
	return &FileError{File: s.Name(), Line: s.bodyLine - 1, Msg: msg, Hint: hint}
}

func (s *Sheet) listHeader() string {
	var names []string
	for i, h := range s.Header {
		if i == 20 {
			names = append(names, "…")
			break
		}
		names = append(names, "'"+partner.Clean(h)+"'")
	}
	return strings.Join(names, ", ")
}

// nearest is the unused header with the smallest edit distance to a spelling
// of the field, if it is near at all.
func nearest(f partner.Field, header []string, used []int) string {
	best, bestDistance := "", 3
	for i, h := range header {
		folded := Fold(h)
		if slices.Contains(used, i) || folded == "" {
			continue
		}
		for _, s := range Spellings(f) {
			d := distance(folded, Fold(s))
			if strings.Contains(folded, Fold(f.String())) {
				d = min(d, 2)
			}
			if d < bestDistance {
				best, bestDistance = partner.Clean(h), d
			}
		}
	}
	return best
}

// distance is Levenshtein's: how many characters to change, add or drop.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(y)]
}
