package partner

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestClean(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"nothing to do", "Acme Ltd", "Acme Ltd"},
		{"empty", "", ""},
		{"spaces at the ends", "  Acme Ltd ", "Acme Ltd"},
		{"spaces inside stay", "Acme   Ltd", "Acme   Ltd"},
		{"no-break space", "\u00a0Acme\u00a0Ltd\u00a0", "Acme\u00a0Ltd"},
		{"zero width and BOM", "\ufeff\u200bAcme\u200d\u2060", "Acme"},
		{"ideographic space", "\u3000株式会社\u3000", "株式会社"},
		{"LF", "Street 1\nFloor 2", "Street 1 Floor 2"},
		{"CRLF is one", "Street 1\r\nFloor 2", "Street 1 Floor 2"},
		{"a run is one", "a\n\n\t\r\nb", "a b"},
		{"Unicode separators", "a\u2028b\u2029c", "a b c"},
		{"spaces beside a break stay", "a \n b", "a   b"},
		{"VT and NEL at the ends", "\vAcme\u0085", "Acme"},
		{"VT inside stays", "a\vb", "a\vb"},
		{"only invisible", " \u00a0\u200b\ufeff\t", ""},
		{"broken UTF-8 stays", "M\xfcller\nx", "M\xfcller x"},
	} {
		if diff := cmp.Diff(tc.want, Clean(tc.in)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", tc.name, diff)
		}
		if got := Blank(tc.in); got != (tc.want == "") {
			t.Errorf("%s: Blank is %v", tc.name, got)
		}
	}
}

// TestLatin: in a cell of printable ASCII and the letters that isLatin, the long
// look finds nothing, in whatever order they stand. So it is left out.
func TestLatin(t *testing.T) {
	var letters []rune
	for r := ' '; r <= lastLatin; r++ {
		if s := "a" + string(r) + "b"; look(s)&(foreign|odd) == 0 {
			letters = append(letters, r)
		}
	}
	if n := len(letters); n < 250 {
		t.Fatalf("only %d characters", n)
	}
	for _, a := range letters {
		for _, b := range letters {
			s := "Ab" + string([]rune{a, b}) + "c"
			trimmed := trimUnseen(joinLines(s))
			if x := textFault(CompanyName, s); x.code != "" || damage(CompanyName, s) != "" || trimmed != s || look(s)&unclean != 0 {
				t.Errorf("%q: %+v, %q", s, x, trimmed)
			}
		}
	}
}
