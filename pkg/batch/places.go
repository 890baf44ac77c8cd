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
	centers []string           // the codes that the rules take
	pairs   [26*26 + 1]int16   // index of a center by its two letters; others are searched for
	counts  [][26*26 + 1]int32 // by center and country
}

func newPlaces(r *partner.Rules) places {
	p := places{centers: r.Allowed(partner.DataCenter)}
	for i := range p.pairs {
		p.pairs[i] = -1
	}
	for i, code := range p.centers {
		p.pairs[letterPair(code)] = int16(i)
	}
	p.pairs[26*26] = -1
	p.counts = make([][26*26 + 1]int32, len(p.centers))
	return p
}

func (p *places) add(row *partner.Partner) {
	code := row.At(partner.DataCenter)
	center := int(p.pairs[letterPair(code)])
	if center < 0 {
		center = slices.Index(p.centers, code) // there: the row is valid
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
