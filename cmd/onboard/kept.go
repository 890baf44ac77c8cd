package main

import (
	"onboard/pkg/ledger"
)

// sayKept names the answers of earlier runs that the ledger did not take: each
// tells a token and link that are nowhere else.
func (s *submission) sayKept() {
	for _, k := range s.ledgerRun.Kept() {
		if k.Taken != nil {
			s.say("Warning  the answer of an earlier run about %s (line %d, trace id %s) carried the token or link of %s (line %d, trace id %s), so it was put in doubt; what came is in line %d of %s; hint: pass on neither link before you know whose it is: 'onboard status' lists both",
				companyOf(k.Body), k.Entry.Line, k.TraceID, companyOf(k.Taken.Body), k.Taken.Line, k.Taken.TraceID, k.Line, quote(k.File))
			continue
		}
		s.say("Warning  the answer of an earlier run about %s (line %d, trace id %s) came after %s; its token and link were left aside, in line %d of %s; hint: %s",
			companyOf(k.Body), k.Entry.Line, k.TraceID, overtakenBy(k), k.Line, quote(k.File), keptHint(k))
	}
}

func overtakenBy(k ledger.Kept) string {
	if k.Again {
		return "somebody decided to send the row again"
	}
	return "somebody decided about the row, and differs from that"
}

func keptHint(k ledger.Kept) string {
	if k.Again {
		return "the partner may exist twice: find out on the platform, or from support, who can search for the trace id"
	}
	return "compare with the token and link that were recorded then, in the results file; support can search for the trace id"
}
