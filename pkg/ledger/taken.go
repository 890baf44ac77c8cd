package ledger

import (
	"encoding/json"
	"fmt"
	"slices"
)

// TakenError says that a token or link that came for a partner belongs to another
// one, so that neither can be trusted. Its text holds neither.
type TakenError struct {
	Holder Entry // the partner that has it; its state stays
}

func (e *TakenError) Error() string {
	return fmt.Sprintf("the token or link is that of another partner (%x, line %d)", e.Holder.Key, e.Holder.Line)
}

// Conflict is a partner for which the token or link of another one came, and that
// other one.
type Conflict struct {
	Partner, Holder Doubt
}

// Paired makes conflicts of partners and their holders, which alternate.
func Paired(all []Doubt) (conflicts []Conflict) {
	for pair := range slices.Chunk(all, 2) {
		conflicts = append(conflicts, Conflict{pair[0], pair[1]})
	}
	return conflicts
}

// Contested is what is recorded in the place of an outcome whose token or link
// another partner has: in doubt, and what arrived as evidence alone. A token in the
// row itself would become the partner's with the next decision.
func (o *Outcome) Contested(holder *Entry) Outcome {
	c := *o
	c.State, c.Token, c.Link = InDoubt, "", ""
	c.Reason = fmt.Sprintf("its answer carried the token or link of another partner, that of line %d, sent on %s", holder.Line, holder.ClaimedAt.Format("2006-01-02"))
	if c.Answer == "" { // of a created partner the token and link are all that was kept
		text, _ := json.Marshal(map[string]string{"token": o.Token, "link": o.Link}) // strings never fail
		c.Answer = string(text)
	}
	return c
}
