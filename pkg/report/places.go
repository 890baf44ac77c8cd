package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"onboard/pkg/batch"
	"onboard/pkg/partner"
)

// center is one data center with the countries of its rows.
type center struct {
	name      string
	rows      int
	countries []string // with their numbers, the most frequent first
}

func centersOf(p *batch.Plan) (all []center) {
	for _, place := range p.Places() {
		i := slices.IndexFunc(all, func(c center) bool { return c.name == place.DataCenter })
		if i < 0 {
			i, all = len(all), append(all, center{name: place.DataCenter})
		}
		all[i].rows += place.Rows
		all[i].countries = append(all[i].countries, fmt.Sprintf("%s %d", place.Country, place.Rows))
	}
	slices.SortStableFunc(all, func(a, b center) int { return cmp.Compare(b.rows, a.rows) })
	return all
}

// places is a table of what is to be created: data center, rows, countries.
func (s Screen) places(p PlanInfo) {
	all := centersOf(p.Plan)
	if len(all) == 0 {
		return
	}
	if valid := p.Plan.Counts[partner.Valid]; p.ToSend() < valid {
		s.entry("Where", fmt.Sprintf("all %d would go to", valid))
	} else {
		s.entry("Where", "data center, rows, countries")
	}
	name, digits := 0, len(fmt.Sprint(all[0].rows))
	for _, c := range all {
		name = max(name, Columns(c.name))
	}
	for i, c := range all {
		if i == mostCenters && len(all) > mostCenters+1 {
			s.Hanging(strings.Repeat(" ", labelWidth+2), labelWidth+4, fmt.Sprintf("and %d more data centers", len(all)-i))
			break
		}
		head := fmt.Sprintf("%*s%-*s  %*d  ", labelWidth+2, "", name, c.name, digits, c.rows)
		s.Hanging(head, len(head), first(c.countries, mostCountries))
	}
}
