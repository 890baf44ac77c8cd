package sheet

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/htmlindex"
)

// encoded turns text into the bytes of an encoding.
func encoded(t testing.TB, name, text string) string {
	t.Helper()
	if name == "utf-8" {
		return text
	}
	enc, err := htmlindex.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := enc.NewEncoder().String(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return b
}

// lists are names and places as lists of partners hold them, by encoding.
var lists = map[string][]string{
	"windows-1252": {"Müller & Söhne GmbH,Köln", "Café Élysée,Besançon", "Construções São João,Florianópolis", "Peña y Muñoz,A Coruña",
		"Bjørn Sørensen A/S,Århus", "Häkkinen Oy,Jyväskylä", "Società Però,Forlì", "Þór Jónsson,Reykjavík", "O’Neill – “Best”,Zürich", "Weiß KG,Gießen"},
	"windows-1250": {"Kowalczyński i Żak,Łódź", "Dvořák a Šimek,Plzeň", "Győri Kötőgép Kft,Székesfehérvár", "Đurić Računala,Šibenik", "Ľubomír Štefánik,Žilina", "Wójcik,Gdańsk"},
	"iso-8859-2":   {"Kowalczyński i Żak,Łódź", "Dvořák a Šimek,Plzeň", "Świątek,Kraków", "Győri Kötőgép Kft,Székesfehérvár"},
	"windows-1251": {"Иванов и сыновья,Москва", "Северный ветер,Санкт-Петербург", "Київські мережі,Харків"},
	"koi8-r":       {"Иванов и сыновья,Москва", "Северный ветер,Санкт-Петербург"},
	"iso-8859-5":   {"Иванов и сыновья,Москва", "Северный ветер,Санкт-Петербург"},
	"windows-1253": {"Παπαδόπουλος ΑΕ,Αθήνα", "Δίκτυα Βορρά,Θεσσαλονίκη"},
	"windows-1254": {"Yıldız Bilişim,İstanbul", "Şahin Ağ,Eskişehir", "Çağlayan Güvenlik,Muğla"},
	"windows-1255": {"כהן ובניו,תל אביב", "רשתות הצפון,חיפה"},
	"windows-1256": {"شركة النور,القاهرة", "الشبكات الحديثة,الرياض"},
	"windows-1257": {"Kazlauskas ir sūnūs,Šiauliai", "Bērziņš tīkli,Jēkabpils", "Žemaitijos ąžuolas,Plungė"},
	"iso-8859-15":  {"Cœur de Bœuf,Besançon", "Sœur Œuvre,Nîmes"},
	"macintosh":    {"Müller & Söhne GmbH,Köln", "Café Élysée,Besançon", "Peña y Muñoz,A Coruña", "Häkkinen Oy,Jyväskylä"},
	"shift_jis":    {"株式会社山田商事,東京都", "ﾃｽﾄ電機,大阪市", "さくらネットワーク,横浜市", "佐藤 花子,名古屋市"},
	"euc-jp":       {"株式会社山田商事,東京都", "さくらネットワーク,横浜市", "佐藤 花子,名古屋市"},
	"gb18030":      {"北京天网科技有限公司,北京市", "深圳市华信电子,广东省", "王小明,上海市"},
	"big5":         {"台灣資訊股份有限公司,台北市", "高雄電子企業,高雄市", "陳大文,新竹縣"},
	"euc-kr":       {"주식회사 한빛정보통신,서울시", "김민수,부산광역시", "대한전자,인천시"},
	"utf-8":        {"Müller & Söhne GmbH,Köln", "株式会社山田商事,東京都"},
}

// TestGuess: the words of each list give the encoding that they are in.
func TestGuess(t *testing.T) {
	for name, lines := range lists {
		path := filepath.Join(t.TempDir(), "list.csv")
		if err := os.WriteFile(path, []byte(encoded(t, name, strings.Repeat("name,city\r", 20_000)+strings.Join(lines, "\r"))), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		s := &Sheet{file: f}
		if got := s.guess(nil); !strings.EqualFold(got, name) {
			t.Errorf("%s: the guess is %q", name, got)
		}
	}
}
