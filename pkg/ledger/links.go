package ledger

import "time"

// Wanted selects created partners; the zero value selects all of them.
type Wanted struct {
	Since time.Time // when token and link were recorded, or later
	Run   string    // the ID of the run that created them; "": any
}

// Has says whether an entry is a created partner with token and link, and wanted.
func (w *Wanted) Has(e *Entry) bool {
	return e.State == Created && e.Token != "" && e.Link != "" && !e.SettledAt.Before(w.Since) && (w.Run == "" || w.Run == e.Owner)
}

// Linked is a created partner, and the sheet that it was created from.
type Linked struct {
	ID   int64  // the place among all partners of the ledger, from 1
	File string // as the run was given it
	Entry
}
