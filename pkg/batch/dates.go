package batch

import "onboard/pkg/partner"

// datedRows finds the values that a spreadsheet program seems to have turned into
// dates.
type datedRows struct {
	lines   [mostLines]int // of the first ones
	count   int
	example string
}

func (d *datedRows) add(p *partner.Partner, line int) {
	f, found := p.DateIn()
	if !found {
		return
	}
	if d.count == 0 {
		d.example = partner.Specs[f].Label + " is " + p.At(f)
	}
	if d.count < mostLines {
		d.lines[d.count] = line
	}
	d.count++
}

// warnings asks about them: a company may well be called like a date.
func (d *datedRows) warnings() []Warning {
	if d.count == 0 {
		return nil
	}
	w := Warning{Line: d.lines[0], Message: d.example + ", which a spreadsheet program makes of a name such as 7-11: is it right?"}
	if d.count > 1 {
		w.Lines = append(w.Lines, d.lines[:min(d.count, mostLines)]...)
	}
	return []Warning{w}
}
