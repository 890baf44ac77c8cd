package partner

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
