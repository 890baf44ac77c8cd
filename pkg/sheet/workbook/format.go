package workbook

import (
	"math"
	"strings"
)

// format is a number format: up to three sections for numbers, and one for texts.
type format struct {
	sections []section
	text     *section // nil: texts stand as they are
}

// section is the part of a format that shows some of the numbers.
type section struct {
	when  condition
	kind  kind
	parts []part
	number
	language
}

type kind int

const (
	numberKind kind = iota
	dateKind
	textKind
)

// condition is one such as [<=999]; op is "" where there is none.
type condition struct {
	op    string
	limit float64
}

func (c condition) holds(v float64) bool {
	switch c.op {
	case "<":
		return v < c.limit
	case "<=":
		return v <= c.limit
	case ">":
		return v > c.limit
	case ">=":
		return v >= c.limit
	case "<>":
		return v != c.limit
	}
	return v == c.limit
}

// part is one element of a section. op says what it is, in the letters of the
// format itself: 0 # ? . , % E / @ for numbers and texts, y m d h s and so on for
// dates, 'G' for General and '"' for a text that stands for itself.
type part struct {
	op   byte
	n    int    // how often the letter stands there
	text string // what stands for itself
	span bool   // [h]: hours that do not end at 24
}

const (
	literal = '"'
	general = 'G'
	minute  = 'M' // an m beside hours or seconds
	ampm    = 'P'
	year    = 'e' // of an era
	weekday = 'a'
)

// compile understands the code of a format. What it can't understand is shown as
// General.
func compile(code string) *format {
	f := &format{}
	for _, text := range split(code) {
		s := parseSection(text)
		if s.kind == textKind || len(f.sections) == 3 {
			f.text = &s
			continue
		}
		f.sections = append(f.sections, s)
	}
	if f.text != nil && f.text.kind != textKind && len(f.text.parts) == 0 { // ;;; hides what is there all the same
		f.text = nil
	}
	return f
}

// split cuts a code at its semicolons, four sections at most.
func split(code string) (sections []string) {
	from := 0
	for i := 0; i < len(code) && len(sections) < 3; i++ {
		switch code[i] {
		case ';':
			sections, from = append(sections, code[from:i]), i+1
		case '\\', '_', '*':
			i++
		case '"', '[':
			end := strings.IndexByte(code[i+1:], map[byte]byte{'"': '"', '[': ']'}[code[i]])
			if end < 0 {
				return append(sections, code[from:])
			}
			i += end + 1
		}
	}
	return append(sections, code[from:])
}

// sectionOf is the section that shows a number, and whether a minus sign goes
// before what it shows; nil where no section is for the number.
func (f *format) sectionOf(v float64) (s *section, minus bool) {
	i := f.index(v)
	if i < 0 {
		return nil, v < 0
	}
	return &f.sections[i], v < 0 && !f.negative(i)
}

// index is the section for a number. Without conditions the first is for positive
// numbers, the second for negative ones and the third for zero.
func (f *format) index(v float64) int {
	n := len(f.sections)
	for i, s := range f.sections {
		shows := true // the last one shows the rest
		switch {
		case s.when.op != "":
			shows = s.when.holds(v)
		case i == 0 && n == 2:
			shows = v >= 0
		case i == 0 && n == 3:
			shows = v > 0
		case i == 1 && n == 3 && f.sections[0].when.op == "":
			shows = v < 0
		}
		if shows {
			return i
		}
	}
	return -1
}

// negative says that a section is for negative numbers alone, and so says by
// itself, with brackets or a sign, that they are.
func (f *format) negative(i int) bool {
	first := f.sections[0].when
	if i == 0 {
		return first.op != "" && first.op[0] == '<' && first.op != "<>" && first.limit == 0
	}
	own := f.sections[i].when
	return i == 1 && (own.op == "" || own.op == "<" && own.limit == 0) &&
		(first.op == "" || first.op[0] == '>' && first.limit == 0)
}

// append adds a number as it is shown. A number that a format hides is there all
// the same, and one that it can't show, such as a date before 1900, is shown as
// General.
func (f *format) append(dst []byte, v float64, raw []byte, e epoch) []byte {
	s, minus := f.sectionOf(v)
	from := len(dst)
	if s != nil {
		ok := true
		switch s.kind {
		case dateKind:
			dst, ok = s.appendDate(dst, v, e)
		case textKind:
			dst = s.appendText(dst, string(appendGeneral(nil, v, raw)))
		case numberKind:
			dst = s.appendNumber(dst, math.Abs(v), unsigned(raw), minus)
		}
		if ok && !isBlank(dst[from:]) {
			return restore(dst, from, v, raw)
		}
	}
	return appendGeneral(dst[:from], v, raw)
}

func unsigned(raw []byte) []byte {
	if len(raw) > 0 && raw[0] == '-' {
		return raw[1:]
	}
	return raw
}

func isBlank(b []byte) bool { return len(strings.TrimSpace(string(b))) == 0 }

// isDate says that a number is shown as a date or a time.
func (f *format) isDate(v float64) bool {
	s, _ := f.sectionOf(v)
	return s != nil && s.kind == dateKind
}

// appendText adds a text between what a section puts around it.
func (s *section) appendText(dst []byte, text string) []byte {
	for _, p := range s.parts {
		switch p.op {
		case '@':
			dst = append(dst, text...)
		case literal:
			dst = append(dst, p.text...)
		}
	}
	return dst
}
