package partner

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func keyOf(t *testing.T, name, country string) Key {
	t.Helper()
	row := good()
	row.CompanyName, row.Country = name, country
	p, problems := NewRules().Check(row)
	if problems != nil {
		t.Fatal(problems)
	}
	return KeyOf(&p, DefaultKey)
}

func TestSamePartner(t *testing.T) {
	for _, same := range [][]string{
		{"Acme Ltd", "ACME LTD", "acme  ltd", "Acme\u00a0Ltd", "ＡＣＭＥ Ltd", "Acme Ltd.", "Acme, Ltd.", "Acme, Ltd", "Acme,Ltd.", "Acme (Ltd.)", " Acme\nLtd "},
		{"Acme Inc", "Acme Inc.", "Acme, Inc.", "ACME, INC", "acme inc.,", "Acme I.N.C."},
		{"Acme", "ACME", "ａｃｍｅ", "\u200bAcme", "\u200eAcme\u200f", "Acme\ufe0f"},
		{"Straße AG", "STRASSE AG", "strasse a.g.", "STRAẞE A. G."},
		{"Acme S.A.", "Acme SA", "acme, s.a.", "Acme S. A.", "ACME S/A"},
		{"Rossi S.p.A.", "ROSSI SPA", "Rossi s.p.a", "Rossi S. p. A.", "Rossi, SpA"},
		{"Rossi S.r.l.", "ROSSI SRL", "Rossi s. r. l."},
		{"Foo Co., Ltd.", "Foo Co Ltd", "FOO CO. LTD", "Foo Co.,Ltd.", "Foo Co.Ltd", "Foo, Co., Ltd"},
		{"Foo (Pty) Ltd", "Foo Pty Ltd", "FOO (PTY) LTD.", "Foo Pty. Ltd.", "Foo (Pty.) Ltd"},
		{"Foo (P) Ltd", "Foo P. Ltd."},
		{"Foo Pvt. Ltd.", "Foo Pvt Ltd", "Foo (Pvt) Ltd."},
		{"Foo Sdn. Bhd.", "Foo SDN BHD"},
		{"Müller GmbH & Co. KG", "MÜLLER GMBH & CO KG", "Müller GmbH & Co.KG", "Müller GmbH&Co. KG", "Müller G.m.b.H. & Co. KG"},
		{"Verein e.V.", "Verein e. V.", "VEREIN EV"},
		{"Huber Ges.m.b.H.", "Huber GesmbH", "Huber Ges. m. b. H."},
		{"Kos d.o.o.", "KOS D. O. O.", "Kos doo", "Kos, d.o.o."},
		{"Nowak Sp. z o.o.", "NOWAK SP. Z O. O.", "Nowak sp z oo"},
		{"Novák s.r.o.", "NOVÁK S. R. O.", "Novák, s.r.o."},
		{"Jensen A/S", "JENSEN AS", "Jensen a.s."},
		{"Tienda S.A. de C.V.", "TIENDA SA DE CV", "Tienda, S. A. de C. V."},
		{"Lux S.à r.l.", "LUX SÀRL", "Lux S.a\u0300 r.l."},
		{"Café", "Cafe\u0301", "CAFÉ", "CAFE\u0301"},
		{"Việt", "VIỆT", "Vie\u0323\u0302t", "Vie\u0302\u0323t"},
		{"IŞIK BİLİŞİM A.Ş.", "Işık Bilişim A.Ş.", "ışık bilişim aş", "IS\u0327IK BI\u0307LI\u0307S\u0327I\u0307M AS\u0327"},
		{"ΟΔΥΣΣΕΥΣ Α.Ε.", "Οδυσσευς ΑΕ", "οδυσσευσ α.ε."},
		{"（株）みそら", "㈱みそら", "(株)みそら"},
		{"カモメシステムズ", "ｶﾓﾒｼｽﾃﾑｽﾞ"},
		{"ﬁrma", "FIRMA"},
	} {
		for _, name := range same[1:] {
			if keyOf(t, name, "DE") != keyOf(t, same[0], "de") {
				t.Errorf("%q and %q are told apart", name, same[0])
			}
		}
	}
}

