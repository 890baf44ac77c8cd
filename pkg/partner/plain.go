package partner

// This file is a short way to say of a plain row that it is good, which nearly
// every row is. What it leaves open is Check's to say: FuzzPlain holds that the
// two never differ.

// fill says that a plain row meets every rule with its cells as they are, and puts
// the defaults into empty ones. A row of which it says no is unchanged.
func (r *Rules) fill(row *Row) bool {
	good := r.textAsIs(CompanyName, row.CompanyName) &&
		(IsCountry(row.Country) || r.codeAsIs(Country, row.Country)) &&
		r.codeAsIs(DataCenter, row.DataCenter) &&
		r.codeAsIs(Type, row.Type) &&
		r.textAsIs(FirstName, row.FirstName) &&
		r.textAsIs(LastName, row.LastName) &&
		(len(row.Email) <= Specs[Email].Max && isEmail(row.Email) || row.Email == "" && r.mayBeEmpty(Email)) &&
		r.numberAsIs(Industry, row.Industry) &&
		r.numberAsIs(Size, row.Size) &&
		r.textAsIs(State, row.State) &&
		r.textAsIs(City, row.City) &&
		r.textAsIs(Address, row.Address) &&
		r.numberAsIs(PostalCode, row.PostalCode)
	if !good {
		return false
	}
	if r.dependent && !r.fillBy(row) {
		return false
	}
	for f, v := range r.defaults {
		if v == "" {
			continue
		}
		if cell := row.At(Field(f)); *cell == "" {
			*cell = v
		}
	}
	return true
}

// fillBy is fill for the defaults that depend on another field.
func (r *Rules) fillBy(row *Row) bool {
	var chosen [NumFields]string
	for f, d := range r.by {
		if d == nil || *row.At(Field(f)) != "" {
			continue
		}
		var problems []Problem
		if chosen[f], problems = r.choose(Field(f), row, nil); chosen[f] == "" || problems != nil {
			return false
		}
	}
	for f, value := range chosen {
		if value != "" {
			*row.At(Field(f)) = value
		}
	}
	return true
}

func (r *Rules) mayBeEmpty(f Field) bool { return !Specs[f].Required || r.HasDefault(f) }

// codeAsIs says that a code is in the list of its field.
func (r *Rules) codeAsIs(f Field, v string) bool {
	if v == "" {
		return r.mayBeEmpty(f)
	}
	if inDoubt(f, v) {
		return false
	}
	for _, code := range r.allowed[f] {
		if code[0] == v[0] && code == v {
			return true
		}
	}
	return false
}

// textAsIs says that a text is good by its ends and its length or, if they leave
// that open, by all of it.
func (r *Rules) textAsIs(f Field, v string) bool {
	if v == "" {
		return r.mayBeEmpty(f)
	}
	if !inDoubt(f, v) && v[len(v)-1] != ' ' && len(v) <= Specs[f].Max && len(r.allowed[f]) == 0 {
		return true
	}
	return r.plain(f, v, look(v))
}

// numberAsIs says that a code of a numbered field is good.
func (r *Rules) numberAsIs(f Field, v string) bool {
	for i := range len(v) {
		if v[i] == '.' || v[i] == ',' {
			return r.plain(f, v, look(v))
		}
	}
	return r.textAsIs(f, v)
}

// inDoubt says that a value begins as one that is damaged, the name of its own field
// or not clean.
func inDoubt(f Field, v string) bool {
	mark := opens[v[0]]
	if mark == 0 {
		return v[0]|0x20 == Specs[f].Name[0]
	}
	if mark&empty != 0 {
		if found, _ := nothingIn(v); found {
			return true
		}
	}
	return mark&doubt != 0 || mark&perhaps != 0 && len(v) > 1 && opens[v[1]]&goesOn != 0 || v[0]|0x20 == Specs[f].Name[0]
}

// opens marks the characters with which a cell may begin that is damaged, a heading
// or not clean, some of them with a second one: 1E+05 and Err:502 do. All other
// damage contains an opening brace, or a SeveralMark.
var opens = func() (t [256]byte) {
	for _, c := range []byte("#$%*<[ -._=") {
		t[c] |= doubt
	}
	for word := range nothing {
		t[word[0]] |= empty
	}
	for _, c := range []byte("E0123456789") {
		t[c] |= perhaps
	}
	for _, c := range []byte(".,Eer") {
		t[c] |= goesOn
	}
	return t
}()

const (
	doubt = 1 << iota
	perhaps
	goesOn
	empty // a word for nothing may begin so
)
