package partner

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

// dottedCountries are the abbreviations that are written with periods, less
// the last one. N.A. is
// none: it is no country at all.
const dottedCountries = " u.s u.s.a u.k u.a.e "

// ambiguousCountries are names in use for more than one country, or for a
// continent; folded. They are asked about and never applied.
var ambiguousCountries = map[string][]string{
	"congo": {"CD", "CG"}, "kongo": {"CD", "CG"}, "конго": {"CD", "CG"}, "ကွန်ဂို": {"CD", "CG"},
	"korea": {"KR", "KP"}, "corea": {"KR", "KP"}, "coree": {"KR", "KP"},
	"saintmartin": {"MF", "SX"}, "virginislands": {"VG", "VI"}, "america": {"US"}, "amerika": {"US"}, "guiana": {"GF", "GY"},
	"dominican": {"DO", "DM"},
}
