package sheet

import (
	"slices"

	"onboard/pkg/partner"
)

// NotUsed says why a column, by its index in Header, is not used although its header
// is the name of a field; "" for all others.
func (s *Sheet) NotUsed(column int) string {
	if _, used := s.FieldOf(column); used || s.ours[column] {
		return ""
	}
	header := partner.Clean(s.Header[column])
	for f, spec := range partner.Specs {
		named := header == spec.Name || header == spec.API || slices.Contains(codes, partner.Field(f)) && Fold(bare(header)) == Fold(spec.Name)
		switch {
		case !named:
		case s.columns[f] >= 0:
			return spec.Name + " is taken from '" + s.Column(partner.Field(f)) + "'"
		case slices.Contains(codes, partner.Field(f)):
			return "it may be a word of your CRM; map '" + header + "=" + spec.Name + "' if it is ours"
		default:
			return "all parts of an address are taken from one"
		}
	}
	return ""
}
