// Package ledgertest is what every ledger has to pass, whatever keeps it.
package ledgertest

import (
	"testing"

	"onboard/pkg/ledger"
)

// Store is what the tests need of the store that they test.
type Store struct {
	Place     func(t testing.TB) string                            // of a ledger that is not there yet
	Open      func(place string) (ledger.Ledger, error)            //
	Spills    func(l ledger.Ledger) string                         // the prefix of its spill files
	Forsake   func(t testing.TB, r ledger.Run)                     // has the run lose its lock, and not notice
	Attempts  func(t testing.TB, l ledger.Ledger) []ledger.Attempt // all that are recorded; -1 bytes: not known
	Decisions func(t testing.TB, l ledger.Ledger, who string) int
	Why       func(t testing.TB, l ledger.Ledger, who string) string                         // the reason that is recorded with a decision
	Answer    func(t testing.TB, l ledger.Ledger, scope ledger.Scope, key ledger.Key) string // that is kept as evidence
}

// Run runs them all.
func Run(t *testing.T, s Store) {
	for name, test := range map[string]func(*testing.T, Store){
		"OnePartner": onePartner, "OnlyTheOwnerSettles": onlyTheOwnerSettles, "ClaimedAgain": claimedAgain,
		"ScopesAreApart": scopesAreApart, "AfterClose": afterClose, "Transitions": transitions,
		"SettleAsNonsense": settleAsNonsense, "Status": status, "OpenedTogether": openedTogether,
		"ReopenAfterKill": reopenAfterKill, "KilledBesideAnotherProcess": killedBesideAnotherProcess,
		"RunsOfOneProcessSeeEachOther": runsOfOneProcessSeeEachOther, "OwnerAliveOfNonsense": ownerAliveOfNonsense,
		"Decide": decide, "Replace": replace, "Traced": traced, "Track": track, "Onboardings": onboardings, "Links": links, "OneWinner": oneWinner, "LookupMany": lookupMany, "CreatedInAnyOrder": createdInAnyOrder,
		"TokenWithoutARow": tokenWithoutARow, "NeverSent": neverSent, "ForeignSpill": foreignSpill, "SpillAfterDecisions": spillAfterDecisions, "AnswerAfterDecisions": answerAfterDecisions,
		"LateAnswer": lateAnswer, "EndedWithOpenClaims": endedWithOpenClaims, "OtherKeyFields": otherKeyFields,
		"Taken": taken, "TakenAtOnce": takenAtOnce, "TakenQueued": takenQueued, "TakenAgain": takenAgain, "TakenDecided": takenDecided, "TakenSpilled": takenSpilled,
	} {
		t.Run(name, func(t *testing.T) { test(t, s) })
	}
}

// open opens a ledger until the end of the test.
func (s Store) open(t testing.TB, place string) ledger.Ledger {
	t.Helper()
	l, err := s.Open(place)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}
