package partner

import (
	"math/bits"
	"strings"
)

// A near miss is at most two letters away from a name of at least five, and
// nearer to it than to any other.
const (
	nearest      = 2
	nearestLeast = 5
)

// countryName is an English name as near misses are looked for.
type countryName struct {
	code, name string
	folded     string
	letters    uint32 // which of a-z occur
}

func newCountryName(code, name string) countryName {
	f := fold(name)
	return countryName{code: code, name: name, folded: f, letters: letters(f)}
}

// within says that a name is at most so many edits away. A letter that only
// one of the two has costs an edit, so that nearly all fall out at once.
func (c *countryName) within(edits int, folded string, set uint32) bool {
	return bits.OnesCount32(c.letters&^set) <= edits && bits.OnesCount32(set&^c.letters) <= edits && distance(folded, c.folded) <= edits
}

func letters(s string) (set uint32) {
	for i := range len(s) {
		if 'a' <= s[i] && s[i] <= 'z' {
			set |= 1 << (s[i] - 'a')
		}
	}
	return set
}

// nearCountry asks about the countries that a value may mean; "" when there
// are none.
func nearCountry(s string) string {
	if strings.ContainsAny(s, ",;/|(") {
		return "" // more than a name: a state and its country, or two countries
	}
	folded := fold(s)
	names := countryNames().english
	var asked []countryName
	for _, code := range ambiguousCountries[folded] {
		for _, c := range names {
			if c.code == code {
				asked = append(asked, c)
			}
		}
	}
	if len(asked) == 0 {
		asked = nearestName(folded, names)
	}
	return question(asked)
}

// nearestName finds the one name that is nearest, if it is near.
func nearestName(folded string, names []countryName) (found []countryName) {
	if len(folded) < nearestLeast {
		return nil
	}
	set, best := letters(folded), nearest
	for _, c := range names {
		if len(c.folded) < nearestLeast || !c.within(best, folded, set) {
			continue
		}
		if d := distance(folded, c.folded); d < best {
			best, found = d, nil
		}
		found = append(found, c)
	}
	if len(found) != 1 {
		return nil
	}
	return found
}

func question(names []countryName) string {
	if len(names) == 0 {
		return ""
	}
	var words []string
	for _, c := range names {
		words = append(words, c.code+" ("+c.name+")")
	}
	return "did you mean " + strings.Join(words, " or ") + "?"
}

// distance counts the letters to insert, delete, replace or swap with their
// neighbour (optimal string alignment) that lie between two names.
func distance(a, b string) int {
	var rows [3][48]int // the longest English name has 32 letters
	if len(a)-len(b) > nearest || len(b)-len(a) > nearest || len(b) >= len(rows[0]) {
		return nearest + 1
	}
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
