package partner

// Schema is a JSON Schema, as far as the rules need its vocabulary.
type Schema struct {
	Dialect     string            `json:"$schema,omitempty"`
	Title       string            `json:"title,omitempty"`
	Description string            `json:"description,omitempty"`
	Type        string            `json:"type"`
	MinLength   int               `json:"minLength,omitempty"` // in code points, as the dialect counts, too
	MaxLength   int               `json:"maxLength,omitempty"`
	Enum        []string          `json:"enum,omitempty"`
	Pattern     string            `json:"pattern,omitempty"`
	Default     string            `json:"default,omitempty"`
	Required    []string          `json:"required,omitempty"`
	Properties  map[string]Schema `json:"properties,omitempty"`
}

// emailPattern is the shape of an address that emailFault takes. It takes some
// more: that the part before the @ has 64 characters at most, and where hyphens
// may stand, is left out.
const emailPattern = `^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*@([A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]*[A-Za-z-][A-Za-z0-9-]*$`

// RowSchema describes a row whose cells are cleaned: every row that Check
// finds valid under the API's own rules conforms to it. Other members are free,
// as other columns are.
func RowSchema() Schema {
	row := Schema{Dialect: "https://json-schema.org/draft/2020-12/schema", Title: "Partner", Type: "object",
		Description: "One row of a sheet of partner companies, its cells cleaned, by canonical column names", Properties: map[string]Schema{}}
	for f, spec := range Specs {
		row.Properties[spec.Name] = fieldSchema(Field(f))
		if spec.Required && spec.Default == "" {
			row.Required = append(row.Required, spec.Name)
		}
	}
	return row
}

func fieldSchema(f Field) Schema {
	spec := Specs[f]
	s := Schema{Description: spec.Rule, Type: "string", MaxLength: spec.Max, Enum: spec.Values, Default: spec.Default}
	if spec.Required && spec.Default == "" {
		s.MinLength = 1
	}
	switch f {
	case Email:
		s.Pattern = emailPattern
	case Country:
		s.Enum = Countries()
	}
	if s.Enum != nil {
		s.MinLength, s.MaxLength = 0, 0 // the list says it
	}
	if spec.Default != "" {
		s.Enum = append([]string{""}, s.Enum...) // an empty cell means the default
	}
	return s
}
