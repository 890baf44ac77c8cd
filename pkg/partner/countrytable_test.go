package partner

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/biter777/countries"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

var update = flag.Bool("update", false, "write countries.txt anew")

// TestCountryTable holds that countries.txt is what the libraries and our
// aliases say today. With -update it writes the file.
func TestCountryTable(t *testing.T) {
	want := newCountryTable()
	if *update {
		if err := os.WriteFile("countries.txt", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(countryTable, "\n")); diff != "" {
		t.Errorf("go test ./pkg/partner -run TestCountryTable -update\n%s", diff)
	}
}

// newCountryTable lets the surest source win: ISO codes, our aliases, English
// names, then the names in other languages. A name that means two countries
// is in none of them.
func newCountryTable() string {
	x := countryIndex{codes: map[string]string{}}
	english := display.Regions(language.English)
	for _, c := range isoCountries() {
		code := c.Alpha2()
		x.english = append(x.english, newCountryName(code, english.Name(language.MustParseRegion(code))))
		x.codes[strings.ToLower(code)], x.codes[strings.ToLower(c.Alpha3())] = code, code
	}
	addAliases(&x)
	for i, c := range isoCountries() {
		for _, n := range []string{x.english[i].name, c.String()} {
			if _, ambiguous := ambiguousCountries[fold(n)]; !ambiguous {
				x.codes[fold(n)] = c.Alpha2()
			}
		}
	}
	addLanguages(&x)
	names := map[string][]string{}
	for name, code := range x.codes {
		names[code] = append(names[code], name)
	}
	var table strings.Builder
	for _, c := range x.english {
		slices.Sort(names[c.code])
		fmt.Fprintf(&table, "%s\t%s\t%s\n", c.code, c.name, strings.Join(names[c.code], " "))
	}
	return table.String()
}

// isoCountries are the assigned ones, by their codes. The library also knows
// two withdrawn codes and a user-assigned one.
func isoCountries() []countries.CountryCode {
	all := slices.DeleteFunc(countries.All(), func(c countries.CountryCode) bool {
		a := c.Alpha2()
		return len(a) != 2 || a == "AN" || a == "YU" || a == "XK"
	})
	slices.SortFunc(all, func(a, b countries.CountryCode) int { return strings.Compare(a.Alpha2(), b.Alpha2()) })
	return all
}

func addAliases(x *countryIndex) {
	for line := range strings.Lines(countryAliases) {
		code, names, _ := strings.Cut(strings.TrimSpace(line), ": ")
		for name := range strings.SplitSeq(names, "; ") {
			x.codes[fold(name)] = code
		}
	}
}

// addLanguages adds every country's name in the languages of business, and in
// every other language the name of the country that speaks it.
func addLanguages(x *countryIndex) {
	found := map[string]string{}
	for _, tag := range display.Supported.Tags() {
		names := display.Regions(tag)
		if names == nil {
			continue
		}
		home, _ := tag.Region()
		base, _ := tag.Base()
		all := strings.Contains(businessLanguages, " "+base.String()+" ")
		for _, c := range x.english {
			if region := language.MustParseRegion(c.code); all && c.code != "MF" || region == home {
				name := fold(names.Name(region))
				if other, ok := found[name]; ok && other != c.code {
					found[name] = "" // two countries
				} else {
					found[name] = c.code
				}
			}
		}
	}
	for name, code := range found {
		_, known := x.codes[name]
		if _, ambiguous := ambiguousCountries[name]; !known && !ambiguous && code != "" && !tooClose(x, name, code) {
			x.codes[name] = code
		}
	}
}

// tooClose says that a foreign name is too short, or too like the English name
// of another country, to be told from a slip: Nigera is Niger in Latvian.
func tooClose(x *countryIndex, name, code string) bool {
	set := letters(name)
	return len(name) < nearestLeast || slices.ContainsFunc(x.english, func(c countryName) bool {
		return c.code != code && c.within(1, name, set)
	})
}

// businessLanguages are those in which every country's name is understood:
// the official languages of most countries, all of them kept with care in
// the Unicode locale data. Between spaces, as ISO 639 codes.
const businessLanguages = " af ar az bg bn bs ca cs da de el en es et eu fa fi fil fr ga gl he hi hr hu hy id is it ja ka kk km ko " +
	"lo lt lv mk mn ms mt my nb ne nl nn pl pt ro ru si sk sl sq sr sv sw ta th tr uk ur uz vi zh "

// countryAliases are the names in daily use that are in neither ISO 3166 nor
// the locale data, or that are newer than it. EL is what the European Union
// calls Greece.
const countryAliases = `AE: UAE; U.A.E.; Emirates
AG: Antigua
AT: Oesterreich; Republik Österreich
BA: Bosnia; Bosnia-Herzegovina
BO: Bolivia, Plurinational State of; Plurinational State of Bolivia
CD: DRC; DR Congo; D.R. Congo; Congo DR; Congo, Democratic Republic of the; Democratic Republic of Congo; Congo (Kinshasa); Zaire
CG: Republic of the Congo; Republic of Congo; Congo Republic; Congo, Republic of the; Congo (Brazzaville)
CH: Swiss Confederation; Schweizerische Eidgenossenschaft; Confoederatio Helvetica
CI: Ivory Coast; Elfenbeinküste; Republic of Côte d'Ivoire
CN: Kina; Cina; PRC; P.R. China; PR China; People's Republic of China; Mainland China; 中华人民共和国
CU: Kuba
CV: Cabo Verde
CZ: Czech Republic; Česká republika; Tschechische Republik; Tschechei; République tchèque; República Checa; Repubblica Ceca
DE: GER; BRD; Bundesrepublik Deutschland; Federal Republic of Germany
DK: Daenemark; Kongeriget Danmark; Kingdom of Denmark
DO: Dominican Rep.
EG: Aegypten
ES: Kingdom of Spain; Reino de España
FK: Falklands
FM: Micronesia, Federated States of; Federated States of Micronesia
FR: République française; French Republic
GB: UK; U.K.; Great Britain; Britain; England; Scotland; Wales; Northern Ireland; United Kingdom of Great Britain and Northern Ireland; Großbritannien; Vereinigtes Königreich Großbritannien; Grande-Bretagne; Angleterre; Gran Bretaña; Inglaterra; Gran Bretagna; Inghilterra; Schottland; Écosse; イギリス; 英国; 英國; 영국
GR: EL; Hellas; Hellenic Republic
HK: Hong Kong; Hong Kong SAR; Hong Kong, China; 香港
IE: Eire; Republic of Ireland; Irish Republic
IQ: Irak
IR: Iran, Islamic Republic of; Islamic Republic of Iran
JP: 日本国
KN: St Kitts
KP: DPRK; Korea, North; Korea (North); N. Korea; Korea, Democratic People's Republic of
KR: ROK; Suedkorea; Korea, South; Korea (South); S. Korea; Korea, Republic of; Korea Republic; 한국; 남한
LA: Lao PDR
LY: State of Libya
MD: Moldova, Republic of; Republic of Moldova
MF: Saint Martin (French part); Collectivité de Saint-Martin
MK: North Macedonia; Republic of North Macedonia; FYROM
MM: Burma; Myanmar
MO: Macau; Macao; Macau SAR; Macao SAR; 澳門; 澳门
NL: NED; Holland; Hollande; Holanda; Olanda; Kingdom of the Netherlands
PS: Palestine; State of Palestine; Palestine, State of
RO: Rumaenien
RU: Российская Федерация; РФ
SA: KSA; Kingdom of Saudi Arabia
SK: Slovak Republic; Slovenská republika
SX: Sint Maarten (Dutch part)
SY: Syrian Arab Republic
SZ: Eswatini; Kingdom of Eswatini
TL: East Timor
TR: Tuerkei; Republic of Türkiye; Republic of Turkey; Türkiye Cumhuriyeti
TT: Trinidad
TW: Taiwan, Province of China; Taiwan, Republic of China; 臺灣
TZ: Tanzania, United Republic of; United Republic of Tanzania
US: U.S.; U.S.A.; United States of America; EEUU; EE.UU.; Estados Unidos de América; États-Unis d'Amérique; Stati Uniti d'America; Vereinigte Staaten von Amerika; アメリカ; アメリカ合衆国; 미국
VA: Vatican; Holy See
VE: Venezuela, Bolivarian Republic of; Bolivarian Republic of Venezuela
VG: BVI; Virgin Islands, British; Virgin Islands (British)
VI: USVI; Virgin Islands, U.S.; Virgin Islands (U.S.)
VN: Viet Nam; Socialist Republic of Vietnam
ZA: RSA; Suedafrika; Republic of South Africa`