func TestOtherPartner(t *testing.T) {
	distinct := map[Key]string{}
	for _, name := range []string{"Acme", "Acme Inc", "Acme Ltd", "Acme Inc Ltd", "AcmeInc", "Inc", "Co", "Acme Holding", "A.B.C", "ABC", "Acme & Co", "Acme Co",
		"Acme Incorporated", "Acme Coltd", "Acme Co Ltd", "Acme Ltd Co", "Müller", "Muller", "Mueller", "みそら株式会社", "株式会社みそら", "(株)みそら",
		"Foo (UK) Ltd", "Foo UK Ltd", "Foo Ltd (UK)", "Booking.com BV", "Booking BV", "SAS", "S.A.S.", "J.P. Ltd", "JP Ltd", "Acme As", "Acmeas", "A1", "A 1",
		"Acme KG", "Acme AG", "Acme A", "Acme S A Smith", "AT&T Inc", "AT T Inc", "O'Neil", "ONeil", "Ş", "S"} {
		k := keyOf(t, name, "DE")
		if other, ok := distinct[k]; ok {
			t.Errorf("%q and %q are one partner", name, other)
		}
		distinct[k] = name
	}
	if keyOf(t, "Acme", "DE") == keyOf(t, "Acme", "AT") {
		t.Error("the country does not count")
	}
}

// TestUnseenIsNoOtherPartner: a name that the API or an old ledger has, with characters
// that nobody sees, is the one without them.
func TestUnseenIsNoOtherPartner(t *testing.T) {
	for _, name := range []string{"Ac\u00adme", "Ac\u200bme", "Ac\u200d\ufe0fme", "A\u200ec\u2060me\u202c"} {
		if NameKey(name) != NameKey("Acme") {
			t.Errorf("%q is another partner than Acme", name)
		}
	}
}

