package batch

import (
	"fmt"
	"strconv"
	"strings"

	"onboard/pkg/partner"
)

// postalCodes counts, by country, how many digits postal codes have, to notice
// the leading zeros that spreadsheet programs take off. Only codes of digits
// alone count.
type postalCodes struct {
	counts [26 * 26][maxPostal + 1]int32
	lines  [26 * 26][maxPostal + 1][mostLines]int32 // of the first ones
}

// mostLines is how many lines are remembered: one more than are shown.
const mostLines = shownLines + 1

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
	if n := c.counts[i][len(code)]; n < mostLines {
		c.lines[i][len(code)][n] = int32(line)
	}
	c.counts[i][len(code)]++
}

// Warning is something that a person should look at, though no row breaks a
// rule by it.
type Warning struct {
	Line    int    `json:"line"` // an example
	Message string `json:"message"`
	Lines   []int  `json:"lines,omitempty"` // the first ones, when there are several
}

// shownLines is how many lines people are shown of one warning.
const shownLines = 10

// Where names the lines: "line 5", "lines 5, 7, 9".
func (w *Warning) Where() string {
	if len(w.Lines) == 0 {
		return fmt.Sprintf("line %d", w.Line)
	}
	var text []string
	for _, line := range w.Lines[:min(len(w.Lines), shownLines)] {
		text = append(text, strconv.Itoa(line))
	}
	if len(w.Lines) > shownLines {
		text = append(text, "…")
	}
	return "lines " + strings.Join(text, ", ")
}

// custom is how many digits most codes of a country have; 0 when there are too
// few to tell.
func (c *postalCodes) custom(country int) int {
	usual := 0
	for n := range c.counts[country] {
		if c.counts[country][n] > c.counts[country][usual] {
			usual = n
		}
	}
	if c.counts[country][usual] < manyPostal {
		return 0
	}
	return usual
}

// warnings are the countries in which some codes are one digit shorter than
// they have to be or, where that is not known, than most are.
func (c *postalCodes) warnings() (all []Warning) {
	for i := range c.counts {
		usual := partner.PostalDigits(string([]byte{byte('A' + i/26), byte('A' + i%26)}))
		advice := "; --fix puts it back"
		if usual == 0 {
			usual, advice = c.custom(i), ""
		}
		if usual < 2 || c.counts[i][usual-1] == 0 {
			continue
		}
		n := c.counts[i][usual-1]
		w := Warning{Line: int(c.lines[i][usual-1][0]), Message: fmt.Sprintf(
			"in %c%c, postal codes have %[5]d digits, and %[3]d here of %[4]d: a spreadsheet program may have taken a leading zero off%[6]s",
			'A'+i/26, 'A'+i%26, n, usual-1, usual, advice)}
		for _, line := range c.lines[i][usual-1][:min(n, mostLines)] {
			w.Lines = append(w.Lines, int(line))
		}
		if n == 1 {
			w.Lines = nil
		}
		all = append(all, w)
	}
	return all
}
