//go:build mutants

package main

// batchMutants break the rules of one run: the suite of pkg/batch, whose server, ledger
// and clock are simulated, is to notice each.
var batchMutants = []mutant{
	inBatch("tell before it is durable", "settle.go", `	if err := durable(); err != nil {`,
		`	_ = durable
	if err := error(nil); err != nil {`, "TestOrderOfSteps"),

	inBatch("repeat what is in doubt", "attempt.go", `if a.Outcome != lmpi.Unsent && a.Outcome != lmpi.Unprocessed {`,
		`if a.Outcome != lmpi.Unsent && a.Outcome != lmpi.Unprocessed && a.Outcome != lmpi.InDoubt {`, "TestOrderOfSteps"),

	inBatch("one trace ID for all attempts", "attempt.go", `		trace = lmpi.NewTraceID()
`, ``, "TestOrderOfSteps"),

	inBatch("no canary", "submit.go", `	s.window = 1
`, `	for s.window = 1; s.window < s.Concurrency; s.window++ {
		s.slots <- struct{}{}
	}
`, "TestSlowStart"),

	inBatch("doubts open the pool", "admission.go", `more := definite && s.window`, `more := s.window`, "TestSlowStart"),

	inBatch("leave together after a slow claim", "attempt.go", `s.paced(s.Pace.AwaitSend(s.intake, j.permit))`, `s.intake.Err()`, "TestDeparturesKeepThePace"),

	inBatch("forget a pause while claiming", "attempt.go", ` || s.Pace.PausedFor() > 0 && s.nextPermit(j) != nil {`, ` {`, "TestHeldWhileClaiming"),

	inBatch("only one row waits", "retry.go", `	limiter.Pause(min(wait, retryAfterCap))
`, ``, "TestEverybodyWaits"),

	inBatch("the pace stays", "retry.go", `	limiter.Decrease() // first: the processes that share the rate learn of both at once
`, ``, "TestEverybodyWaits"),

	inBatch("wait a week if asked to", "retry.go", `	if wait > retryAfterCap {
		s.stop(waitTooLong(Refused, wait))
	}
`, ``, "TestRetryAfter"),

	inBatch("exhausted rows are never forgotten", "settle.go", `	s.exhausted = 0
`, ``, "TestExhausted"),

	inBatch("the budget is never paid back", "settle.go", `		s.budget.refund()
`, ``, "TestRetryBudget"),

	inBatch("old answers clear the server", "settle.go", ` && (a.Begun.IsZero() || a.Begun.After(s.doubted)):`, `:`, "TestInDoubtInARow"),

	inBatch("stop reading at the second signal", "submit.go", `errgroup.WithContext(detached(ctx))`, `errgroup.WithContext(ctx)`, "TestInterruptedTwice"),

	inBatch("keep claims of rows that never left", "attempt.go", `			return s.releaseClaim(j, number, lmpi.Answer{}, "the run ended before its turn: "+s.stopped().Reason), false
`, `			return s.notSentBy(j), false
`, "TestClaimedAndStopped"),

	inBatch("go on without the ledger", "settle.go", `	_ = s.ledgerLost(err)
	return s.notSentBy(j)
`, `	return j.notSent(err.Error(), "")
`, "TestLedgerFails"),

	inBatch("the first stop outranks a loss", "stop.go", `	if spoiled := s.invalidated.Load(); spoiled != nil {
		return spoiled
	}
`, ``, "TestLossOutranksWhatCameBefore"),

	inBatch("send a sheet that nobody checked", "dispatch.go", ` || b.sum != s.Plan.sums[n] {`, ` {`, "TestFileChanged"),

	inBatch("hold up the others for another run's row", "otherrun.go", `	s.releaseSlot(j, false)
	if e.State`, `	defer s.releaseSlot(j, false)
	if e.State`, "TestOtherRunIsSending"),

	inBatch("wait for a dead run", "otherrun.go", `		err := s.Run.Sweep(ctx)
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
