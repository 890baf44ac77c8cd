package batch

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/partner"
	"onboard/pkg/sheet"
)

// list opens a sheet of n rows of ordinary length, of which every fiftieth is
// bad. Row i stands on line i+2, and its name ends with that number.
func list(t testing.TB, n int) *sheet.Sheet {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("company_name,country,data_center,type,first_name,last_name,email,industry,size,state,city,address,postal_code\n")
	for i := range n {
		country := "GB"
		if i%50 == 49 {
			country = "??"
		}
		fmt.Fprintf(&b, "Larkfield Business Systems No %d,%s,UK,MSP,Annabel,Whitcombe,office%d@larkfield.example.com,12,3,Kent,Dover,\"%d Harbour Road, Unit 4\",CT16 1AA\n",
			i+2, country, i, i%99)
	}
	path := filepath.Join(t.TempDir(), "list.csv")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := sheet.Open(path, nil, sheet.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// TestManyBlocks: although the memory of a block is used again, every row that
// there is something to tell of comes as it is, in order and once.
func TestManyBlocks(t *testing.T) {
	const n = 20_000 // 50 blocks
	line := 1
	plan, err := MakePlan(t.Context(), list(t, n), partner.NewRules(), nil, nil, func(r *Result) error {
		line += 50
		name := fmt.Appendf(nil, "Larkfield Business Systems No %d,", line)
		if r.Row.Line != line || r.Status != partner.Invalid || !bytes.HasPrefix(r.Row.Raw, name) {
			return fmt.Errorf("line %d is %d: %s %s", line, r.Row.Line, r.Status, r.Row.Raw)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[partner.Status]int{partner.Valid: n - n/50, partner.Invalid: n / 50}
	if diff := cmp.Diff(want, plan.Counts); diff != "" || line != n+1 || plan.Rows != n {
		t.Errorf("%d lines, %d rows (-want +got)\n%s", line, plan.Rows, diff)
	}
}

// BenchmarkPlan is the whole of pass 1, on all cores.
func BenchmarkPlan(b *testing.B) {
	const n = 100_000
	s := list(b, n)
	b.SetBytes(s.Size())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := MakePlan(b.Context(), s, partner.NewRules(), nil, nil, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "rows/s")
}
