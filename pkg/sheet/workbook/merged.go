package workbook

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Area is a merged cell of more than one row. Its value stands in its first row.
type Area struct{ Column, First, Last int }

// merge reads a merged area, and keeps one of several rows.
func (r *Rows) merge() error {
	ref, err := r.x.attr("ref")
	if err != nil {
		return err
	}
	from, to, _ := bytes.Cut([]byte(ref), []byte(":"))
	column, first := placeOf(from)
	if len(to) == 0 {
		to = from
	}
	lastColumn, last := placeOf(to)
	if column < 0 || lastColumn < column || column >= MaxColumns || first < 1 || last < first || last > MaxRows {
		return r.x.failed(fmt.Errorf("cells are merged as %.30q", ref))
	}
	if last == first {
		return nil
	}
	if len(r.Merged) == maxMerged {
		return r.x.failed(errors.New("it has more than a million merged cells"))
	}
	r.Merged = append(r.Merged, Area{column, first, last})
	return nil
}

// filler puts the value of a merged cell into each of its rows.
type filler struct {
	areas   []Area // by their first row
	open    []Area // those that the current row is in
	values  []string
	used    []bool           // their value has been put into another row
	covered [MaxColumns]bool // the columns of open
}

func newFiller(areas []Area) *filler {
	if len(areas) == 0 {
		return nil
	}
	areas = slices.Clone(areas)
	slices.SortFunc(areas, func(a, b Area) int { return a.First - b.First })
	return &filler{areas: areas}
}

// row fills a row. One that holds nothing but merged cells is part of the row above
// it, and stays empty.
func (f *filler) row(row *Row, spread *Cells) {
	f.leave(row.Number)
	own := false
	for i, text := range row.Cells {
		if strings.TrimSpace(text) != "" && !f.covered[i] {
			own = true
			break
		}
	}
	for i, area := range f.open {
		switch {
		case !own && area.Column < len(row.Cells):
			row.Cells[area.Column] = ""
		case own:
			for len(row.Cells) <= area.Column {
				row.Cells = append(row.Cells, "")
			}
			row.Cells[area.Column] = f.values[i]
			if !f.used[i] {
				f.used[i] = true
				spread.add(area.First, area.Column)
			}
		}
	}
	f.enter(row)
}

// leave drops the areas that end above a row.
func (f *filler) leave(number int) {
	n := 0
	for i, area := range f.open {
		if area.Last >= number {
			f.open[n], f.values[n], f.used[n] = area, f.values[i], f.used[i]
			n++
		} else {
			f.covered[area.Column] = false
		}
	}
	f.open, f.values, f.used = f.open[:n], f.values[:n], f.used[:n]
}

// enter takes the values of the areas that begin with a row.
func (f *filler) enter(row *Row) {
	for len(f.areas) > 0 && f.areas[0].First <= row.Number {
		area := f.areas[0]
		f.areas = f.areas[1:]
		if area.First < row.Number || area.Column >= len(row.Cells) || strings.TrimSpace(row.Cells[area.Column]) == "" || f.covered[area.Column] {
			continue // it has no value, or two merged cells overlap
		}
		f.covered[area.Column] = true
		f.open = append(f.open, area)
		f.used = append(f.used, false)
		f.values = append(f.values, strings.Clone(row.Cells[area.Column]))
	}
}
