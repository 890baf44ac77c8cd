package batch

import (
	"fmt"

	"onboard/pkg/partner"
)

// postalCodes counts, by country, how many digits postal codes have, to notice
// the leading zeros that spreadsheet programs take off. Only codes of digits
// alone count.
type postalCodes struct {
	counts [26 * 26][maxPostal + 1]int32
	first  [26 * 26][maxPostal + 1]int32 // line of the first one
}

const (
	maxPostal  = 10 // code points of a postal code, from the API's page
	manyPostal = 3  // full-length codes that make a custom of a country
)

func (c *postalCodes) add(p *partner.Partner, line int) {
	country, code := p.At(partner.Country), p.At(partner.PostalCode)
	if len(country) != 2 || code == "" || len(code) > maxPostal {
		return
	}
	for i := range len(code) {
		if code[i] < '0' || code[i] > '9' {
			return
		}
	}
	i := int(country[0]-'A')*26 + int(country[1]-'A')
	if i < 0 || i >= len(c.counts) {
		return
	}
	if c.counts[i][len(code)]++; c.first[i][len(code)] == 0 {
		c.first[i][len(code)] = int32(line)
	}
}

// Warning is something that a person should look at, though no row breaks a
// rule by it.
type Warning struct {
	Line    int // an example
	Message string
}

// warnings are the countries in which some codes are one digit shorter than
// most.
func (c *postalCodes) warnings() (all []Warning) {
	for i := range c.counts {
		usual := 0
		for n := range c.counts[i] {
			if c.counts[i][n] > c.counts[i][usual] {
				usual = n
			}
		}
		if usual < 2 || c.counts[i][usual] < manyPostal || c.counts[i][usual-1] == 0 {
			continue
		}
		all = append(all, Warning{int(c.first[i][usual-1]), fmt.Sprintf(
			"in %c%c, postal codes have %[5]d digits mostly, and %[3]d of %[4]d: a spreadsheet program may have taken a leading zero off",
			'A'+i/26, 'A'+i%26, c.counts[i][usual-1], usual-1, usual)})
	}
	return all
}
