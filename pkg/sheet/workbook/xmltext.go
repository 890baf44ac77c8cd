package workbook

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Classes of bytes in a text.
const (
	isRef     = 1 << iota // & begins a reference
	isReturn              // CR, alone or before LF, is a line break
	isControl             // XML has none of them
	isHigh                // part of a character beyond ASCII
)

var classes = func() (all [256]byte) {
	for c := range all {
		switch {
		case c == '&':
			all[c] = isRef
		case c == '\r':
			all[c] = isReturn
		case c < ' ' && c != '\t' && c != '\n':
			all[c] = isControl
		case c >= utf8.RuneSelf:
			all[c] = isHigh
		}
	}
	return all
}()

// decode is the text that raw characters stand for; in CDATA an & is just that.
func (x *scanner) decode(raw []byte, cdata bool) ([]byte, error) {
	var found byte
	for _, c := range raw {
		found |= classes[c]
	}
	if cdata {
		found &^= isRef
	}
	if found&isHigh != 0 {
		if !utf8.Valid(raw) {
			return nil, x.syntax("invalid UTF-8")
		}
		if bytes.Contains(raw, []byte("\uffff")) || bytes.Contains(raw, []byte("\ufffe")) {
			return nil, x.syntax("illegal character code")
		}
	}
	if found&isControl != 0 {
		i := bytes.IndexFunc(raw, func(r rune) bool { return r < utf8.RuneSelf && classes[r] == isControl })
		return nil, x.syntax(fmt.Sprintf("illegal character code U+%04X", raw[i]))
	}
	if found&(isRef|isReturn) == 0 {
		return raw, nil
	}
	return x.resolve(raw, cdata)
}

// resolve replaces references and line breaks.
func (x *scanner) resolve(raw []byte, cdata bool) ([]byte, error) {
	out := x.decoded[:0]
	for len(raw) > 0 {
		switch c := raw[0]; {
		case c == '\r':
			if raw = raw[1:]; len(raw) == 0 || raw[0] != '\n' {
				out = append(out, '\n')
			}
		case c == '&' && !cdata:
			r, n, err := reference(raw)
			if err != nil {
				return nil, x.syntax(err.Error())
			}
			out = utf8.AppendRune(out, r)
			raw = raw[n:]
		default:
			out = append(out, c)
			raw = raw[1:]
		}
	}
	x.decoded = out
	return out, nil
}

// reference is the character for which &…; stands, and its length.
func reference(raw []byte) (r rune, n int, err error) {
	end := bytes.IndexByte(raw[:min(len(raw), 16)], ';')
	if end < 0 {
		return 0, 0, errors.New("& without a reference")
	}
	name := string(raw[1:end])
	switch name {
	case "lt":
		return '<', end + 1, nil
	case "gt":
		return '>', end + 1, nil
	case "amp":
		return '&', end + 1, nil
	case "quot":
		return '"', end + 1, nil
	case "apos":
		return '\'', end + 1, nil
	}
	number, base := name, 0
	switch {
	case len(name) > 2 && name[:2] == "#x":
		number, base = name[2:], 16
	case len(name) > 1 && name[0] == '#':
		number, base = name[1:], 10
	}
	code, err := strconv.ParseUint(number, max(base, 10), 32)
	if err != nil || base == 0 {
		return 0, 0, fmt.Errorf("unknown reference &%.16s;", name)
	}
	r = rune(code)
	if code > utf8.MaxRune || !utf8.ValidRune(r) || r == 0xfffe || r == 0xffff || r < utf8.RuneSelf && classes[r] == isControl {
		return 0, 0, fmt.Errorf("illegal character code U+%04X", code)
	}
	return r, end + 1, nil
}

// attr is the value of an attribute without a prefix, "" for none.
func (x *scanner) attr(name string) (string, error) {
	return x.attrBy(func(n []byte) bool { return string(n) == name })
}

// prefixedAttr is the value of an attribute with a prefix.
func (x *scanner) prefixedAttr(name string) (string, error) {
	return x.attrBy(func(n []byte) bool {
		i := bytes.IndexByte(n, ':')
		return i >= 0 && string(n[i+1:]) == name && string(n[:i]) != "xmlns"
	})
}

func (x *scanner) attrBy(is func(name []byte) bool) (value string, err error) {
	found := false
	for _, a := range x.attrs {
		if !is(a.name) {
			continue
		}
		if found {
			return "", x.syntax(fmt.Sprintf("the attribute %.20s stands twice", a.name))
		}
		found = true
		if value, err = x.value(a.value); err != nil {
			return "", err
		}
	}
	return value, nil
}

func (x *scanner) value(raw []byte) (string, error) {
	if bytes.IndexByte(raw, '<') >= 0 {
		return "", x.syntax("< in an attribute")
	}
	text, err := x.decode(raw, false)
	return string(text), err
}

// space is a namespace that an element declares.
type space struct {
	prefix string
	ours   bool
	depth  int // of the element, from 1
}

const maxSpaces = 64 // at a time; all are looked through for an element with a prefix

var ourSpaces = map[string]bool{
	"": true, // xmlns="" takes a namespace away, and some writers have none
	"http://schemas.openxmlformats.org/spreadsheetml/2006/main":    true,
	"http://purl.oclc.org/ooxml/spreadsheetml/main":                true,
	"http://schemas.openxmlformats.org/package/2006/relationships": true,
}

// declare looks whether an attribute declares a namespace.
func (x *scanner) declare(name, value []byte) error {
	if len(name) < 5 || string(name[:5]) != "xmlns" || len(name) > 5 && name[5] != ':' {
		return nil
	}
	uri, err := x.value(value)
	if err != nil {
		return err
	}
	if len(x.spaces) == maxSpaces {
		return x.failed(errors.New("it declares too many namespaces"))
	}
	prefix := string(bytes.TrimPrefix(name[5:], []byte(":")))
	x.spaces = append(x.spaces, space{prefix, ourSpaces[uri], len(x.open)})
	if prefix == "" {
		x.plain = ourSpaces[uri]
	}
	return nil
}

// leave forgets the namespaces of the elements below a depth.
func (x *scanner) leave(depth int) {
	for len(x.spaces) > 0 && x.spaces[len(x.spaces)-1].depth > depth {
		x.spaces = x.spaces[:len(x.spaces)-1]
	}
	x.plain = x.isOurs("", true)
}

func (x *scanner) isOurs(prefix string, undeclared bool) bool {
	for i := len(x.spaces) - 1; i >= 0; i-- {
		if x.spaces[i].prefix == prefix {
			return x.spaces[i].ours
		}
	}
	return undeclared
}

// local is a name without its prefix, or none for an element that is not ours.
func (x *scanner) local(name []byte) []byte {
	i := bytes.IndexByte(name, ':')
	switch {
	case i < 0 && x.plain:
		return name
	case i >= 0 && x.isOurs(string(name[:i]), false):
		return name[i+1:]
	}
	return nil
}
