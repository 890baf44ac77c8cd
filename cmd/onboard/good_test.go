package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
)

// scripts are words of lists in twenty scripts: a company, a first name, a last name
// and a city each, none of which may be taken for damage.
var scripts = []string{
	"Acme & Sons Ltd.|Ann|O'Neil-Null|New York", "Müller GmbH & Co. KG|Jürgen|Großmann|Köln", "Łódź Żółw Sp. z o.o.|Michał|Wójcik|Gdańsk", "ООО «Ромашка»|Пётр|Щербаков|Москва",
	"Αφοί Παπαδόπουλοι Α.Ε.|Νίκος|Γεωργίου|Αθήνα", "חברת אלון בע\"מ|דוד|כהן|תל אביב", "شركة النور للتجارة|محمد|الأحمد|دبي", "شرکت نمونه‌سازان|علی‌رضا|میرزایی|تهران",
	"株式会社みそら|太郎|山田|大阪市", "北京网络科技有限公司|伟|张|北京", "臺灣資訊股份有限公司|美玲|陳|新竹", "주식회사 하늘|민수|김|서울", "บริษัท ไทย จำกัด|สมชาย|ใจดี|กรุงเทพฯ", "हिन्दी प्राइवेट लिमिटेड|राम|शर्मा|दिल्ली",
	"বাংলা লিমিটেড|রহিম|খান|ঢাকা", "தமிழ் நிறுவனம்|குமார்|ராஜன்|சென்னை", "ශ්‍රී ලංකා|සුනිල්|පෙරේරා|කොළඹ", "შპს ქართული|გიორგი|ბერიძე|თბილისი", "Հայկական ՍՊԸ|Արամ|Պետրոսյան|Երևան",
	"Công ty Việt Nam|Nguyễn Văn|Đặng|Hà Nội",
}

// puzzles are good cells that look like what is refused elsewhere.
var puzzles = []string{
	"", "7-11 Road", "Main St 1,\nBuilding B, Floor 3,\nBerlin, DE", "call ann@acme.example, DE, EU\nor bob@beta.example", `say "hello", please`, "12 inch (\"\")", "'t Hof 3", "01.310-100 São Paulo",
	"N/A Networks, None Street 3", "undefined behavior, null pointers", "Nulla Road", "https://acme.example/?a=1&b=2", "Total Street 4", "Gesamt, Summe, Total",
	"EU, DE, FR, IT, ES, PT", "{code} street", "[x]cube", "line one\nline two\nline three, and four, and five, and six, and seven",
}

// TestGoodRows: no row of ten thousand good ones in twenty scripts is refused, asked
// about or changed, with any delimiter and with any quotation marks.
func TestGoodRows(t *testing.T) {
	for _, delim := range []string{",", ";", "\t", "|"} {
		var b strings.Builder
		b.WriteString(strings.ReplaceAll("company_name,country,data_center,first_name,last_name,email,city,address,note\n", ",", delim))
		for i := range 2500 {
			words := strings.Split(scripts[i%len(scripts)], "|")
			puzzle := puzzles[i/len(scripts)%len(puzzles)]
			address := "Road " + fmt.Sprint(i%900)
			cells := []string{fmt.Sprintf("%s %d-%s", words[0], i, delim), "DE", "EU", words[1], words[2], fmt.Sprintf("ann%d@acme.example", i), words[3], address, puzzle}
			for j, c := range cells {
				if j > 0 {
					b.WriteString(delim)
				}
				if strings.ContainsAny(c, delim+"\"\n") || i%3 == j%3 {
					c = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
				}
				b.WriteString(c)
			}
			b.WriteString("\r\n")
		}
		exit, said, problems := validateHere(t, handed{text: b.String()}, "validate", "list.csv")
		if exit != 0 || strings.Contains(said, "Warning") || !strings.Contains(said, "2500 rows: 2500 valid") {
			t.Errorf("%q: exit code %d\n%s%.2000s", delim, exit, said, problems)
		}
	}
}

// TestSwallowedStays: a row that takes in others is refused in the errors file as it
// is in the sheet.
func TestSwallowedStays(t *testing.T) {
	for _, h := range handedIn {
		if h.exit != 1 || !strings.Contains(strings.Join(h.want, " "), "the row takes in") {
			continue
		}
		exit, said, _ := validateHere(t, h, "validate", h.path())
		var screen strings.Builder
		again := run([]string{"validate", "list.errors.csv"}, strings.NewReader(""), &screen, &screen)
		if exit != 1 || again != 1 || !strings.Contains(screen.String(), " 0 valid,") || !strings.Contains(screen.String(), "the row takes in") {
			t.Errorf("%s: exit code %d, then %d\n%s\n%s", h.name, exit, again, said, screen.String())
		}
	}
}

// TestSpoiltStays: a row with text behind a quotation mark is written anew, so that
// other programs can read it, and is no better for that until somebody corrects it.
func TestSpoiltStays(t *testing.T) {
	for _, company := range []string{`"Acme \"Nord\" GmbH"`, `"Acme" GmbH`, `"G" Ltd`, `"'=Acme" GmbH`} {
		_, said, _ := validateHere(t, handed{text: handHeader + "\n" + swap(handAcme, "Acme", company) + "\n"}, "validate", "list.csv")
		var screen strings.Builder
		if exit := run([]string{"validate", "list.errors.csv"}, strings.NewReader(""), &screen, &screen); exit != 1 || !strings.Contains(screen.String(), " 0 valid, 1 invalid") {
			t.Errorf("%s: exit code %d\n%s\n%s", company, exit, said, screen.String())
		}
		text, _ := os.ReadFile("list.errors.csv")
		padded := bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte(",,\n")) // as a program does that has seen a longer row
		if err := os.WriteFile("list.errors.csv", padded, 0o600); err != nil {
			t.Fatal(err)
		}
		if exit := run([]string{"validate", "list.errors.csv"}, strings.NewReader(""), &screen, &screen); exit != 1 {
			t.Errorf("%s, saved by a spreadsheet program: exit code %d\n%s", company, exit, screen.String())
		}
		if err := os.WriteFile("list.errors.csv", bytes.Replace(text, []byte("Ann"), []byte("Anna"), 1), 0o600); err != nil {
			t.Fatal(err)
		}
		if exit := run([]string{"validate", "list.errors.csv"}, strings.NewReader(""), &screen, &screen); exit != 0 {
			t.Errorf("%s, corrected: exit code %d\n%s", company, exit, screen.String())
		}
	}
}

// TestNextHasNoEncoding: what is handed in next is a file of ours, which is UTF-8,
// and a profile's encoding is not for it.
func TestNextHasNoEncoding(t *testing.T) {
	h := handed{text: latin1(swap(handList, "Lee", "Müller", "FR", "France"))}
	_, said, _ := validateHere(t, h, "validate", "list.csv", "--encoding", "windows-1252", "--save-profile", "crm.yaml")
	if _, next, _ := strings.Cut(said, "Next "); strings.Contains(next, "--encoding") {
		t.Error(said)
	}
	var screen strings.Builder
	if exit := run([]string{"validate", "list.errors.csv", "--profile", "crm.yaml"}, strings.NewReader(""), &screen, &screen); exit != 1 || !strings.Contains(screen.String(), "UTF-8") {
		t.Errorf("exit code %d\n%s", exit, screen.String())
	}
}
