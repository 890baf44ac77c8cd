package workbook

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// parseSection takes a section apart.
func parseSection(code string) section {
	var s section
	for code != "" {
		n := s.parse(code)
		code = code[n:]
	}
	s.settle()
	return s
}

// parse takes the first part of a code, and returns its length.
func (s *section) parse(code string) int {
	switch c := code[0]; c {
	case '"':
		text, _, _ := strings.Cut(code[1:], `"`)
		s.literal(text)
		return min(len(text)+2, len(code))
	case '[':
		inner, _, closed := strings.Cut(code[1:], "]")
		if !closed {
			s.literal("[")
			return 1
		}
		s.bracket(inner)
		return len(inner) + 2
	case '\\', '_', '*':
		_, n := utf8.DecodeRuneInString(code[1:])
		switch c {
		case '\\':
			s.literal(code[1 : 1+n])
		case '_': // room as wide as that character
			s.literal(" ")
		}
		return 1 + n
	case '0', '#', '?', '.', ',', '%', '@':
		s.parts = append(s.parts, part{op: c, n: 1})
		return 1
	}
	return s.word(code)
}

func (s *section) literal(text string) {
	s.parts = append(s.parts, part{op: literal, text: text})
}

// bracket reads what stands in brackets: a condition, a currency, hours without
// end, or a color, which is of no matter.
func (s *section) bracket(inner string) {
	lower := strings.ToLower(inner)
	switch {
	case inner == "":
	case inner[0] == '<', inner[0] == '>', inner[0] == '=':
		op := inner[:len(inner)-len(strings.TrimLeft(inner, "<>="))]
		limit, err := strconv.ParseFloat(strings.TrimSpace(inner[len(op):]), 64)
		if err == nil {
			s.when = condition{op, limit}
		}
	case inner[0] == '$':
		symbol, locale, _ := strings.Cut(inner[1:], "-")
		s.literal(symbol)
		s.language = languageOf(locale)
	case strings.Trim(lower, lower[:1]) == "" && (lower[0] == 'h' || lower[0] == 'm' || lower[0] == 's'):
		op := lower[0]
		if op == 'm' {
			op = minute
		}
		s.parts = append(s.parts, part{op: op, n: len(lower), span: true})
		s.kind = dateKind
	}
}

// word reads a letter that means something, or a character that stands for itself.
func (s *section) word(code string) int {
	lower := strings.ToLower(code[:min(len(code), 7)])
	switch {
	case lower == "general":
		s.parts = append(s.parts, part{op: general})
		return len("general")
	case strings.HasPrefix(lower, "am/pm"), strings.HasPrefix(lower, "a/p"):
		n := strings.IndexByte(lower, 'p') + 1
		if n > 2 && strings.HasPrefix(lower, "am/pm") {
			n++
		}
		s.kind = dateKind
		s.parts = append(s.parts, part{op: ampm, text: code[:n]})
		return n
	case strings.HasPrefix(lower, "e+"), strings.HasPrefix(lower, "e-"):
		s.parts = append(s.parts, part{op: 'E', text: code[1:2]})
		return 2
	}
	c := lower[0]
	n := len(code) - len(strings.TrimLeft(code, string([]byte{c, c &^ 0x20})))
	switch {
	case strings.IndexByte("ymdhseg", c) >= 0, c == 'a' && n >= 3, c == 'b' && n >= 2:
		s.kind = dateKind
		s.parts = append(s.parts, part{op: c, n: n})
		return n
	case c == '/':
		s.parts = append(s.parts, part{op: '/', text: "/"})
		return 1
	}
	_, n = utf8.DecodeRuneInString(code)
	s.literal(code[:n])
	return n
}

// settle decides what a section shows.
func (s *section) settle() {
	for _, p := range s.parts {
		if p.op == '@' && s.kind == numberKind {
			s.kind = textKind
		}
	}
	switch s.kind {
	case dateKind:
		s.settleDate()
	case numberKind:
		s.settleNumber()
	}
}
