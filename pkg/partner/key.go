package partner

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Key tells whether two rows are the same partner: 128 bits of the SHA-256 of
// the normalised key fields. At ten million rows the chance that two
// different partners share one is below 1 in 10^24.
type Key [16]byte

// DefaultKey is what makes a partner the same one, unless the operator says
// otherwise.
var DefaultKey = []Field{CompanyName, Country}

// KeyOf computes the key of a partner from the given fields: a hash of its
// identity.
func KeyOf(p *Partner, fields []Field) Key {
	var buf [192]byte // on the stack, and enough for nearly all
	sum := sha256.Sum256(AppendIdentity(buf[:0], p, fields))
	return Key(sum[:16])
}

// AppendIdentity appends what two rows have in common when they are the same
// partner. Names compare after Unicode NFKC and case folding, with runs of white
// space as one, invisible characters as none, and the punctuation of a trailing
// company form left aside, so that "Acme, Inc." and "ACME  Inc" are one partner.
// Changing this rule would make the ledger forget what it created: don't.
func AppendIdentity(b []byte, p *Partner, fields []Field) []byte {
	var buf [128]byte
	for _, f := range fields {
		v := normal(buf[:0], p.At(f))
		if f == CompanyName {
			v = companyForm(v)
		}
		b = append(append(b, Specs[f].Name...), '=')
		if n := len(v); n >= 10 && n < 100 { // nearly always
			b = append(b, byte('0'+n/10), byte('0'+n%10))
		} else {
			b = strconv.AppendInt(b, int64(n), 10)
		}
		b = append(append(append(b, ':'), v...), ';')
	}
	return b
}

// normal is a value as it is compared, in the memory of b. ASCII and the letters
// of latinAt, of which most names are, need no tables of Unicode: each of them has
// its normal form whatever stands beside it.
func normal(b []byte, s string) []byte {
	b = slices.Grow(b, len(s))
	out := b[:cap(b)]
	n := foldPlain(out, s)
	before := byte(' ')
	if n > 0 {
		before = out[n-1]
	}
	for i := n; i < len(s); i++ {
		c := foldedASCII[s[i]]
		if c == 0 {
			return normalTail(out[:n], s, i)
		}
		if c|before == ' ' { // both are spaces
			continue
		}
		out[n] = c
		n++
		before = c
	}
	if n > 0 && before == ' ' {
		n--
	}
	return out[:n]
}

// foldPlain puts s into out in lower case, eight bytes at a time, as far as it is
// printable ASCII without two spaces in a row or one at its start. It returns how
// far that is.
func foldPlain(out []byte, s string) (n int) {
	const each, high = 0x0101010101010101, 0x8080808080808080 // the lowest and the highest bit of each byte
	before := uint64(0x80)                                    // as a space, of the byte before
	for ; n+8 <= len(s) && n+8 <= len(out); n += 8 {
		t := s[n : n+8]
		w := uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24 | uint64(t[4])<<32 | uint64(t[5])<<40 | uint64(t[6])<<48 | uint64(t[7])<<56
		low := w &^ high // so that no sum carries into the next byte
		printable := (low + (0x80-' ')*each) &^ (low + each) &^ w & high
		space := ^((low ^ ' '*each) + 0x7f*each) & high
		if printable != high || space&(space<<8|before) != 0 {
			break
		}
		capital := (low + (0x80-'A')*each) &^ (low + (0x80-'Z'-1)*each) & high
		binary.LittleEndian.PutUint64(out[n:], w|capital>>2)
		before = space >> 56
	}
	return n
}

// normalTail goes on behind the ASCII characters that s begins with.
func normalTail(b []byte, s string, i int) []byte {
	gap := len(b) > 0 && b[len(b)-1] == ' '
	if gap {
		b = b[:len(b)-1]
	}
	for ; i < len(s); i++ {
		c := foldedASCII[s[i]]
		if c == ' ' {
			gap = len(b) > 0
			continue
		}
		if gap {
			b = append(b, ' ')
			gap = false
		}
		if c != 0 {
			b = append(b, c)
			continue
		}
		r, ok := latinAt(s, i)
		if !ok {
			return append(b[:0], normalise(s)...)
		}
		b = append(b, normalLatin()[r-firstLatin]...)
		i++
	}
	return b
}

// foldedASCII are the printable characters of ASCII in lower case; 0 for others.
var foldedASCII = func() (t [256]byte) {
	for c := byte(' '); c < 0x7f; c++ {
		t[c] = c
		if upper(c) {
			t[c] = c | 0x20
		}
	}
	return t
}()

// normalLatin are the normal forms of the letters of latinAt.
var normalLatin = sync.OnceValue(func() (t *[lastLatin - firstLatin + 1]string) {
	t = new([lastLatin - firstLatin + 1]string)
	for r := firstLatin; r <= lastLatin; r++ {
		t[r-firstLatin] = normalise(string(r))
	}
	return t
})

// normalise is the rule in full. Folding can undo the normal form, and the
// other way round, hence again and again.
func normalise(s string) string {
	s = norm.NFKC.String(cases.Fold().String(norm.NFKC.String(s)))
	s = strings.ReplaceAll(strings.Map(foldMore, s), "i\u0307", "i")
	return strings.Join(strings.FieldsFunc(norm.NFKC.String(s), keySpace), " ")
}

// keySpace parts the words of a key. It is a part of the rule, and older than unseen.
func keySpace(r rune) bool {
	switch r {
	case '\u200b', '\u200c', '\u200d', '\u2060', '\ufeff':
		return true
	}
	return unicode.IsSpace(r)
}

// foldMore finishes what case folding leaves open. Of the Turkish pairs Iı and
// İi a fold makes three letters: here they are one, or a name in capitals
// would be another one. Characters that nobody sees (soft hyphens, zero-width
// spaces, variation selectors) make no other name.
func foldMore(r rune) rune {
	switch {
	case r == 'ı':
		return 'i'
	case r >= 0x7f && unicode.In(r, unicode.Cf, unicode.Variation_Selector):
		return -1
	}
	return r
}
