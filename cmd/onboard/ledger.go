package main

import (
	"errors"
	"fmt"
	"os"

	"onboard/pkg/ledger"
	"onboard/pkg/ledger/store"
)

// openLedger opens the ledger at a place, and says so when that takes time.
func openLedger(c *console, place string) (ledger.Ledger, error) {
	return store.Open(place, os.Getenv, func() {
		c.say("The ledger %s is brought to the format of this version. That takes a few seconds for each million partners; it is whole whatever happens meanwhile.", store.Shown(place))
	})
}

// ledgerPlace is the place that --ledger names, or the default one.
func ledgerPlace(named string) (string, error) {
	if named == "" {
		place, err := store.Default(os.Getenv)
		if err != nil {
			err = fmt.Errorf("%w; hint: name a file with --ledger", err)
		}
		return place, err
	}
	switch err := store.Check(named); {
	case errors.Is(err, store.ErrAddress):
		return "", errors.New("--ledger takes the name of a file, or the address of a PostgreSQL database in one form only; hint: --ledger postgres://USER@HOST:5432/DATABASE, and the password in ~/.pgpass or PGPASSWORD")
	case err != nil:
		return "", fmt.Errorf("--ledger %s: %w; hint: check the spelling, or create the folder first", named, err)
	}
	return named, nil
}

// ledgerPath is where the ledger is; "" is a temporary one, which the embedded sandbox
// has unless one is named.
func (s *submitFlags) ledgerPath() (string, error) {
	if s.ledgerFlag == "" && s.target == "sandbox" {
		return "", nil
	}
	return ledgerPlace(s.ledgerFlag)
}
