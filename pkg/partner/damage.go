package partner

import (
	"slices"
	"strings"
	"unicode"
)

// damage says what a spreadsheet program or a template put in the place of a
// value, or "". It names only what can't be meant: a company may well be
// called [x]cube, 100% IT or {code}.
func damage(f Field, v string) string {
	label := Specs[f].Label
	switch {
	case v[0] == '#' && len(v) > 2 && strings.Trim(v, "#") == "":
		return label + " is " + v + ", which a spreadsheet shows when its column is too narrow"
	case spreadsheetError(v):
		return label + " is the spreadsheet error " + v
	case scientific(v):
		return label + " was turned into the number " + v + " by a spreadsheet program: format the column as text"
	case placeholder(f, v):
		return label + " is a placeholder of a template that was never filled in"
	case f != Email && strings.Contains(v, SeveralMark):
		return label + " holds several values, with " + SeveralMark + " between them, as Google Contacts writes them: keep one"
	}
	return ""
}

// repairHint says how the value comes back, where the message does not.
func repairHint(v string) string {
	switch {
	case strings.Trim(v, "#") == "":
		return "widen the column, and save the sheet anew"
	case strings.EqualFold(v, "#VALUE!"): // what programs that don't know Excel's data types have in the place of a text
		return "type the value; in Excel, a data type such as Geography becomes a text by Data Type, Convert to Text"
	case spreadsheetError(v):
		return "type the value, or correct the formula"
	}
	return ""
}

// lost says that a program wrote something else in the place of a value, with
// characters that good values have, too: a word for nothing, a number, a formula.
func (r *Rules) lost(f Field, v string) bool {
	found := missingWord(f, v) || numbered(f) && asNumber(v) != "" || v[0] == '=' && asFormula(v) != ""
	return found && !slices.Contains(r.allowed[f], v)
}

// lostFault says what was lost.
func (r *Rules) lostFault(f Field, v string) fault {
	label := Specs[f].Label
	switch {
	case missingWord(f, v):
		return fault{code: BadFormat, message: nothingMessage(f, v), hint: nothingHint(f), gone: true}
	case v[0] != '=':
		return fault{code: BadFormat, message: label + " was turned into the number " + v + " by a program", hint: "did you mean " + asNumber(v) + "?", gone: true}
	}
	x := fault{code: BadFormat, message: label + " is written as the formula " + v + ", which keeps a spreadsheet program from changing it", gone: true}
	if text := asFormula(v); Clean(text) == text && r.plain(f, text, look(text)) {
		x.fix = text
	}
	return x
}

// spreadsheetErrors are the error values of Excel, LibreOffice and Google
// Sheets, in English and where they differ in German, French, Spanish,
// Italian and Portuguese, each between spaces.
const spreadsheetErrors = " #N/A #REF! #VALUE! #NAME? #DIV/0! #NUM! #NULL! #SPILL! #CALC! #GETTING_DATA #ERROR! #FIELD! #BLOCKED! #CONNECT! #BUSY! " +
	"#UNKNOWN! #N/A! #NV #BEZUG! #WERT! #ZAHL! #ÜBERLAUF! #KALK! #FELD! #VALEUR! #NOM? #NOMBRE! #NUL! #¡REF! #¡VALOR! #¿NOMBRE? #¡DIV/0! #¡NUM! #¡NULO! " +
	"#N/D #RIF! #VALORE! #NOME? #NULLO! #VALOR! #NÚM! #NULO! "

func spreadsheetError(v string) bool {
	if v[0] == '#' {
		return !strings.Contains(v, " ") && strings.Contains(spreadsheetErrors, " "+strings.ToUpper(v)+" ")
	}
	code, found := strings.CutPrefix(v, "Err:") // of LibreOffice: Err:502
	return found && len(code) == 3 && digits(code) == 3
}

// scientific recognises a number as a spreadsheet shows a long one:
// 1.23457E+11, with a comma in many countries.
func scientific(v string) bool {
	v = strings.TrimPrefix(v, "-")
	whole := digits(v)
	if whole != 1 {
		return false
	}
	v = v[1:]
	if v != "" && (v[0] == '.' || v[0] == ',') {
		decimals := digits(v[1:])
		if decimals == 0 {
			return false
		}
		v = v[1+decimals:]
	}
	if len(v) < 2 || v[0] != 'E' && v[0] != 'e' || v[1] != '+' {
		return false
	}
	exponent := v[2:]
	return len(exponent) >= 2 && len(exponent) <= 3 && digits(exponent) == len(exponent)
}

// digits counts the digits that s starts with.
func digits(s string) int {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n
}

// placeholder recognises the gap of a mail merge or template: {{name}} with
// anything in it and anything around it; [Company], <First Name>, %EMAIL%,
// ${company}, «Nom» and their like when they are the whole value and name a
// field.
func placeholder(f Field, v string) bool {
	if _, rest, found := strings.Cut(v, "{{"); found {
		inner, _, closed := strings.Cut(rest, "}}")
		return closed && strings.ContainsFunc(inner, unicode.IsLetter)
	}
	for _, marks := range [...][2]string{{"[", "]"}, {"{", "}"}, {"<", ">"}, {"%", "%"}, {"*", "*"}, {"«", "»"}, {"‹", "›"}} {
		if strings.HasPrefix(strings.TrimPrefix(v, "$"), marks[0]) && strings.HasSuffix(v, marks[1]) {
			return namesField(f, v)
		}
	}
	return false
}

// namesField says that a text consists of words for fields and of words such
// as "your" and "here" beside them.
func namesField(f Field, v string) bool {
	named := false
	for word := range strings.FieldsFuncSeq(strings.ToLower(v), func(r rune) bool { return !unicode.IsLetter(r) }) {
		switch word = " " + word + " "; {
		case strings.Contains(fieldWords, word), strings.Contains(" "+strings.ReplaceAll(Specs[f].Name, "_", " ")+" ", word):
			named = true
		case !strings.Contains(besideFieldWords, word):
			return false
		}
	}
	return named
}

const (
	fieldWords = " name company companyname company_name account accountname organization organisation firstname fname lastname lname surname " +
		"fullname email emailaddress postalcode postcode zipcode firma firmenname vorname nachname strasse plz entreprise societe société nom prenom " +
		"prénom empresa nombre apellido apellidos azienda cognome "
	besideFieldWords = " your my the insert enter here first last full of e mail address city town state province region country zip postal code type " +
		"size industry street contact person lead customer client partner business center data text merge field value if any "
)

// heading says that a value is its own column's name: the header once more.
// City, state and address are left out, for a place may be called City.
func heading(f Field, v string) bool {
	if f == City || f == State || f == Address {
		return false
	}
	name := Specs[f].Name
	if c := v[0] | 0x20; 'a' <= c && c <= 'z' && c != name[0] {
		return false // nearly always
	}
	for i := range len(v) {
		switch v[i] {
		case ' ', '_', '-', '.':
			continue
		}
		name = strings.TrimPrefix(name, "_")
		if name == "" || v[i]|0x20 != name[0] {
			return false
		}
		name = name[1:]
	}
	return name == ""
}
