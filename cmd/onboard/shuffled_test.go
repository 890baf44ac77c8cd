package main

import (
	"hash/fnv"
	"math/rand/v2"

	"onboard/pkg/sandbox"
)

// shuffled deals out all faults that do not end a run, to a fifth of the
// requests: the same for the same seed. Those that make everybody wait are dealt
// out a hundred times more seldom, or the soak would mostly sleep.
func shuffled(seed int64) func(company string, attempt int) sandbox.Fault {
	var quick, slow []sandbox.Fault
	for _, f := range sandbox.Faults() {
		switch f.Name {
		case "301", "302", "303", "307", "308", "400-header", "401", "401-clock", "403", "404", "405", "415":
		case "421", "425", "429", "429-retry", "503-retry", "timeout-before", "timeout-after":
			slow = append(slow, sandbox.Fault(f.Name))
		default:
			quick = append(quick, sandbox.Fault(f.Name))
		}
	}
	return func(company string, attempt int) sandbox.Fault {
		h := fnv.New64a()
		_, _ = h.Write([]byte(company))
		die := rand.New(rand.NewPCG(h.Sum64(), uint64(seed)<<8|uint64(attempt)))
		switch share := die.Float64(); {
		case share < 0.002:
			return slow[die.IntN(len(slow))]
		case share < 0.2:
			return quick[die.IntN(len(quick))]
		}
		return ""
	}
}
