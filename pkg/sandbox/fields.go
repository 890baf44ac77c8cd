package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"unicode/utf8"
)

// field is one line of the API's table. Lengths are in code points; max 0: no length of its own; min 0: may be missing.
type field struct {
	path     string
	min, max int
	form     *regexp.Regexp
	says     string // what form asks for
}

var table = []field{
	{path: "company.type", min: 1, form: regexp.MustCompile(`^MSP$`), says: "MSP"},
	{path: "company.data_center", min: 1},
	{path: "company.name", min: 1, max: 128},
	{path: "company.country", min: 1, form: regexp.MustCompile(`^[A-Z]{2}$`), says: "two upper-case letters"},
	{path: "contact.first_name", min: 1, max: 50},
	{path: "contact.last_name", min: 1, max: 50},
	{path: "contact.email", min: 1, max: 128, form: email, says: "an e-mail address of letters, digits and - . _ @"},
	{path: "company.industry", max: 3},
	{path: "company.size", max: 2},
	{path: "company.state", max: 64},
	{path: "company.city", max: 64},
	{path: "company.address", max: 128},
	{path: "company.postal_code", max: 10},
}

// email is the documented alphabet in the usual shape: no empty part, and a dot in the domain.
var email = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*@[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+$`)

// known holds the table's paths and their sections.
var known = func() map[string]bool {
	m := map[string]bool{}
	for _, f := range table {
		section, _, _ := strings.Cut(f.path, ".")
		m[section], m[f.path] = true, true
	}
	return m
}()

// fields reads the body of a creation and checks it against the table; the first field at fault is the one that is named.
func (s *Server) fields(body []byte) (map[string]string, error) {
	values, err := parse(body)
	if err != nil {
		return nil, err
	}
	for _, f := range table {
		if err := f.check(values); err != nil {
			return nil, err
		}
	}
	if !s.centres[values["company.data_center"]] {
		return nil, invalid("company.data_center", "is none of the data centres")
	}
	return values, nil
}

func (f field) check(values map[string]string) error {
	text, given := values[f.path]
	n := utf8.RuneCountInString(text)
	switch {
	case !given && f.min > 0:
		return invalid(f.path, "is missing")
	case n < f.min:
		return invalid(f.path, "is empty")
	case f.max > 0 && n > f.max:
		return invalid(f.path, fmt.Sprintf("has %d characters, over %d", n, f.max))
	case given && f.form != nil && !f.form.MatchString(text):
		return invalid(f.path, "must be "+f.says)
	}
	return nil
}

// parse reads one JSON object of objects of strings into dotted paths. It is stricter than encoding/json: names are
// compared exactly, come once and are in the table; bad UTF-8 is refused; nothing follows the object.
func parse(body []byte) (map[string]string, error) {
	if !utf8.Valid(body) {
		return nil, invalid("body", "is not UTF-8")
	}
	d, values := json.NewDecoder(bytes.NewReader(body)), make(map[string]string, len(table))
	seen := map[string]bool{}
	err := object(d, "body", func(section string) error {
		if seen[section] || !known[section] {
			return invalid("body", fmt.Sprintf("has %q, which is not known or stands twice", section))
		}
		seen[section] = true
		return object(d, section, func(name string) error { return member(d, section+"."+name, values) })
	})
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, invalid("body", "goes on after its JSON object")
	}
	return values, nil
}

// object reads a JSON object and hands each name to value, which reads what belongs to it.
func object(d *json.Decoder, path string, value func(name string) error) error {
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return invalid(path, "is not a JSON object")
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return invalid(path, "is not JSON")
		}
		if err := value(name.(string)); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return invalid(path, "is not JSON")
	}
	return nil
}

func member(d *json.Decoder, path string, values map[string]string) error {
	if _, twice := values[path]; twice || !known[path] {
		return invalid("body", fmt.Sprintf("has %q, which is not known or stands twice", path))
	}
	token, err := d.Token()
	if err != nil {
		return invalid("body", "is not JSON")
	}
	text, ok := token.(string)
	if !ok {
		return invalid(path, "is not a string")
	}
	values[path] = text
	return nil
}

// invalid refuses a field. The API documents the prefix InvalidParameters; the spelling of the rest is this package's.
func invalid(path, problem string) error {
	subject := "InvalidParameters"
	for _, word := range strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '_' }) {
		subject += strings.ToUpper(word[:1]) + word[1:]
	}
	return refuse(http.StatusBadRequest, subject, path+" "+problem)
}