// TestKeysNeverChange pins keys: ledgers hold them.
func TestKeysNeverChange(t *testing.T) {
	for name, want := range map[string]string{
		"Acme":                 "8049d5ca61fd4ad279a7cbfff9862cc2",
		"Acme, Inc.":           "5284ef397e8a8166f9ee32ac6ded1251",
		"Foo Co.,Ltd.":         "59ea343b14d07cdbd1a4974dc958ce49",
		"Müller GmbH & Co. KG": "a6cc8c7d56f64b52977e7415a1ec00b3",
		"IŞIK BİLİŞİM A.Ş.":    "a0916b85440304645e1a1b08ee356875",
		"株式会社みそら":              "f99ea695744a085c07d66b75ad62fb67",
		"شرکت نرم\u200cافزار":  "bc35fe10a162ca4705460ae148fddfe5",
		"ශ්\u200dරී ලංකා":      "fd32b5e3f357cd7dbd29b4dda83998d1",
		"葛\U000e0100城 株式会社":    "da889de3c107b2abbb2102724821a113",
		"👩\u200d💻 GmbH":        "07d08564c6d1be7efb6fa0d28dd61aa3",
		"บริษัท\u200bซอฟต์แวร์": "a2bb05bfd33c0cabdf675ffddc6d928a",
		"Café ❤\ufe0f Ltd.":     "164871e8de15ed79e12f81a28412825c",
		"주식회사 한국":               "484145b79a574e63a074e3901c25a23a",
		"ᠮᠣᠩᠭᠣᠯ ᠰᠠᠷ\u180eᠠ":     "cef3a524c3f5a3796e871e82fddc555a",
	} {
		key := keyOf(t, name, "DE")
		if got := hex.EncodeToString(key[:]); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

var words = regexp.MustCompile(`&|[^ ,.()/&]+`)

// companyForms are the forms that are part of the rule. None may be taken away
// and none added: the ledger would forget partners.
var companyForms = strings.Fields(`inc incorporated llc lllp llp lp ltd limited ltee ltée corp corporation co company plc pllc pc cic ulc
	pty pvt pte private p opc sdn bhd tbk
	gmbh mbh ges gesmbh ggmbh ag kg kgaa ohg og ug haftungsbeschränkt gbr ek ev eg se sce partg
	sa sas sasu sarl sàrl eurl snc sci srl srls spa ss sl slu sau sc cv rl sab sapi bv nv vof bvba sprl vzw asbl
	ab as asa aps is ks hb kb oy oyj abp ehf hf ou oü uab sia ad dd doo dooel ood eood zoo oo sp spj spk sro vos zrt nyrt kft bt
	lda ltda sgps me epp eireli aş aș şti sti ae epe oe αε επε οε ικε kk gk de z`)

// slowForm finds the company form word by word: the longest one first.
func slowForm(name string) (rest, form string) {
	rest = name
	for found := true; found; {
		found = false
		at := words.FindAllStringIndex(rest, -1)
		for k := min(4, len(at)); k > 0 && !found; k-- {
			last, joined, letters := at[len(at)-k:], "", true
			for _, w := range last {
				joined += rest[w[0]:w[1]]
				letters = letters && utf8.RuneCountInString(rest[w[0]:w[1]]) == 1
			}
			before := rest[:last[0][0]]
			if (slices.Contains(companyForms, joined) && (k == 1 || letters) || joined == "&") && strings.Trim(before, " ,.()/") != "" {
				rest, form, found = before, joined+form, true
			}
		}
	}
	return rest, form
}

// slowKey is the rule of KeyOf in the words of regexp and fmt.
func slowKey(name, country string) Key {
	name = normalise(name)
	if rest, form := slowForm(name); form != "" {
		name = strings.TrimRight(rest, " ,(") + "\x1f" + form
	}
	country = normalise(country)
	sum := sha256.Sum256(fmt.Appendf(nil, "company_name=%d:%s;country=%d:%s;", len(name), name, len(country), country))
	return Key(sum[:16])
}

// TestKeyIsTheSlowOne compares the keys of many made-up names with those of
// the plain formulation.
func TestKeyIsTheSlowOne(t *testing.T) {
	parts := []string{" ", " ", ", ", ". ", ".", ",", "/", "(", ")", "&", " & ", "-", "Acme", "a", "S", "A", "P", "o", "V", "z", "Müller", "İŞ", "ß", "ﬁ", "\u00a0",
		"\u200b", "\u0301", "株式会社", "Ａ", "𠮷", "\xff", strings.Repeat("long ", 120)}
	for _, form := range companyForms {
		parts = append(parts, form, strings.ToUpper(form)+".")
	}
	slices.Sort(parts)
	random := rand.New(rand.NewPCG(1, 2))
	for range 50_000 {
		var name strings.Builder
		for range 1 + random.IntN(8) {
			name.WriteString(parts[random.IntN(len(parts))])
		}
		p := Partner{row: &Row{CompanyName: name.String(), Country: "DE"}}
		if KeyOf(&p, DefaultKey) != slowKey(name.String(), "DE") {
			t.Fatalf("%q has another key", name.String())
		}
	}
}

// FuzzNormalise holds that the ASCII path is the rule, and that what is normal
// stays so.
func FuzzNormalise(f *testing.F) {
	for _, s := range []string{"Acme  Ltd ", "  ", "", "\x7f", "a\tb", "İI ıi", "ΑΣ ς", "ẞß", "é e\u0301", "ﬀ", "\u1fb3\u0345", "a\u200b\u0301", "\xff", "\u00adi\u0307"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want := normalise(s)
		if got := string(normal(nil, s)); got != want {
			t.Errorf("%q: got %q, want %q", s, got, want)
		}
		if strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Cherokee, r) }) {
			return // x/text swaps the cases of this script instead of folding them
		}
		if again := normalise(want); again != want {
			t.Errorf("%q: %q is %q when normalised again", s, want, again)
		}
	})
}

// TestNormalLatin: whatever stands beside a letter, it has its own normal form.
func TestNormalLatin(t *testing.T) {
	for a := ' '; a <= lastLatin; a++ {
		for b := ' '; b <= lastLatin; b++ {
			s := string([]rune{a, b, ' ', ' ', b, a})
			if got, want := string(normal(nil, s)), normalise(s); got != want {
				t.Fatalf("%q: got %q, want %q", s, got, want)
			}
		}
	}
}

// TestNormalASCII puts every character of ASCII beside every other one at each place
// of the eight that are folded at a time.
func TestNormalASCII(t *testing.T) {
	for a := byte(0); a < 0x80; a++ {
		for b := byte(0); b < 0x80; b++ {
			for at := range 9 {
				s := []byte("Ab cdEFg hIjk LMn")
				s[at], s[at+1] = a, b
				if got, want := string(normal(nil, string(s))), normalise(string(s)); got != want {
					t.Fatalf("%q: got %q, want %q", s, got, want)
				}
			}
		}
	}
}
