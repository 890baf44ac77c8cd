package partner

import (
	"strings"
	"testing"
)

func TestDateIn(t *testing.T) {
	for _, tc := range []struct {
		values string
		want   bool
	}{
		{"11-Jul|Jul-11|11. Jul|11-juil|11-juil.|1-Mar|2-Sept|01-Dez-26|11/07/2026|7/11/2026|2026-07-11|11.07.2026|2026-07-11 00:00:00|Mar-01|02. Mrz|Jul 11|11 July 2026", true},
		{"7-11|1-2-3|24/7|Acme|Acme 11|March & Co|Marten 11|Julia|3M|1&1|2026|2026 GmbH|May|11|Maya 2|Sepia-1 Ltd|40-Octane|Octane 95|12.5.7|9-11 Shop|Studio 54", false},
	} {
		for v := range strings.SplitSeq(tc.values, "|") {
			for _, f := range []Field{CompanyName, LastName} {
				row := good()
				*row.At(f) = v
				p, problems := NewRules().Check(row)
				if got, found := p.DateIn(); problems != nil || found != tc.want || found && got != f {
					t.Errorf("%s %q: %v %v, %v", f, v, got, found, problems)
				}
			}
		}
	}
}
