package partner

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

func TestGarbled(t *testing.T) {
	for _, tc := range []struct{ in, hint string }{
		{"MÃ¼ller", "Müller"}, {"MÃœLLER", "MÜLLER"}, {"KÃ–LN", "KÖLN"}, {"KÃ¶ln", "Köln"}, {"Ã–zdemir", "Özdemir"}, {"Ã‰cole", "École"}, {"CAFÃ‰", "CAFÉ"},
		{"JosÃ©", "José"}, {"StraÃŸe", "Straße"}, {"FranÃ§ois", "François"}, {"CÃ´te dâ€™Azur", "Côte d’Azur"}, {"ANÃ“NIMA", "ANÓNIMA"},
		{"Donâ€™t", "Don’t"}, {"â€œCafÃ©â€\u009d", "“Café”"}, {"A â€“ B", "A – B"}, {"Acmeâ„¢", "Acme™"}, {"ACMEÂ®", "ACME®"}, {"5Â°", "5°"}, {"5â‚¬", "5€"},
		{"ï»¿Acme", "Acme"}, {"Å\u0081Ã³dÅº", "Łódź"}, {"KrÄ™cki", "Kręcki"}, {"TesaÅ™", "Tesař"}, {"Å koda PlzeÅˆ", ""}, {"BraÈ™ov", "Brașov"},
		{"ÐŸÑ€Ð¸Ð²ÐµÑ‚", "Привет"}, {"Î‘Î¸Î®Î½Î±", "Αθήνα"}, {"æ\u009d±äº¬", "東京"}, {"NÃ\u00adger", "Níger"}, {"Åžirket", "Şirket"}, {"ÄŒile", "Čile"}, {"æ ªå¼\u008fä¼šç¤¾", ""}, {"ðŸš€ Rocket", "🚀 Rocket"},
		{"MÃƒÂ¼ller", "Müller"}, {"MÃƒÆ’Ã‚Â¼ller", "Müller"}, {"Müller & SÃ¶hne", ""}, {"株式会社 MÃ¼ller", ""}, {"M\u00c3\u009cLLER", "MÜLLER"},
	} {
		row := good()
		row.LastName = tc.in
		r := NewRules()
		r.Fix = true // a hint even so: what was meant is not certain
		p, problems := r.Check(row)
		if len(problems) != 1 || problems[0].Code != BadEncoding || problems[0].Hint != tc.hint || p.At(LastName) != tc.in {
			t.Errorf("%q: %+v, want bad_encoding with the hint %q", tc.in, problems, tc.hint)
		}
	}
}

// TestGarbledNames misreads the countries' names in every language, which are
// honest as they are.
func TestGarbledNames(t *testing.T) {
	honest, found, undone := 0, 0, 0
	for _, tag := range display.Supported.Tags() {
		names := display.Regions(tag)
		if names == nil {
			continue
		}
		for _, c := range countryNames().english {
			name := names.Name(language.MustParseRegion(c.code))
			if garbled(name) {
				t.Errorf("%s is honest", name)
			}
			bad, whole := misreadAs1252(name)
			if ascii(name) || !whole {
				continue
			}
			honest++
			if garbled(bad) {
				found++
			}
			if ungarble(bad) == name {
				undone++
			}
		}
	}
	if found < honest*98/100 || undone < honest {
		t.Errorf("of %d names, only %d were found and %d undone", honest, found, undone)
	}
}

// misreadAs1252 garbles a text. whole is false when it contains a byte that
// windows-1252 does not have, or one that cleaning takes away.
func misreadAs1252(s string) (bad string, whole bool) {
	var b strings.Builder
	for i := range len(s) {
		r := charmap.Windows1252.DecodeByte(s[i])
		b.WriteRune(r)
		if r == '\ufffd' || r == '\u00a0' {
			return "", false
		}
	}
	return b.String(), true
}
