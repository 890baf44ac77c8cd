package batch

import (
	"crypto/sha256"
	"fmt"
	"testing"
	"unsafe"

	"onboard/pkg/ledger"
)

func keyOf(i int) ledger.Key {
	sum := sha256.Sum256(fmt.Append(nil, i))
	return ledger.Key(sum[:16])
}

func TestFirstLines(t *testing.T) {
	var lines firstLines
	const n = 100_000
	for i := range n {
		if got := lines.add(keyOf(i), i+2); got != i+2 {
			t.Fatalf("row %d is taken for line %d", i, got)
		}
	}
	for i := 0; i < n; i += 7 {
		if got := lines.add(keyOf(i), n+i); got != i+2 {
			t.Fatalf("row %d again: line %d", i, got)
		}
	}
	if got := lines.first(keyOf(n + 1)); got != 0 {
		t.Errorf("an unknown partner stands on line %d", got)
	}
}

// TestFirstLinesAreSmall holds the promise of 24 bytes a row and 4 MB at many sizes, at
// the worst moment of each, also when far too many rows are expected.
func TestFirstLinesAreSmall(t *testing.T) {
	for _, expected := range []int{0, 1, 20_000, 300_000, 10_000_000} {
		lines := firstLines{expected: expected}
		for i := range 300_000 {
			lines.add(keyOf(i), i+2)
			if i%5_000 != 0 {
				continue
			}
			bytes := 0
			for s := range lines.shards {
				bytes += len(lines.shards[s].slots) * int(unsafe.Sizeof(slot{}))
			}
			if bytes > 24*(i+1)+4<<20 {
				t.Fatalf("%d bytes at %d rows, of which %d were expected", bytes, i+1, expected)
			}
		}
	}
}
