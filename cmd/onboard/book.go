package main

import (
	"os"

	"onboard/pkg/ledger"
	"onboard/pkg/ledger/sqlite"
)

// openBook opens the ledger at a place.
func openBook(place string) (ledger.Ledger, error) {
	l, err := sqlite.Open(place)
	if err != nil {
		return nil, err // not l: a nil *sqlite.Ledger is no nil ledger.Ledger
	}
	return l, nil
}

// book is an open ledger; a temporary one goes when it is closed.
type book struct {
	ledger.Ledger
	temporary string
}

func (b *book) Close() {
	_ = b.Ledger.Close() // every write was durable when it returned
	if b.temporary != "" {
		os.RemoveAll(b.temporary)
	}
}
