package partner

import (
	"strconv"
	"strings"

	"golang.org/x/text/language"
)

// meantCountry says what a code means that is no country code of ISO 3166-1
// alpha-2: the number of a country, the code of a part of one, its sign on cars, a
// code that is gone, or a region. "" when it is none of these.
func meantCountry(v string) string {
	if note := countryNotes[v]; note != "" {
		return note
	}
	if whole, part, found := strings.Cut(v, "-"); found && IsCountry(whole) && len(part) >= 1 && len(part) <= 3 && ascii(part) {
		return askCountry(whole, v+" is a part of it")
	}
	if n, err := strconv.Atoi(v); err == nil && n > 0 && n < 1000 {
		if region, err := language.EncodeM49(n); err == nil && IsCountry(region.String()) {
			return askCountry(region.String(), v+" is its number in ISO 3166")
		}
	}
	if code, found := carSigns[v]; found {
		return askCountry(code, v+" is its sign on cars")
	}
	return ""
}

func askCountry(code, why string) string {
	for _, c := range countryNames().english {
		if c.code == code {
			return "did you mean " + code + " (" + c.name + ")? " + why
		}
	}
	return ""
}

// carSigns are the distinguishing signs of vehicles in international traffic that
// are no code of ISO 3166.
var carSigns = map[string]string{"A": "AT", "B": "BE", "D": "DE", "E": "ES", "F": "FR", "H": "HU", "I": "IT", "J": "JP", "L": "LU", "M": "MT",
	"N": "NO", "P": "PT", "S": "SE", "T": "TH", "CDN": "CA", "SLO": "SI", "FL": "LI", "RCH": "CL", "IND": "IN"}

const aRegion = "that is a region: write the country in it"

// countryNotes are codes that are no country's, or no longer, and what they mean.
var countryNotes = map[string]string{
	"XK": "XK is used for Kosovo, which ISO 3166-1 has no code for: ask the vendor which one is taken, and allow that one (country=XK)",
	"AN": "AN was the Netherlands Antilles: write CW (Curaçao), SX (Sint Maarten) or BQ (Bonaire, Sint Eustatius and Saba)",
	"YU": "YU was Yugoslavia: write RS (Serbia), ME (Montenegro) or another of the countries that followed it",
	"CS": "CS was Czechoslovakia, and then Serbia and Montenegro: write CZ, SK, RS or ME",
	"SU": "SU was the Soviet Union: write RU (Russia) or another of the countries that followed it",
	"DD": "DD was East Germany: write DE (Germany)",
	"TP": "TP was East Timor: write TL (Timor-Leste)",
	"ZR": "ZR was Zaire: write CD (Congo - Kinshasa)",
	"BU": "BU was Burma: write MM (Myanmar)",
	"FX": "FX was a part of France: write FR (France)",
	"IC": "IC is used for the Canary Islands: write ES (Spain)",
	"EU": "EU is the European Union: write the country in it", "UN": "UN is the United Nations: write the country",
	"XX": "XX stands for an unknown country: write the country", "ZZ": "ZZ stands for an unknown country: write the country",
	"KOSOVO": "ISO 3166-1 has no code for Kosovo: ask the vendor which one is taken, and allow that one (country=XK)",
	"DACH":   aRegion, "D-A-CH": aRegion, "EMEA": aRegion, "APAC": aRegion, "LATAM": aRegion, "BENELUX": aRegion, "NORDICS": aRegion, "MENA": aRegion,
	"EUROPE": aRegion, "EUROPA": aRegion, "ASIA": aRegion, "AFRICA": aRegion, "AMERICAS": aRegion, "NORTH AMERICA": aRegion, "SOUTH AMERICA": aRegion,
	"SCANDINAVIA": aRegion, "MIDDLE EAST": aRegion, "WORLDWIDE": aRegion, "GLOBAL": aRegion, "INTERNATIONAL": aRegion,
}
