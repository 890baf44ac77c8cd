package partner

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

// allUnseen are the characters that nobody sees, from the tables alone.
func allUnseen() (all []rune) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if r == '\u2800' || unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) &&
			!unicode.Is(unicode.Prepended_Concatenation_Mark, r) {
			all = append(all, r)
		}
	}
	return all
}

func TestUnseenIsTheTable(t *testing.T) {
	all := map[rune]bool{}
	for _, r := range allUnseen() {
		all[r] = true
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if unseen(r) != all[r] {
			t.Errorf("U+%04X is unseen: %v", r, unseen(r))
		}
	}
	for _, r := range "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u202e\u2060\u2065\u2800\u3164\ufeff\uffa0\ufff0\ufff8\U000e0001" {
		if !unseen(r) {
			t.Errorf("U+%04X is seen", r)
		}
	}
}

// TestUnseen tries every such character at each place of a name: alone it is missing,
// at the ends it goes, inside it is named.
func TestUnseen(t *testing.T) {
	rules := NewRules()
	for _, r := range allUnseen() {
		c := string(r)
		for in, want := range map[string]string{c: "required", " " + c + "\u00a0" + c: "required", "Acme" + c: "", c + "Acme": "", c + " Acme \u00a0" + c + c: "",
			"Ac" + c + "me": "control_character", "Acme " + c + "Ltd": "control_character"} {
			row := good()
			row.CompanyName, row.LastName = in, in
			p, problems := rules.Check(row)
			var got string
			for _, q := range problems {
				got = string(q.Code)
				if q.Code == ControlCharacter && !strings.HasSuffix(q.Message, fmt.Sprintf(" the invisible character U+%04X", r)) {
					t.Errorf("%q: %s", in, q.Message)
				}
			}
			if got != want || want != "" && len(problems) != 2 || want == "" && *p.row != (Row{CompanyName: "Acme", LastName: "Acme", Country: "GB", DataCenter: "UK",
				Type: "MSP", FirstName: "Ann", Email: "ann@example.com"}) {
				t.Errorf("%q: %v, %+v", in, problems, *p.row)
			}
		}
		if !Blank(c + " \u3000" + c) {
			t.Errorf("%q holds text", c)
		}
	}
}

// scripts are names as people write them, with all that their script needs.
var scripts = map[string]string{
	"Persian": "شرکت نرم‌افزار می‌خواهم", "Persian plural of a Latin name": "CNN‌ها", "Urdu": "پاکستان‌ٹیک", "Arabic": "شركة الأفق للتقنية", "Kurdish": "کۆمپانیای نەوت",
	"Hindi": "क्‍या सॉफ़्टवेयर", "Marathi": "दर्‍या उद्योग", "Nepali": "अन्‍तर्राष्ट्रिय हरू‌को", "Bengali": "র‍্যাব সফট", "Gujarati": "ક્‍ષ ટેક", "Punjabi": "ਸਿੰਘ ਐਂਡ ਸੰਨਜ਼",
	"Odia": "ଓଡ଼ିଶା ଟେକ୍‌ନୋଲୋଜି", "Tamil": "சாப்ட்‌வேர் நிறுவனம்", "Telugu": "సాఫ్ట్‌వేర్", "Kannada": "ಸಾಫ್ಟ್‌ವೇರ್ ರ‍್ಯ", "Malayalam": "സോഫ്റ്റ്‌വെയർ രാജന്‍ ടെക്",
	"Sinhala": "ශ්‍රී ලංකා සමාගම ක්‍රමය", "Thai": "บริษัท\u200bซอฟต์แวร์ จำกัด", "Lao": "ບໍລິສັດ\u200bລາວ", "Khmer": "ក្រុមហ៊ុន\u200bកម្ពុជា", "Burmese": "မြန်မာ\u200bကုမ္ပဏီ",
	"Mongolian": "ᠮᠣᠩᠭᠣᠯ ᠤᠯᠤᠰ ᠰᠠᠷ\u180eᠠ", "Tibetan": "བོད་ལྗོངས་ཚོང་པ", "Hebrew": "חברת תוכנה בע״מ", "Hebrew with points": "שָׁלוֹם", "Syriac": "ܫܪܟܬܐ ܕܬܘܪ‌ܐ",
	"Japanese": "葛\U000e0100城 渡邉\U000e0102", "Chinese": "北京科技有限公司", "Korean": "주식회사 한국", "Greek": "Ελληνική Εταιρεία", "Russian": "ООО «Ромашка»", "Armenian": "Ընկերություն",
	"Georgian": "კომპანია", "Amharic": "ኢትዮጵያ ኩባንያ", "Vietnamese": "Công ty Việt", "Cherokee": "ᏣᎳᎩ", "N'Ko": "ߒߞߏ ߞߊ߲", "Latin with marks": "S\u0331t\u0323rbac e\u0301",
	"emoji": "Café ❤\ufe0f", "a family": "👩\u200d👩\u200d👧\u200d👦 Ltd", "a profession": "👩🏽\u200d💻 Dev", "a rainbow": "🏳\ufe0f\u200d🌈 Pride", "on fire": "❤\ufe0f\u200d🔥",
	"a flag": "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f Pubs", "a flag at the end": "Pubs 🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
	"a key": "Studio 1\ufe0f\u20e3", "an arrow": "A ↔\ufe0f B", "Arabic number sign": "\u0600١٢٣ شركة",
}

// TestScripts: no name in any script is taken for a faulty one, or changed.
func TestScripts(t *testing.T) {
	for script, name := range scripts {
		row := good()
		row.CompanyName, row.FirstName, row.City = name, name, name
		p, problems := NewRules().Check(row)
		if len(problems) > 0 {
			t.Errorf("%s: %q: %v", script, name, problems)
		}
		if diff := cmp.Diff([]string{name, name, name}, []string{p.row.CompanyName, p.row.FirstName, p.row.City}); diff != "" {
			t.Errorf("%s (-want +got)\n%s", script, diff)
		}
	}
}

// TestUnseenWhereNoScriptNeedsIt: a joiner helps no Latin letter, and a variation
// selector no second one.
func TestUnseenWhereNoScriptNeedsIt(t *testing.T) {
	for in, want := range map[string]string{
		"Ac\u200dme": "U+200D", "Ac\u200cme": "U+200C", "Иван\u200dов": "U+200D", "株\u200d式": "U+200D", "주\u200c식": "U+200C", "Acme \u200dLtd": "U+200D",
		"शि\u200bव": "U+200B", "株\u200b式": "U+200B", "1\ufe0f Ltd": "U+FE0F", "葛\U000e0100\U000e0101城": "U+E0101", "A\U000e0067B": "U+E0067", "שלום\u200fעולם": "U+200F",
		"A💻\u200d B": "U+200D", "주\u3164식": "U+3164", "កា\u17b5រ": "U+17B5", "Acme\u2800Ltd": "U+2800", "ᠮ\u180e\u180eᠣ": "U+180E", "A\ufff9b": "U+FFF9",
	} {
		row := good()
		row.CompanyName = in
		if _, problems := NewRules().Check(row); len(problems) != 1 || !strings.HasSuffix(problems[0].Message, want) {
			t.Errorf("%q: %v, want %s", in, problems, want)
		}
	}
}

// TestUnseenOrGarbled: where an í at the end was read in the wrong encoding, that is
// what is told.
func TestUnseenOrGarbled(t *testing.T) {
	row := good()
	row.LastName = "MartÃ\u00ad"
	if diff := cmp.Diff([]string{"last_name bad_encoding"}, codes(t, NewRules(), row)); diff != "" {
		t.Error(diff)
	}
}
