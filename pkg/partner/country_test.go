package partner

import (
	"strings"
	"testing"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

func TestCountryCode(t *testing.T) {
	for code, names := range map[string]string{
		"DE": "Germany|GERMANY|germany|Deutschland|deutschland|DEU|deu|GER|Allemagne|Alemania|Duitsland|Niemcy|Германия|ドイツ|德国|Bundesrepublik Deutschland|Germany (DE)|DE - Germany|DE/Deutschland|Germany.|=DE|(DE)|ＤＥ|Ｇｅｒｍａｎｙ|\"Germany\"",
		"GB": "UK|uk|U.K.|Great Britain|Britain|England|Scotland|Wales|Northern Ireland|United Kingdom|The United Kingdom|United Kingdom (UK)|GBR|Großbritannien|GROSSBRITANNIEN|Royaume-Uni|Reino Unido|イギリス|英国",
		"US": "USA|U.S.A.|U.S.|United States|United States of America|The United States|The United States of America|Estados Unidos|EE.UU.|États-Unis|Etats-Unis|Vereinigte Staaten|アメリカ合衆国|美国|United States (US)",
		"NL": "Holland|Netherlands|The Netherlands|Netherlands, The|the netherlands|Nederland|Niederlande|Pays-Bas|NLD",
		"JP": "日本|日本国|Japan|JAPAN|JPN|ＪＰ|ｊａｐａｎ|Japon|Japón|일본",
		"AT": "Österreich|OESTERREICH|Osterreich|Austria|Autriche",
		"CH": "Schweiz|Suisse|Svizzera|Switzerland|Schweiz/Suisse|Suisse, Svizzera|CHE",
		"ES": "España|Espana|ESPAÑA|Espan\u0303a|Spain|Spanien|Espagne",
		"CI": "Côte d'Ivoire|Cote D'Ivoire|Côte d’Ivoire|CÔTE D’IVOIRE|Ivory Coast|Elfenbeinküste",
		"KR": "South Korea|Republic of Korea|Korea, Republic of|Korea (South)|Korea (Republic of)|대한민국|한국|KOR|Südkorea",
		"KP": "North Korea|DPRK|Korea, North|PRK",
		"TR": "Türkiye|TÜRKİYE|TÜRKIYE|Turkiye|Turkey|Türkei|TUR",
		"CZ": "Czechia|Czech Republic|The Czech Republic|Česko|Česká republika|Tschechien|CZE",
		"CD": "DRC|DR Congo|Democratic Republic of the Congo|Congo, Democratic Republic of the|Congo-Kinshasa|COD",
		"CG": "Republic of the Congo|Congo-Brazzaville|Congo (Brazzaville)|COG",
		"GE": "Georgia|საქართველო|GEO|Georgien", "GN": "Guinea|Guinée", "GW": "Guinea-Bissau|Guinea Bissau|Guinea (Bissau)", "GQ": "Equatorial Guinea",
		"GR": "Greece|EL|Hellas|Ελλάδα|ΕΛΛΆΔΑ", "IE": "Ireland|Éire|Eire|Irland|Republic of Ireland", "IS": "Iceland|Ísland|Island",
		"BR": "Brasil|Brazil", "MX": "México|Mexico|MEXICO", "CN": "China|PRC|中国|中國|P.R. China|People's Republic of China", "TW": "Taiwan|台灣|臺灣|Taiwan, Province of China",
		"HK": "Hong Kong|Hong Kong SAR|香港|Hongkong", "RU": "Russia|Russian Federation|Россия|РФ", "VN": "Vietnam|Viet Nam|Việt Nam", "AE": "UAE|U.A.E.|United Arab Emirates|الإمارات العربية المتحدة",
		"SA": "Saudi Arabia|KSA|المملكة العربية السعودية", "SZ": "Eswatini|Swaziland", "MK": "North Macedonia|Macedonia|FYROM", "MM": "Burma|Myanmar", "TL": "East Timor|Timor-Leste",
		"LC": "St. Lucia|Saint Lucia|St Lucia", "TT": "Trinidad & Tobago|Trinidad and Tobago|Trinidad", "VA": "Vatican|Holy See", "CV": "Cabo Verde|Cape Verde",
		"AD": "Andorra|AND", "NA": "Namibia|NAM", "IN": "India|भारत|IND", "IL": "Israel|ישראל", "TH": "Thailand|ไทย", "FI": "Suomi|Finland", "SE": "Sverige|Sweden",
		"NO": "Norge|Norway|Noreg", "DK": "Danmark|Denmark|DK-Denmark", "PL": "Polska|Poland", "HU": "Magyarország|Hungary", "HR": "Hrvatska|Croatia", "BE": "België|Belgique|Belgium|Belgien",
	} {
		for name := range strings.SplitSeq(names, "|") {
			if got := countryCode(name); got != code {
				t.Errorf("%q: got %q, want %s", name, got, code)
			}
		}
	}
	for _, name := range []string{"", " ", "-", "---", "?", "N/A", "n/a", "n.a.", "N.A.", "None", "Unknown", "Other", "XX", "ZZ", "EU", "Europe", "EMEA", "MENA", "APAC", "DACH", "Benelux",
		"Nordics", "World", "Korea", "Congo", "Kongo", "Saint Martin", "Virgin Islands", "America", "Guiana", "Dominican", "Germny", "Nigera", "Áo", "the", "The", "X",
		"Germany, France", "Norway/Sweden", "Georgia, US", "Ireland - Northern Ireland", "Kosovo", "Yugoslavia", "Soviet Union", "California", "London", "Berlin, Germany",
		"Germany EU", "#N/A", "49", "+49", "DE1", "D E", strings.Repeat("Germany ", 30)} {
		if got := countryCode(name); got != "" {
			t.Errorf("%q: got %s, want nothing", name, got)
		}
	}
}

// TestCountryNames holds that a country's name in any language never means
// another country, and that the names in English are all known.
func TestCountryNames(t *testing.T) {
	odd := map[string]bool{
		"Nga":          true,                // Russia in Vietnamese, and Nigeria's alpha-3 code
		"Свети Мартин": true, "لتونی": true, // misnomers of small languages
	}
	for _, tag := range display.Supported.Tags() {
		names := display.Regions(tag)
		if names == nil {
			continue
		}
		for _, c := range countryNames().english {
			name := names.Name(language.MustParseRegion(c.code))
			got := countryCode(name)
			if got != c.code && got != "" && !odd[name] {
				t.Errorf("%s: %s is %s, not %s", tag, name, c.code, got)
			}
			if _, ambiguous := ambiguousCountries[fold(name)]; tag == language.English && got != c.code && !ambiguous {
				t.Errorf("%s: got %q, want %s", name, got, c.code)
			}
		}
	}
}

func TestNearCountry(t *testing.T) {
	for name, want := range map[string]string{
		"Germny":         "did you mean DE (Germany)?",
		"germani":        "did you mean DE (Germany)?",
		"Gremany":        "did you mean DE (Germany)?",
		"Swizerland":     "did you mean CH (Switzerland)?",
		"United Stats":   "did you mean US (United States)?",
		"Untied Kingdom": "did you mean GB (United Kingdom)?",
		"Phlippines":     "did you mean PH (Philippines)?",
		"Korea":          "did you mean KR (South Korea) or KP (North Korea)?",
		"Congo":          "did you mean CD (Congo - Kinshasa) or CG (Congo - Brazzaville)?",
		"America":        "did you mean US (United States)?",
		"Austrlia":       "", // Austria and Australia are as near
		"Nigera":         "", // Niger and Nigeria
		"Chna":           "", // too short
		"Georgia, US":    "",
		"London":         "", "Europe": "", "World": "", "Texas": "", "": "", "日本語": "",
		strings.Repeat("Germany", 20): "",
	} {
		if got := nearCountry(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want int
	}{
		{"germany", "germany", 0}, {"germny", "germany", 1}, {"gremany", "germany", 1}, {"germanyy", "germany", 1}, {"garmony", "germany", 2}, {"", "ab", 2},
		{"", "abc", 3}, {"abcdef", "ab", 3},
	} {
		if got := distance(tc.a, tc.b); got != tc.want {
			t.Errorf("%s to %s: got %d, want %d", tc.a, tc.b, got, tc.want)
		}
	}
}
