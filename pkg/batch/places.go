package batch

import (
	"cmp"
	"slices"

	"onboard/pkg/partner"
)

// Place is how many rows are to be created in a data center for a country.
type Place struct {
	DataCenter string `json:"data_center"`
	Country    string `json:"country"`
	Rows       int    `json:"rows"`
}

// OtherCountry stands for codes of --allow that are no pair of letters.
const OtherCountry = "other"

// places counts rows by data center and country, in arrays: every row that is
// to be created passes here.
type places struct {
	centers []string // the codes that the rules take
	counts  [][26*26 + 1]int32
}

func newPlaces(r *partner.Rules) places {
	centers := r.Allowed(partner.DataCenter)
	return places{centers, make([][26*26 + 1]int32, len(centers))}
}

func (p *places) add(row *partner.Partner) {
	center := slices.Index(p.centers, row.At(partner.DataCenter))
	if center < 0 {
		return // no row is valid with another one
	}
	p.counts[center][letterPair(row.At(partner.Country))]++
}

// letterPair is the index of a country code, or the last one.
func letterPair(code string) int {
	if len(code) != 2 || code[0] < 'A' || code[0] > 'Z' || code[1] < 'A' || code[1] > 'Z' {
		return 26 * 26
	}
	return int(code[0]-'A')*26 + int(code[1]-'A')
}

// Places says where the rows that are to be sent will be created, the most
// frequent place first.
func (p *Plan) Places() (all []Place) {
	for c, counts := range p.places.counts {
		for i, n := range counts {
			if n == 0 {
				continue
			}
			country := OtherCountry
			if i < 26*26 {
				country = string([]byte{byte('A' + i/26), byte('A' + i%26)})
			}
			all = append(all, Place{p.places.centers[c], country, int(n)})
		}
	}
	slices.SortStableFunc(all, func(a, b Place) int { return cmp.Compare(b.Rows, a.Rows) })
	return all
}
