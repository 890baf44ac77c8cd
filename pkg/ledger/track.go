package ledger

import "time"

// Tracking is what the API last said about the onboarding of a created partner.
type Tracking struct {
	State             string // the API's word, such as progressing
	Final             bool   // it needs not to be asked about again
	PartnerID, UserID string // on the platform; empty until the API tells them
	CheckedAt         time.Time
}

// Onboarding is a created partner, and what was last heard of it: the zero
// Tracking when nothing was.
type Onboarding struct {
	ID      int64 // the place among all partners of the ledger, from 1
	Key     Key
	Token   string // empty when an operator found the partner on the platform, and no token
	TraceID string // of the attempt that created it
	Tracking
}
