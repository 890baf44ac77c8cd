package sheet

import (
	"slices"
	"strings"

	"onboard/pkg/partner"
)

// HasAdded says whether the sheet has one of the columns that the outputs add.
func (s *Sheet) HasAdded(name string) bool { return s.addedColumn(name) >= 0 }

// Added is the cell of a column that the outputs add, cleaned, as an operator
// may have filled it in; "" when there is none.
func (s *Sheet) Added(row Row, name string) string { return s.cell(row, s.addedColumn(name)) }

// AddedExactly is Added without a change but for white space at both ends: a token
// or link with a line break in it must not become another one.
func (s *Sheet) AddedExactly(row Row, name string) string {
	i, cells := s.addedColumn(name), rawCells(row.Raw, s.Delimiter, nil)
	if i < 0 || i >= len(cells) {
		return ""
	}
	return strings.TrimSpace(unguard(unquote(cells[i])))
}

// Cell is the cell of a field, cleaned, whatever is wrong with its row; "" when
// there is none.
func (s *Sheet) Cell(row Row, f partner.Field) string { return s.cell(row, s.columns[f]) }

func (s *Sheet) cell(row Row, i int) string {
	return textAt(rawCells(row.Raw, s.Delimiter, nil), i)
}

func (s *Sheet) addedColumn(name string) int {
	return slices.IndexFunc(s.Header, func(h string) bool { return added[name] && partner.Clean(h) == name })
}
