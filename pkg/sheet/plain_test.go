package sheet

import (
	"strings"
	"testing"
)

// FuzzPlain: a record is plain when each of its cells is, and only then, unless
// it is between tabs and quoted.
func FuzzPlain(f *testing.F) {
	for _, s := range []string{"", "a,b", "Acme Ltd,GB,UK,Ann,Lee,ann@example.com", "Müller,DE", "{{name}},GB", "a\x7fbcdefgh,12345678", "a\tb\tc", "\"a\tb\"\tc",
		"\"a\nb\",cdefghijkl", "a\x00b", "\x1f\x20~\x80", "ab{", "12345678\r"} {
		f.Add(uint8(0), s)
		f.Add(uint8(2), s)
	}
	f.Fuzz(func(t *testing.T, which uint8, record string) {
		delim := ",;\t|"[which%4]
		want := true
		for _, cell := range cellTexts([]byte(record), delim) {
			want = want && !strings.ContainsFunc(cell, func(r rune) bool { return r < ' ' || r > '~' || r == '{' })
		}
		got := plain([]byte(record), delim)
		tabs := delim == '\t' && strings.Contains(record, `"`)
		if got && !want || want && !got && !tabs && strings.TrimRight(record, "\r\n") == record {
			t.Errorf("plain is %v of %q, and its cells %v", got, record, want)
		}
	})
}
