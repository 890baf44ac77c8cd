package ledger

import "fmt"

// TakenError says that a token or link that came for a partner belongs to another
// one, so that neither can be trusted. Its text holds neither.
type TakenError struct {
	Holder Entry // the partner that has it; its state stays
}

func (e *TakenError) Error() string {
	return fmt.Sprintf("the token or link is that of another partner (%x, line %d)", e.Holder.Key, e.Holder.Line)
}
