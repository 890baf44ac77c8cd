package partner

import (
	"strings"
	"sync"
)

// wrongCodes remembers what is wrong with codes. To find what one means takes
// twenty microseconds, and a column may well say Germany in a million rows.
type wrongCodes struct {
	mu     sync.Mutex
	faults map[wrongCode]fault
}

type wrongCode struct {
	field Field
	value string
}

// wrongLimit bounds the codes that are remembered; the first ones stay.
const wrongLimit = 1000

func (w *wrongCodes) recall(f Field, v string) (fault, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	x, known := w.faults[wrongCode{f, v}]
	return x, known
}

func (w *wrongCodes) remember(f Field, v string, x fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.faults == nil {
		w.faults = map[wrongCode]fault{}
	}
	if len(w.faults) < wrongLimit && len(v) <= longestCountry {
		// Copies, or they would keep the block of the sheet that they are part of.
		x.fix, x.hint = strings.Clone(x.fix), strings.Clone(x.hint)
		w.faults[wrongCode{f, strings.Clone(v)}] = x
	}
}

// forget is for a list that has changed.
func (w *wrongCodes) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.faults)
}
