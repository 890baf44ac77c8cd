package partner

import "unicode/utf8"

// The members of the request of the API's page "Create a partner", in its
// order. The optional ones are left out when empty: the page asks for none.
var (
	companyMembers = [...]member{
		{`{"company":{"type":`, Type}, {`,"data_center":`, DataCenter}, {`,"name":`, CompanyName}, {`,"country":`, Country},
		{`,"industry":`, Industry}, {`,"size":`, Size}, {`,"state":`, State}, {`,"city":`, City},
		{`,"address":`, Address}, {`,"postal_code":`, PostalCode},
	}
	contactMembers = [...]member{{`},"contact":{"first_name":`, FirstName}, {`,"last_name":`, LastName}, {`,"email":`, Email}}
)

// member is one value of the request with what stands before it.
type member struct {
	before string
	field  Field
}

// AppendBody appends the request body that creates the partner. It is canonical: the
// same partner always gives the same bytes, so that its hash can tell a
// changed row from an unchanged one. The bytes are those of encoding/json
// without HTML escapes ("&" is two thirds of all company names).
func (p *Partner) AppendBody(b []byte) []byte {
	for _, m := range companyMembers {
		if v := p.At(m.field); v != "" || Specs[m.field].Required {
			b = appendString(append(b, m.before...), v)
		}
	}
	for _, m := range contactMembers {
		b = appendString(append(b, m.before...), p.At(m.field))
	}
	return append(b, "}}"...)
}

// appendString appends a JSON string as encoding/json writes it.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	done := 0 // what stands before it is written
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		short := shortEscape(c)
		switch {
		case short != 0:
			b = append(append(b, s[done:i]...), '\\', short)
		case c < ' ':
			b = append(append(b, s[done:i]...), '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		case r == utf8.RuneError && n == 1:
			b = append(append(b, s[done:i]...), `\ufffd`...)
		case r == '\u2028' || r == '\u2029': // line ends in JavaScript
			b = append(append(b, s[done:i]...), '\\', 'u', '2', '0', '2', hex[r&15])
		default:
			i += n
			continue
		}
		i += n
		done = i
	}
	return append(append(b, s[done:]...), '"')
}

// shortEscape is the letter of a two-character escape; 0: there is none.
func shortEscape(c byte) byte {
	switch c {
	case '"', '\\':
		return c
	case '\b':
		return 'b'
	case '\f':
		return 'f'
	case '\n':
		return 'n'
	case '\r':
		return 'r'
	case '\t':
		return 't'
	}
	return 0
}
