package sheet

import "onboard/pkg/partner"

// dateCells are the cells of a workbook that are dates or times: for each column
// one bit a row. A workbook of a million rows has 128 KiB for each such column.
type dateCells map[int][]uint64

// maxDateColumns is in how many columns dates are looked for: as many as fields,
// and a good many others.
const maxDateColumns = 128

func (d *dateCells) add(column, row int) {
	if *d == nil {
		*d = dateCells{}
	}
	bits, ok := (*d)[column]
	if !ok && len(*d) == maxDateColumns {
		return
	}
	for len(bits) <= row/64 {
		bits = append(bits, 0)
	}
	bits[row/64] |= 1 << (row % 64)
	(*d)[column] = bits
}

func (d dateCells) has(column, row int) bool {
	bits := d[column]
	return row/64 < len(bits) && bits[row/64]&(1<<(row%64)) != 0
}

// IsDate says that a cell of a workbook is a date or a time, which no field is: the
// spreadsheet program made it of what was typed.
func (s *Sheet) IsDate(f partner.Field, line int) bool {
	column := s.columns[f]
	return s.Workbook != nil && column >= 0 && s.Workbook.Dates.has(column, line)
}

// HasDates says that some cell of a field is a date or a time.
func (s *Sheet) HasDates() bool {
	for _, column := range s.columns {
		if s.Workbook != nil && column >= 0 && s.Workbook.Dates[column] != nil {
			return true
		}
	}
	return false
}

// HiddenBlank is how many empty lines stand for hidden rows that are left out.
func (s *Sheet) HiddenBlank() int {
	if s.Workbook == nil {
		return 0
	}
	return s.Workbook.Hidden.Blank
}
