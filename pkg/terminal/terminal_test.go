package terminal

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"":                                      "",
		"Köln 株式会社 e\u0301":                     "Köln 株式会社 e\u0301",
		"a\x1b[2Jb":                             `a\x1b[2Jb`,
		"a\nNext  rm\r\tb\x00":                  `a\nNext  rm\r\tb\x00`,
		"\u009b2J\x7f":                          `\u009b2J\x7f`,
		"gpj\u202efdp\u200e":                    `gpj\u202efdp\u200e`,
		"a\u200b\u00ad\ufeff\u2060\u3164\u034f": `a\u200b\u00ad\ufeff\u2060\u3164\u034f`,
		"a\u2028b\u2029\U000e0041":              `a\u2028b\u2029\U000e0041`,
		"M\xfcller\xff":                         `M\xfcller\xff`,
		"\ufffd":                                "\ufffd",
		"می\u200cخواهم ❤\ufe0f👩\u200d💻": "می\u200cخواهم ❤\ufe0f👩\u200d💻",
	} {
		if got := Text(in); got != want {
			t.Errorf("Text(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestError(t *testing.T) {
	joined := errors.Join(errors.New("a\nb"), errors.Join(errors.New("c"), errors.New("d\x1b")))
	for _, tc := range []struct {
		err  error
		want string
	}{
		{errors.New("x\ny"), `x\ny`},
		{joined, `a\nb` + "\nc\n" + `d\x1b`},
		{fmt.Errorf("f\r: %w; hint", joined), `f\r: a\nb` + "\nc\n" + `d\x1b; hint`},
		{fmt.Errorf("%w\n%w", errors.New("x"), errors.New("y")), "x\ny"},
		{fmt.Errorf("%w and\n%w", errors.New("x"), errors.New("y")), `x and\ny`},
	} {
		if got := Error(tc.err); got != tc.want {
			t.Errorf("Error(%q) = %q, want %q", tc.err, got, tc.want)
		}
	}
}

func TestSprintf(t *testing.T) {
	got := Sprintf("\n%s %d %v", "a\nb", 7, errors.New("\x1b"))
	if want := "\n" + `a\nb 7 \x1b`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestJSON(t *testing.T) {
	want := "a\u202e\u009b\x7f\U000e0041株<&>\u00ad"
	document, err := json.Marshal(map[string]string{want: want})
	if err != nil {
		t.Fatal(err)
	}
	safe := JSON(document)
	var got map[string]string
	if err := json.Unmarshal(safe, &got); err != nil || got[want] != want || Text(string(safe)) != string(safe) {
		t.Errorf("%s became %s: %v", document, safe, err)
	}
}

func TestWriter(t *testing.T) {
	const in = "\r\x1b[31mbad\x1b[0m\x1b[2J\x1b]0;t\a\u202e\n"
	for _, tc := range []struct {
		live bool
		want string
	}{
		{true, "\r\x1b[31mbad\x1b[0m" + `\x1b[2J\x1b]0;t\x07\u202e` + "\n"},
		{false, `\r\x1b[31mbad\x1b[0m\x1b[2J\x1b]0;t\x07\u202e` + "\n"},
	} {
		var b strings.Builder
		if n, err := fmt.Fprint(Writer{&b, tc.live}, in); b.String() != tc.want || n != len(in) || err != nil {
			t.Errorf("%q, %d, %v; want %q", b.String(), n, err, tc.want)
		}
	}
}
