package lmpi

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The vectors were computed with public tools, not with this code.
func TestSign(t *testing.T) {
	const example = `{"company":{"type":"MSP","data_center":"US","name":"Stay Green Greenery","country":"US"},"contact":{"first_name":"trend","last_name":"micro","email":"tm@trendmicro.com"}}`
	for _, tt := range []struct {
		name, method, uri, body string
		md5, signature          string
	}{
		{"the request example", "POST", onboardingPath, example, "NWohuR4p98AFeQDmB9bFFg==", "pHgdh9Y7QqZnZr4GHsd4x7uC+GGplDEkMNlUkfFe1fc="},
		{"no body", "GET", "/LMPI/v3/partners/id", "", "", "eSkcIaqur95OAEj9teuzSyixE2/uJZvIoj76f3dOJOc="},
		{"beyond ASCII", "POST", onboardingPath, `{"company":{"name":"Café Zürich"}}`, "Mh1fa3FqWcfM8odioB0s9w==", "ty7b+bTvUcKkXrMdU1pC944vICTC3R6k+Z2ozeBj4Jc="},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := []string{
				bodyMD5([]byte(tt.body)),
				sign(NewSecret(testSecret), "1363797148", tt.method, tt.uri, []byte(tt.body)),
			}
			if diff := cmp.Diff([]string{tt.md5, tt.signature}, got); diff != "" {
				t.Errorf("MD5 and signature (-want +got):\n%s", diff)
			}
		})
	}
}

func BenchmarkSign(b *testing.B) {
	body := []byte(strings.Repeat("b", 300))
	b.ReportAllocs()
	for b.Loop() {
		sign(NewSecret("synthetic-test-secret"), "1700000000", "POST", "/LMPI/v3/partners/onboarding", body)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
