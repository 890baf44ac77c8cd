//go:build mutants

package main

// batchMutants break the rules of one run: the suite of pkg/batch, whose server, ledger
// and clock are simulated, is to notice each.
var batchMutants = []mutant{
	inBatch("tell before it is durable", "attempt.go", `	if err := durable(); err != nil {`,
		`	_ = durable
	if err := error(nil); err != nil {`, "TestOrderOfSteps"),

	inBatch("repeat what is in doubt", "attempt.go", `if a.Outcome != lmpi.Unsent && a.Outcome != lmpi.Unprocessed {`,
		`if a.Outcome != lmpi.Unsent && a.Outcome != lmpi.Unprocessed && a.Outcome != lmpi.InDoubt {`, "TestOrderOfSteps"),

	inBatch("one trace ID for all attempts", "attempt.go", `		trace = lmpi.NewTraceID()
`, ``, "TestOrderOfSteps"),

	inBatch("no canary", "submit.go", `	s.opened = 1
`, `	for s.opened = 1; s.opened < s.Concurrency; s.opened++ {
		s.permits <- struct{}{}
	}
`, "TestSlowStart"),

	inBatch("doubts open the pool", "submit.go", `more := definite && s.opened`, `more := s.opened`, "TestSlowStart"),

	inBatch("leave together after a slow claim", "attempt.go", `s.paced(s.Pace.Depart(s.intake, j.turn))`, `s.intake.Err()`, "TestDeparturesKeepThePace"),

	inBatch("forget a pause while claiming", "attempt.go", ` || s.Pace.Held() > 0 && s.anotherTurn(j) != nil {`, ` {`, "TestHeldWhileClaiming"),

	inBatch("only one row waits", "attempt.go", `	everybody.Hold(min(wait, retryAfterCap))
`, ``, "TestEverybodyWaits"),

	inBatch("the pace stays", "attempt.go", `	everybody.Slow() // first, so that those who share the pace learn of both at once
`, ``, "TestEverybodyWaits"),

	inBatch("wait a week if asked to", "attempt.go", `	if wait > retryAfterCap {
		s.stop(waitTooLong(Refused, wait))
	}
`, ``, "TestRetryAfter"),

	inBatch("exhausted rows are never forgotten", "attempt.go", `	s.spent = 0
`, ``, "TestExhausted"),

	inBatch("the budget is never paid back", "attempt.go", `		s.quota.pay()
`, ``, "TestRetryBudget"),

	inBatch("old answers clear the server", "attempt.go", ` && (a.Begun.IsZero() || a.Begun.After(s.doubted)):`, `:`, "TestInDoubtInARow"),

	inBatch("stop reading at the second signal", "submit.go", `errgroup.WithContext(ctx2(ctx))`, `errgroup.WithContext(ctx)`, "TestInterruptedTwice"),

	inBatch("keep claims of rows that never left", "attempt.go", `			return s.giveBack(j, number, lmpi.Answer{}, "the run ended before its turn: "+s.stopped().Reason), false
`, `			return s.notSentBy(j), false
`, "TestClaimedAndStopped"),

	inBatch("go on without the ledger", "attempt.go", `	_ = s.ledgerLost(err)
	return s.notSentBy(j)
`, `	return j.notSent(err.Error(), "")
`, "TestLedgerFails"),

	inBatch("the first stop outranks a loss", "submit.go", `	if spoiled := s.spoiled.Load(); spoiled != nil {
		return spoiled
	}
`, ``, "TestLossOutranksWhatCameBefore"),

	inBatch("send a sheet that nobody checked", "submit.go", ` || b.sum != s.Plan.sums[n] {`, ` {`, "TestFileChanged"),

	inBatch("hold up the others for another run's row", "elsewhere.go", `	s.release(j, false)
	if e.State`, `	defer s.release(j, false)
	if e.State`, "TestOtherRunIsSending"),

	inBatch("wait for a dead run", "elsewhere.go", `		err := s.Run.Sweep(ctx)
		var known map[ledger.Key]ledger.Entry
		if err == nil {
			known, err = s.Run.Lookup(ctx, keys)
		}
`, `		known, err := s.Run.Lookup(ctx, keys)
`, "TestDeadOwner"),
}

// inBatch is a mutant of one place in pkg/batch.
func inBatch(name, file, old, new, test string) mutant {
	return mutant{name: name, changes: []change{{"pkg/batch/" + file, old, new}}, pkg: "./pkg/batch", test: "^" + test + "$"}
}
