package sheet

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"onboard/pkg/partner"
)

// Spellings lists the plain header spellings that mean a field, the canonical
// one and the API's dotted one first. SpellingRules says what else is understood.
func Spellings(f partner.Field) []string {
	spec := partner.Specs[f]
	list := []string{spec.Name, spec.API}
	for _, words := range english[f] {
		list = append(list, strings.Split(words, ", ")...)
	}
	return list
}

// SpellingRules says in one paragraph how headers are understood beyond the
// lists of Spellings.
func SpellingRules() string {
	return "Before or behind these names may stand whose it is (Company, Organization, Account, Contact, Person …) and which one " +
		"(Primary, Business, Work, Billing, Mailing, Shipping, Other, Home, Address 1, E-mail 2 …), as in 'Billing City', " +
		"'Address 1: City', 'MAILINGCITY', 'Person - Email - Work' or 'Organization - City of Address'. " +
		"Of several, the plain one is taken, then primary or 1, business, company, billing, mailing, contact; shipping, secondary, " +
		"other and home only where there is nothing better. All parts of an address come from the same one, the first that has a " +
		"country and a city; only a plain 'Country' or 'City' completes another. Two that are equally good are asked about. " +
		"'Type' and 'Industry' are words of a CRM, and so count only in a sheet that has a data center column and its required columns under their own names, or spelled exactly 'type' and 'industry' beside a data center column; " +
		"'Name' is the company only in a list without people; 'Company Size' is a head count, and 'Region' a state only beside a city, as in 'Address 1 - Region'. " +
		"The usual names in German, French, Spanish, Italian, Dutch, Portuguese and Japanese are understood too."
}

// Fold reduces a header to its letters and digits, in lower case, without
// accents, and full-width letters to plain ones.
func Fold(header string) string {
	folded := strings.Map(func(r rune) rune {
		if accent := 0x300 <= r && r <= 0x36f; accent || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(header))
	return norm.NFC.String(folded)
}

// meaning is what a header says by itself, whatever stands beside it.
type meaning struct {
	field partner.Field
	group group
	rank  int  // how good a name of the field it is, 0 the best
	weak  bool // counts only beside better parts of the same address
}

// tag is a word of owners, places or ordinals, folded.
type tag struct {
	word    string
	group   group
	ordinal bool
}

// The first tag is empty: a header may say nothing of the kind.
var (
	words     = compileWords(english, abroad)
	ownerTags = compileTags([]tag{{}}, owners, false)
	placeTags = compileTags(compileTags([]tag{{}}, places, false), ordinals, true)
)

func compileWords(lists ...vocabulary) map[string]meaning {
	m := map[string]meaning{}
	for _, v := range lists {
		for f, ranks := range v {
			for rank, list := range ranks {
				for w := range strings.SplitSeq(list, ", ") {
					m[Fold(w)] = meaning{field: partner.Field(f), rank: rank}
				}
			}
		}
	}
	delete(m, "")
	return m
}

func compileTags(tags []tag, lists [numGroups]string, ordinal bool) []tag {
	for g, list := range lists {
		for w := range strings.SplitSeq(list, ", ") {
			if w != "" {
				tags = append(tags, tag{Fold(w), group(g), ordinal})
			}
		}
	}
	return tags
}

var (
	// notes say how to fill a column in: '[required]', '(optional)', '(2-letter code)', '(ISO 3166)'.
	notes = regexp.MustCompile(`(?i)[\[(]\s*(?:required|mandatory|optional|iso|(?:2|two)[- ]letter|alpha|e\.?g\.|if )[^\])]*[\])]`)
	// inBrackets is the name that a program knows a column by, behind the one for people, and what may follow.
	inBrackets = regexp.MustCompile(`(?i)\[[^\]]*\]\s*(?:required|mandatory|optional)?`)
	// ofAddress is how Pipedrive ends the parts of an address: 'City/town of Postal address'.
	ofAddress = regexp.MustCompile(`(?i) of (?:(\w+) )?address$`)
	// entity is how Dynamics ends a related column: 'Email (Primary Contact) (Contact)'.
	entity = regexp.MustCompile(`(?i)\)\s*\((?:account|contact|lead)\)$`)
)

// bare is a header without white space around it and notes in it.
func bare(header string) string {
	h := partner.Clean(header)
	if strings.ContainsAny(h, "[(") {
		h = strings.TrimSpace(notes.ReplaceAllString(h, ""))
		h = entity.ReplaceAllString(h, ")")
	}
	return h
}

// meaningOf reads one header. 'Type', 'Industry' and 'Name' have no meaning by
// themselves; mapping sees to them.
func meaningOf(header string) (meaning, bool) {
	h := bare(header)
	lower := strings.ToLower(h)
	if strings.HasPrefix(lower, "(do not modify)") {
		return meaning{}, false
	}
	for f := range partner.NumFields {
		if lower == partner.Specs[f].API {
			return meaning{field: f}, true
		}
	}
	m, ok := take(Fold(h))
	if !ok && strings.Contains(lower, "[") { // 'First name [givenName] Required'
		m, ok = take(Fold(inBrackets.ReplaceAllString(h, "")))
	}
	if ok || !strings.Contains(lower, " of ") {
		return m, ok
	}
	if m, ok := take(Fold(ofAddress.ReplaceAllString(h, " $1"))); ok { // 'City of Postal address' is 'City Postal'
		return m, true
	}
	return take(Fold(ofAddress.ReplaceAllString(h, ""))) // and 'City of Head address' is 'City'
}

// take finds the word for a field in a folded header, with at most one owner
// before it and one place before or behind it.
func take(folded string) (meaning, bool) {
	if m, ok := special[folded]; ok {
		return m, true
	}
	if core, ok := strings.CutSuffix(folded, "primarycontact"); ok { // 'Email (Primary Contact)'
		folded = "primarycontact" + core
	}
	for _, owner := range ownerTags {
		rest, ok := strings.CutPrefix(folded, owner.word)
		if !ok {
			continue
		}
		for _, place := range placeTags {
			for _, cut := range []func(string, string) (string, bool){strings.CutPrefix, strings.CutSuffix} {
				if core, ok := cut(rest, place.word); ok {
					if m, ok := combine(core, owner, place); ok {
						return m, true
					}
				}
			}
		}
	}
	return meaning{}, false
}

// combine says what a word means with an owner and a place.
func combine(core string, owner, place tag) (meaning, bool) {
	m, ok := words[core]
	if !ok {
		core = strings.TrimPrefix(core, "address") // 'Billing Address - City'
		m, ok = words[core]
		if !ok && place.group != groupPlain {
			m, ok = placed[core]
		}
		ok = ok && inAddress(m.field)
	}
	switch m.group = place.group; {
	case !ok, place.ordinal && m.field != partner.Email:
		return m, false
	case inAddress(m.field) && place.group == groupPlain:
		m.group = owner.group
	case ofPerson(m.field) && place.group == groupPlain && owner.group == groupCompany:
		m.group = groupCompany
	case m.field == partner.CompanyName && owner.group == groupContact:
		m.rank++ // 'Organization - Name' before 'Person - Organization'
	}
	return m, inAddress(m.field) || ofPerson(m.field) || m.group == groupPlain
}

var addressFields = []partner.Field{partner.Country, partner.State, partner.City, partner.Address, partner.PostalCode}

// inAddress says that a field is a part of an address.
func inAddress(f partner.Field) bool { return slices.Contains(addressFields, f) }

func ofPerson(f partner.Field) bool {
	return f == partner.FirstName || f == partner.LastName || f == partner.Email
}
