package partner

// NameKey tells whether a company's name is another's, by the rules of KeyOf.
func NameKey(name string) Key {
	return KeyOf(&Partner{row: &Row{CompanyName: Clean(name)}}, []Field{CompanyName})
}
