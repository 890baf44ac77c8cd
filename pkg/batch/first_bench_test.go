package batch

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// BenchmarkFirstLines fills the table of a million partners, a block at a time.
func BenchmarkFirstLines(b *testing.B) {
	const rows, block = 1_000_000, 375
	all := make([]Checked, block)
	random := rand.NewChaCha8([32]byte{})
	for b.Loop() {
		lines := firstLines{expected: rows}
		for line := 2; line < rows; {
			for i := range all {
				binary.LittleEndian.PutUint64(all[i].Key[:8], random.Uint64())
				binary.LittleEndian.PutUint64(all[i].Key[8:], random.Uint64())
			}
			lines.prefetch(all)
			for i := range all {
				if lines.add(all[i].Key, line) != line {
					b.Fatal(line)
				}
				line++
			}
		}
	}
	b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(b.Elapsed().Seconds()/rows/float64(b.N)*1e9, "ns/row")
}
