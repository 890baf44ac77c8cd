package main

import (
	"os"
	"path/filepath"

	"onboard/pkg/ledger"
	"onboard/pkg/ledger/postgres"
	"onboard/pkg/ledger/sqlite"
)

// openBook opens the ledger at a place: a file, or a database for all who share
// its address. Answers that a database can't take are saved in the state folder.
func openBook(c *console, place string) (ledger.Ledger, error) {
	upgrading := func() {
		c.say("The ledger %s is brought to the format of this version. That takes a few seconds for each million partners; it is whole whatever happens meanwhile.", postgres.Redacted(place))
	}
	if postgres.IsPlace(place) {
		state, err := defaultLedger()
		if err != nil {
			return nil, err
		}
		return opened(postgres.Open(place, filepath.Dir(state), upgrading))
	}
	return opened(sqlite.Open(place, upgrading))
}

// opened keeps a nil pointer from becoming a ledger that is not nil.
func opened[L ledger.Ledger](l L, err error) (ledger.Ledger, error) {
	if err != nil {
		return nil, err
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
