package partner

import (
	"crypto/sha256"
	"fmt"
	"strings"

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

// KeyOf computes the key of a partner from the given fields. Names compare
// after Unicode NFKC and case folding, with runs of white space as one and the
// punctuation of a trailing company form left aside, so that "Acme, Inc." and
// "ACME  Inc" are one partner. Changing this rule would make the ledger
// forget what it created: don't.
func KeyOf(p *Partner, fields []Field) Key {
	h := sha256.New()
	for _, f := range fields {
		s := normalise(p.At(f))
		if f == CompanyName {
			s = companyForm(s)
		}
		fmt.Fprintf(h, "%s=%d:%s;", f, len(s), s)
	}
	return Key(h.Sum(nil)[:16])
}

func normalise(s string) string {
	if !lowerPlain(s) {
		// Folding can undo the normal form and the other way round, hence twice.
		s = norm.NFKC.String(cases.Fold().String(norm.NFKC.String(s)))
	}
	return strings.Join(strings.FieldsFunc(s, invisible), " ")
}

func lowerPlain(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x7f || s[i] < 0x20 || 'A' <= s[i] && s[i] <= 'Z' {
			return false
		}
	}
	return true
}

// companyForms are the legal forms whose punctuation people write either way,
// folded and without periods.
var companyForms = map[string]bool{
	"inc": true, "llc": true, "ltd": true, "limited": true, "corp": true, "co": true, "plc": true, "lp": true, "llp": true,
	"pty": true, "pvt": true, "pte": true, "gmbh": true, "ag": true, "kg": true, "ohg": true, "ug": true, "se": true, "ek": true,
	"sa": true, "sas": true, "sarl": true, "srl": true, "spa": true, "bv": true, "nv": true, "ab": true, "as": true,
	"oy": true, "kk": true, "gk": true, "sl": true, "lda": true, "ltda": true, "kft": true, "sro": true,
}

// companyForm takes the punctuation off the company form at the end of a
// normalised name, and the comma before it. The form itself stays: Acme and
// Acme Inc may be two companies.
func companyForm(name string) string {
	words := strings.Split(name, " ")
	i := len(words)
	for i > 1 {
		bare := strings.ReplaceAll(strings.Trim(words[i-1], ",."), ".", "")
		if !companyForms[bare] && words[i-1] != "&" {
			break
		}
		if bare != "" {
			words[i-1] = bare
		}
		i--
	}
	if i < len(words) {
		if w := strings.TrimRight(words[i-1], ","); w != "" {
			words[i-1] = w
		}
	}
	return strings.Join(words, " ")
}
