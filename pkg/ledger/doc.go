// Package ledger is the durable memory of onboard: which partner was claimed,
// sent and created, in which attempt, by which run, and what the API said. It
// holds the words and the promises; the stores that keep them are sqlite, one
// file for the runs of one computer, and postgres, one database for those of
// many. Both pass the same tests (ledgertest).
//
// A ledger owns four promises. A partner is claimed by one run only, however many
// runs share the ledger. A claim is on disk before Claim returns, so that no
// request precedes it. An outcome is on disk before Settle returns, in the
// ledger or, when that cannot be written, in a spill file that the next run
// reads back. And a claim whose run died is in doubt: nobody sends it again.
//
//	(absent)  ─Claim─► sending ─Settle─► created | rejected | released | in_doubt
//	released  ─Claim─► sending
//	rejected  ─Claim─► sending            only with another fingerprint
//	sending   ─Sweep─► in_doubt           when the lock of its run is free
//	in_doubt  ─Settle─► created | rejected | released, by the same run and attempt: evidence only improves
//	released  ─Settle─► created            likewise, when an operator thought that it was not
//
// Every change compares and sets: it names the state, the run and the attempt
// that it expects, and changes nothing when they are not so. Nothing leaves
// created. What it lacks of token and link is filled in, and only what an operator
// told is ever replaced, by a decision that says so.
//
// It refuses to interpret: keys, fingerprints and bodies are the caller's, it
// knows no rule about partners and never talks to the API. A store refuses what
// is not a ledger of ours, and a place on which its locks cannot be trusted.
package ledger
