package batch

import (
	"slices"
	"strings"

	"onboard/pkg/partner"
)

// Tally counts one kind of problem.
type Tally struct {
	Column  string
	Code    partner.Code
	Count   int
	Example partner.Problem // the first one
}

// tallies counts problems by column and code.
type tallies struct {
	list  []Tally
	index map[tallyKey]int
}

type tallyKey struct {
	column string
	code   partner.Code
}

func (t *tallies) add(problems []partner.Problem) {
	for _, problem := range problems {
		k := tallyKey{problem.Column, problem.Code}
		i, ok := t.index[k]
		if !ok {
			if t.index == nil {
				t.index = map[tallyKey]int{}
			}
			i = len(t.list)
			problem.Value, problem.Hint = strings.Clone(problem.Value), strings.Clone(problem.Hint) // which may be parts of a block
			t.index[k] = i
			t.list = append(t.list, Tally{Column: problem.Column, Code: problem.Code, Example: problem})
		}
		t.list[i].Count++
	}
}

// commonest are the tallies, the largest count first.
func (t *tallies) commonest() []Tally {
	return slices.SortedStableFunc(slices.Values(t.list), func(a, b Tally) int { return b.Count - a.Count })
}
