package partner

import "testing"

func full() *Row {
	return &Row{CompanyName: "Acme Business Systems Ltd", Country: "GB", DataCenter: "UK", FirstName: "Ann", LastName: "Lee",
		Email: "ann.lee@acme.example.com", Industry: "12", Size: "3", State: "Kent", City: "Dover", Address: "12 Harbour Road, Unit 4", PostalCode: "CT16 1AA"}
}

func BenchmarkCheck(b *testing.B) {
	plain, german, japanese, wrong, fixed := full(), full(), full(), full(), full()
	plain.Plain = true
	german.CompanyName, german.City, german.LastName = "Müller Straßenbau GmbH", "Köln", "Bäcker"
	japanese.CompanyName, japanese.City, japanese.LastName, japanese.Address = "株式会社みそら情報", "東京都", "山田", "千代田区丸の内一丁目"
	wrong.Country, fixed.Country = "Germny", "Germany"
	for _, bc := range []struct {
		name string
		row  *Row
		fix  bool
	}{{"plain", plain, false}, {"ASCII", full(), false}, {"German", german, false}, {"Japanese", japanese, false}, {"near miss", wrong, false}, {"fixed", fixed, true}} {
		b.Run(bc.name, func(b *testing.B) {
			r := NewRules()
			r.Fix = bc.fix
			b.ReportAllocs()
			for b.Loop() {
				row := *bc.row // Check cleans in place
				r.Check(&row)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func BenchmarkKeyOf(b *testing.B) {
	p, _ := NewRules().Check(full())
	b.ReportAllocs()
	for b.Loop() {
		KeyOf(&p, DefaultKey)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkIdentity(b *testing.B) {
	p, _ := NewRules().Check(full())
	b.ReportAllocs()
	var buf [192]byte
	for b.Loop() {
		AppendIdentity(buf[:0], &p, DefaultKey)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkAppendBody(b *testing.B) {
	p, _ := NewRules().Check(full())
	b.ReportAllocs()
	var body []byte
	for b.Loop() {
		body = p.AppendBody(body[:0])
	}
}

// TestPlainRowIsCheap keeps the common path free of allocations.
func TestPlainRowIsCheap(t *testing.T) {
	r, row := NewRules(), full()
	p, _ := r.Check(row)
	buf := make([]byte, 0, 1024)
	for _, tc := range []struct {
		name string
		most float64
		run  func()
	}{
		{"Check", 0, func() { r.Check(row) }},
		{"KeyOf", 0, func() { KeyOf(&p, DefaultKey) }},
		{"AppendBody", 0, func() { p.AppendBody(buf[:0]) }},
	} {
		if got := testing.AllocsPerRun(100, tc.run); got > tc.most {
			t.Errorf("%s makes %v allocations, want at most %v", tc.name, got, tc.most)
		}
	}
}
