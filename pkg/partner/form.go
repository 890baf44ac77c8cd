package partner

import (
	"strings"
	"unicode/utf8"
)

// legalForms are the legal forms whose punctuation people write either way,
// folded, without periods and spaces, and what stands between two of them.
const legalForms = "inc incorporated llc lllp llp lp ltd limited ltee ltée corp corporation co company plc pllc pc cic ulc pty pvt pte private p opc " +
	"sdn bhd tbk gmbh mbh ges gesmbh ggmbh ag kg kgaa ohg og ug haftungsbeschränkt gbr ek ev eg se sce partg sa sas sasu sarl sàrl eurl snc sci srl " +
	"srls spa ss sl slu sau sc cv rl sab sapi bv nv vof bvba sprl vzw asbl ab as asa aps is ks hb kb oy oyj abp ehf hf ou oü uab sia ad dd doo dooel " +
	"ood eood zoo oo sp spj spk sro vos zrt nyrt kft bt lda ltda sgps me epp eireli aş aș şti sti ae epe oe αε επε οε ικε kk gk de z"

// formTable finds a form by its ends and length: every name that is read asks for
// its last two words.
var formTable = func() (t [1024][]string) {
	for form := range strings.FieldsSeq(legalForms) {
		i := formIndex([]byte(form))
		t[i] = append(t[i], form)
	}
	return t
}()

func formIndex(word []byte) int {
	return (int(word[0]) + 5*int(word[len(word)-1]) + 37*len(word)) % 1024
}

func isCompanyForm(word []byte) bool {
	if len(word) == 0 {
		return false
	}
	for _, form := range formTable[formIndex(word)] {
		if form == string(word) {
			return true
		}
	}
	return false
}

// companyForm takes the punctuation and spaces out of the company form at the
// end of a normalised name, and the comma before it: "acme co., ltd." and
// "acme co.,ltd", "acme s. p. a." and "acme spa". The form itself stays, behind
// a mark: Acme and Acme Inc may be two companies.
func companyForm(name []byte) []byte {
	start := len(name)
	for {
		s := lastForm(name[:start])
		if s < 0 {
			break
		}
		start = s
	}
	if start == len(name) {
		return name
	}
	var buf [64]byte
	form := bare(buf[:0], name[start:])
	for start > 0 && (name[start-1] == ' ' || name[start-1] == ',' || name[start-1] == '(') {
		start--
	}
	return append(append(name[:start], '\x1f'), form...)
}

// lastForm is where the company form begins that ends the name, or -1. A form
// is one word, or up to four letters in words of their own, and there is a
// name before it.
func lastForm(name []byte) (found int) {
	found = -1
	end := trimPunctuation(name, len(name))
	if end > 0 && name[end-1] == '&' && trimPunctuation(name, end-1) > 0 {
		return end - 1
	}
	var buf [64]byte
	start := end
	for range 4 {
		wordEnd := trimPunctuation(name, start)
		word := wordStart(name, wordEnd)
		if single := wordEnd-word <= utf8.UTFMax && utf8.RuneCount(name[word:wordEnd]) == 1; !single {
			if start == end && isCompanyForm(name[word:end]) && trimPunctuation(name, word) > 0 {
				found = word
			}
			break
		}
		if trimPunctuation(name, word) == 0 {
			break
		}
		start = word
		if isCompanyForm(bare(buf[:0], name[start:end])) {
			found = start
		}
	}
	return found
}

// punctuation may stand in and around a form.
func punctuation(c byte) bool { return isPunctuation[c] }

var isPunctuation = [256]bool{' ': true, ',': true, '.': true, '(': true, ')': true, '/': true}

func trimPunctuation(b []byte, end int) int {
	for end > 0 && punctuation(b[end-1]) {
		end--
	}
	return end
}

func wordStart(b []byte, end int) int {
	for end > 0 && !punctuation(b[end-1]) && b[end-1] != '&' {
		end--
	}
	return end
}

func bare(dst, form []byte) []byte {
	for _, c := range form {
		if !punctuation(c) {
			dst = append(dst, c)
		}
	}
	return dst
}
