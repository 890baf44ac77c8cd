package ledger

import (
	"crypto/sha256"
	"testing"
)

func FuzzPack(f *testing.F) {
	in := testIntent(1)
	f.Add(string(in.Body), "")
	f.Add(created(1, 1).Link, created(1, 1).Token)
	f.Add("a\x01b", "b")
	f.Add("\x00", "\x00")
	f.Add("", "x")
	f.Add("aaa", "aa")
	f.Add("\xff\x1f", "\xff")
	f.Add(`","name":"`, `"`)
	f.Fuzz(func(t *testing.T, s, token string) {
		if got := unpack(string(pack(s, token)), token); got != s {
			t.Errorf("pack(%q, %q) comes back as %q", s, token, got)
		}
		sum := sha256.Sum256([]byte(s))
		for _, f := range []Fingerprint{sum, {}, {1}} {
			packed := packPrint(f, []byte(s))
			if got := unpackPrint(packed, []byte(s)); got != f || (len(packed) == 0) != (f == sum) {
				t.Errorf("fingerprint %x of %q takes %d bytes and comes back as %x", f, s, len(packed), got)
			}
		}
		if got := unpackTrace(packTrace(s)); got != s {
			t.Errorf("packTrace(%q) comes back as %q", s, got)
		}
	})
}

func TestPackShortens(t *testing.T) {
	in := testIntent(1)
	if n := len(pack(string(in.Body), "")); n > 60 {
		t.Errorf("a body of %d bytes takes %d", len(in.Body), n)
	}
	o := created(1, 1)
	if n := len(pack(o.Link, o.Token)); n != 2 {
		t.Errorf("a link takes %d bytes", n)
	}
	for trace, want := range map[string]int{testTrace(1): 16, "00000000-0000-4000-8000-00000000000A": 36} {
		n := 0
		switch v := packTrace(trace).(type) {
		case []byte:
			n = len(v)
		case string:
			n = len(v)
		}
		if n != want {
			t.Errorf("trace %s takes %d bytes, want %d", trace, n, want)
		}
	}
}
