package sheet

import (
	"slices"

	"onboard/pkg/partner"
)

// HasAdded says whether the sheet has one of the columns that the outputs add.
func (s *Sheet) HasAdded(name string) bool { return s.addedColumn(name) >= 0 }

// Added is the cell of a column that the outputs add, cleaned, as an operator
// may have filled it in; "" when there is none.
func (s *Sheet) Added(row Row, name string) string {
	cells := rawCells(row.Raw, s.Delimiter, nil)
	if i := s.addedColumn(name); i >= 0 && i < len(cells) {
		return partner.Clean(unguard(unquote(cells[i])))
	}
	return ""
}

func (s *Sheet) addedColumn(name string) int {
	return slices.IndexFunc(s.Header, func(h string) bool { return added[name] && partner.Clean(h) == name })
}
