package partner

import (
	"strings"
	"testing"
)

func TestEmail(t *testing.T) {
	long := strings.Repeat
	good := []string{
		"a@b.co", "tm@trendmicro.com", "first.last@example.com", "first_last@example.com", "first-last@example.com", "1@example.com",
		"a.b.c.d@example.com", "_@example.com", "-a@example.com", "a-@example.com", "A@EXAMPLE.COM", "a@1.com", "a@1a.com",
		"a@a-b.com", "a@a--b.com", "a@sub.sub.example.com", "a@example.museum", "a@xn--mnchen-3ya.de", "a@example.x1",
		long("a", 64) + "@example.com", "a@" + long("b", 63) + ".com", "a_b.c-d@e-f.gh", "a@example.co.uk", "0.0@0.aa",
	}
	bad := []string{
		"a", "@", "a@", "@b.com", "a@b", "a@b.", "a@.b", "a@b..com", ".a@b.com", "a.@b.com", "a..b@c.com", "a@@b.com", "a@b@c.com",
		"a b@c.com", "a@b c.com", "a+b@c.com", "o'neil@c.com", "a@b.c", "a@b.1", "a@1.2.3.4", "a@127.0.0.1", "a@[127.0.0.1]", "a@b_c.com",
		"a@-b.com", "a@b-.com", "a@b.-com", "a@b.com-", "é@example.com", "a@exämple.com", "a@例え.jp", "a,b@c.com", "a;b@c.com", "<a@b.com>",
		"mailto:a@b.com", "\"a\"@b.com", "a@b.com.", "a@b.com,", "a@b.com;c@d.com", "a/b@c.com", "a%b@c.com", "a!b@c.com", "a#b@c.com",
		"a$b@c.com", "a&b@c.com", "a*b@c.com", "a=b@c.com", "a?b@c.com", "a^b@c.com", "a`b@c.com", "a{b@c.com", "a|b@c.com", "a}b@c.com",
		"a~b@c.com", "(a)@b.com", "a:b@c.com", "a\\b@c.com", "a[b@c.com", "a]b@c.com", "a@b.co m", "a\u200b@b.com", "a\u00a0@b.com", "ａ@b.com",
		"a＠b.com", long("a", 65) + "@example.com", "a@" + long("b", 64) + ".com", "a@" + long("b.", 30) + "c", "name at example.com", "a@b.com (work)",
		"a@example", "https://a@b.com", "a@http://b.com", "#N/A", "n/a", "none", "-", "a.b.com", "@", "a@.", ".@b.com", "..@b.com", "a@..", "a@b.c1.2",
	}
	if len(good)+len(bad) < 100 {
		t.Errorf("%d cases are too few", len(good)+len(bad))
	}
	for _, s := range good {
		if why := emailFault(s); why != "" {
			t.Errorf("%q is refused: %s", s, why)
		}
	}
	for _, s := range bad {
		if why := emailFault(s); why == "" {
			t.Errorf("%q is accepted", s)
		}
	}
}

func TestEmailExact(t *testing.T) {
	for in, want := range map[string]string{
		"<a@b.com>": "a@b.com", "mailto:a@b.com": "a@b.com", "Ann Lee <a@b.com>": "a@b.com", "<MAILTO:a@b.com>": "a@b.com", "Ann Lee<a@b.com>;": "a@b.com",
		"\"Lee, Ann\" <a@b.com>": "a@b.com", "mailto:a@b.com?subject=Hi": "a@b.com", "< a@b.com >": "a@b.com", "<a@b.com.>": "a@b.com",
		"a@b.com.": "a@b.com", "a@b.com,": "a@b.com", "a@b.com;": "a@b.com", "a@b.com ;": "a@b.com",
		"ａ＠ｂ．ｃｏｍ": "a@b.com", "a＠b.com": "a@b.com", "ａ１@b.com": "a1@b.com", "＜a@b.com＞": "a@b.com",
		"a@b.com": "", "a+b@c.com": "", "<nobody>": "", "mailto:": "", "": "", ".": "", "<>": "", "a@b.com;c@d.com": "", "a@b.com, c@d.com": "", "<a@b.com> <c@d.com> x": "",
		"a@b,com": "", "a@b.con,m": "", "a at b.com": "", "é@b.com": "", "a@b²com": "", "mailto:mailto:a@b.com": "", "<" + strings.Repeat("a", 130) + "@b.com>": "",
	} {
		if got := emailExact(in); got != want {
			t.Errorf("emailExact(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCutAt(t *testing.T) {
	row := func(company, last string) *Row {
		return &Row{CompanyName: company, FirstName: "Jörg", LastName: last, City: "Köln"}
	}
	for _, tc := range []struct {
		email string
		row   *Row
		want  string
	}{
		{"info@m", row("Müller & Söhne GmbH", "Lee"), "was it cut before the ü of Müller?"},
		{"info@M", row("Müller", "Lee"), "was it cut before the ü of Müller?"},
		{"info@zaunk", row("Zaunkönig IT", "Lee"), "was it cut before the ö of Zaunkönig?"},
		{"info@it-zaunk", row("Zaunkönig IT", "Lee"), "was it cut before the ö of Zaunkönig?"},
		{"info@", row("Überlingen AG", "Lee"), "was it cut before the Ü of Überlingen?"},
		{"a.m", row("Acme", "Müller"), "was it cut before the ü of Müller?"},
		{"j", row("Acme", "Lee"), "was it cut before the ö of Jörg?"},
		{"info@acme", row("Acme", "Lee"), ""},
		{"info@m", row("Mueller", "Lee"), ""},
		{"info@m.de", row("Müller", "Lee"), ""},
		{"info@mu", row("Müller", "Lee"), ""},
		{"info@müller", row("Müller", "Lee"), ""},
		{"a.", row("Acme", "Über"), ""},
		{"x", row("M\xfcller", "Lee"), ""},
		{"m", row("M\xfcller", "Lee"), ""},
	} {
		if got := cutAt(tc.email, tc.row); got != tc.want {
			t.Errorf("%q of %q, %q: got %q, want %q", tc.email, tc.row.CompanyName, tc.row.LastName, got, tc.want)
		}
	}
	cut := good()
	cut.CompanyName, cut.Email = "Müller", "info@m"
	if _, problems := NewRules().Check(cut); len(problems) != 1 || problems[0].Hint != "was it cut before the ü of Müller?" {
		t.Errorf("the row's problems are %+v", problems)
	}
}

// FuzzEmail: the short answer is that of the long one.
func FuzzEmail(f *testing.F) {
	for _, s := range []string{"", "a@b.co", "a.b@c-d.e_f.co", ".a@b.co", "a.@b.co", "a..b@c.co", "@b.co", "a@", "a@b", "a@b.c", "a@b.1", "a@b.12", "a@b.1a",
		"a@b..co", "a@.co", "a@b.co.", "a@-b.co", "a@b-.co", "a@b.co-", "a@b.-co", "a@b@c.co", "-@b.co", "a_b@c.co", "ü@b.co", "a b@c.co",
		strings.Repeat("a", 64) + "@b.co", strings.Repeat("a", 65) + "@b.co", "a@" + strings.Repeat("b", 63) + ".co", "a@" + strings.Repeat("b", 64) + ".co",
		"a@b." + strings.Repeat("c", 63), "a@b." + strings.Repeat("c", 64)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if fault := emailFault(s); isEmail(s) != (fault == "") {
			t.Errorf("isEmail(%q) is %v, and the fault %q", s, isEmail(s), fault)
		}
	})
}
