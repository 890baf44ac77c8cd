package sheet

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/transform"
)

// decode reads d in the named encoding, at once or byte by byte.
func decode(t testing.TB, name string, d []byte, slow bool) []byte {
	t.Helper()
	r := io.Reader(bytes.NewReader(d))
	if slow {
		r = iotest.OneByteReader(r)
	}
	got, err := io.ReadAll(transform.NewReader(r, newDecoder(name)))
	if err != nil {
		t.Fatalf("%s: %q: %v", name, d, err)
	}
	return got
}

func TestDecode(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"windows-1252", "M\xfcller \x80\x81", "Müller €\x81"},
		{"windows-1253", "\xc1\xd2\xc1", "Α\xd2Α"},   // D2 is no letter there
		{"windows-1253", "\xd2\xaa", "\xd2\xff\xaa"}, // side by side they would be a letter of UTF-8
		{"iso-8859-8", "\xe0\xc3\xa1,\xa1\xc3\n", "א\xc3\xff\xa1,\xa1\xc3\n"},
		{"shift_jis", "\x93\xfa\x96\x7b", "日本"},
		{"shift_jis", "a\x81", "a\x81"},                // cut in the middle
		{"shift_jis", "\x81,\x81\n", "\x81,\x81\n"},    // the comma and the line break stay what they are
		{"shift_jis", "\x81\xad\x93\xfa", "\x81\xad日"}, // no such character
		{"euc-jp", "\xc6\xfc\xcb\xdc\x8f\xa1", "日本\x8f\xa1"},
		{"gb18030", "\x84\x31\xa4\x37", "\ufffd"}, // U+FFFD itself is text
		{"gb18030", "\xfe9\xfe9\"\xff", "\xfe9\xfe9\"\xff"},
		{"big5", "\x88\x62\xa4\xa4", "\u00ca\u0304中"}, // one that is two characters
		{"euc-kr", "\xb1\xe8\xb1", "김\xb1"},
		{"iso-2022-jp", "\x1b$BF|K\\\x1b(B,\x1b$BF|\r\nx", "日本,日\r\nx"}, // an escape ends with its line
		{"iso-2022-jp", "\x1b$B\".\"/F|\x1b(B\",\xfc", "〓\xff日\",\xff"},
		{"UTF-16LE", "M\x00\xfc\x00\x3d\xd8\x00\xde\n\x00", "Mü😀\n"},
		{"UTF-16BE", "\x00M\xd8\x00\x00,\xdc\x00\x00\n\x00", "M\xed\xa0\x80,\xed\xb0\x80\n\xff"}, // two halves and half a unit
		{"UTF-16LE", "\x3d\xd8", "\xed\xa0\xbd"},
		{"euc-jp", "\x8f\x8e\xb1", "\x8fｱ"},
	} {
		for _, slow := range []bool{false, true} {
			if got := decode(t, tc.name, []byte(tc.in), slow); string(got) != tc.want {
				t.Errorf("%s: %q gives %q, want %q (byte by byte: %v)", tc.name, tc.in, got, tc.want, slow)
			}
		}
	}
}

// FuzzDecode: byte by byte gives the same as at once; text is what x/text
// makes of it, and what is no text to x/text is none in UTF-8 either; no line
// break is lost or made.
func FuzzDecode(f *testing.F) {
	for i, name := range usual {
		f.Add(byte(i), []byte("a,\xe9\"\r\n\x81\x40\xff"))
		for _, text := range lists[name] {
			f.Add(byte(i), []byte(encoded(f, name, text)))
		}
	}
	f.Fuzz(func(t *testing.T, which byte, d []byte) {
		name := usual[int(which)%len(usual)]
		if name == "utf-8" {
			return
		}
		got := decode(t, name, d, false)
		if slow := decode(t, name, d, true); !bytes.Equal(got, slow) {
			t.Fatalf("%s: %q gives %q, and byte by byte %q", name, d, got, slow)
		}
		enc, err := htmlindex.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := enc.NewDecoder().Bytes(d)
		if err != nil {
			t.Fatal(err)
		}
		if name == "iso-2022-jp" {
			if breaksIn(got) != breaksIn(d) || bytes.Contains(got, replacement) {
				t.Fatalf("%s: %q gives %q", name, d, got)
			}
			return
		}
		bad := bytes.Count(plain, replacement) - bytes.Count(got, replacement) // U+FFFD that is text stays
		if utf8.Valid(got) != (bad == 0) || bad == 0 && !bytes.Equal(got, plain) {
			t.Fatalf("%s: %q gives %q, and with x/text %q", name, d, got, plain)
		}
		if !strings.HasPrefix(name, "utf-16") && breaksIn(got) != breaksIn(d) {
			t.Fatalf("%s: %q has other line breaks as %q", name, d, got)
		}
	})
}
