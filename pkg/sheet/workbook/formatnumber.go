package workbook

import (
	"slices"
	"strconv"
	"strings"
)

// number is what a section for numbers asks for.
type number struct {
	point    int  // index of the part that is the decimal point, or where one would be
	decimals int  // places behind it
	places   int  // before it
	grouped  bool // thousands are separated
	scale    int  // power of ten by which the number is shown larger
	exponent int  // index of the part E, -1 for none
	slash    int  // index of the part / of a fraction, -1 for none
	timeless bool // a date without a time
}

// settleNumber counts the places of a section and finds its commas.
func (s *section) settleNumber() {
	s.exponent, s.slash = -1, -1
	s.point = -1
	last := -1 // placeholder before the point
	for i, p := range s.parts {
		switch p.op {
		case '%':
			s.scale += 2
		case '.':
			if s.point < 0 && s.exponent < 0 {
				s.point = i
			}
		case 'E':
			if s.exponent < 0 {
				s.exponent = i
			}
		case '/':
			if s.slash < 0 && last >= 0 && s.exponent < 0 && s.point < 0 && slices.ContainsFunc(s.parts[i:], func(p part) bool { return isPlace(p) || isDigit(p) }) {
				s.slash = i
			}
		case '0', '#', '?':
			switch {
			case s.exponent >= 0:
			case s.point >= 0:
				s.decimals++
			default:
				s.places++
				last = i
			}
		}
	}
	if s.point < 0 {
		s.point = len(s.parts)
		if s.exponent >= 0 {
			s.point = s.exponent
		}
	}
	s.commas(last)
}

// commas of a section: one between places groups by thousands, each behind the
// last place divides by a thousand.
func (s *section) commas(last int) {
	for i, p := range s.parts {
		switch {
		case p.op != ',':
		case i < last:
			s.grouped = s.grouped || slices.ContainsFunc(s.parts[:i], isPlace)
		case i < s.point || s.trailing(i):
			if s.places > 0 || s.decimals > 0 {
				s.scale -= 3
			}
		}
	}
}

// trailing says that a comma stands directly behind the places.
func (s *section) trailing(i int) bool {
	for i > 0 && s.parts[i-1].op == ',' {
		i--
	}
	return i > 0 && isPlace(s.parts[i-1]) && !slices.ContainsFunc(s.parts[i:], isPlace)
}

func isPlace(p part) bool { return p.op == '0' || p.op == '#' || p.op == '?' }

func isDigit(p part) bool { return p.op == literal && allDigits(p.text) }

// appendNumber adds a number that is not negative, or with a minus sign, which one
// that is rounded to zero does without.
func (s *section) appendNumber(dst []byte, v float64, raw []byte, minus bool) []byte {
	whole, fraction := rounded(v, s.scale, s.decimals)
	zero := whole == "" && strings.Trim(fraction, "0") == "" && s.places+s.decimals > 0
	if s.slash >= 0 {
		return s.appendFraction(dst, v, minus)
	}
	if minus && (!zero || s.exponent >= 0) {
		dst = append(dst, '-')
	}
	if s.exponent >= 0 {
		return s.appendScientific(dst, v)
	}
	dst = s.appendPlaces(dst, s.parts[:s.point], whole, v, raw)
	if s.point == len(s.parts) {
		return dst
	}
	return appendDecimals(append(dst, '.'), s.parts[s.point+1:], fraction)
}

// rounded is v times a power of ten as digits, rounded to so many decimals as
// Excel does: half away from zero, of the fifteen digits that it keeps. A whole
// part of 0 has no digits.
func rounded(v float64, scale, decimals int) (whole, fraction string) {
	text := strconv.FormatFloat(v, 'e', 14, 64)
	mantissa, exponent, _ := strings.Cut(text, "e")
	e, _ := strconv.Atoi(exponent)
	digits := mantissa[:1] + mantissa[2:]
	point := e + 1 + scale // digits before the decimal point
	keep := point + decimals
	if keep < 0 {
		return "", strings.Repeat("0", decimals)
	}
	if keep < len(digits) {
		up := digits[keep] >= '5'
		kept := []byte("0" + digits[:keep])
		for i := keep; up; i-- {
			if kept[i]++; kept[i] <= '9' {
				break
			}
			kept[i] = '0'
		}
		digits = string(kept)
		point++
	}
	if point < 0 {
		digits, point = strings.Repeat("0", -point)+digits, 0
	}
	digits += strings.Repeat("0", max(0, point+decimals-len(digits)))
	return strings.TrimLeft(digits[:point], "0"), digits[point : point+decimals]
}

// appendPlaces fills the places before the decimal point from the right. Digits
// for which there is no place go before the first one.
func (s *section) appendPlaces(dst []byte, parts []part, whole string, v float64, raw []byte) []byte {
	var back []byte // the result, last byte first
	placed, left := 0, s.places
	put := func(c byte) {
		if s.grouped && placed > 0 && placed%3 == 0 {
			if c == ' ' {
				back = append(back, ' ')
			} else {
				back = append(back, ',')
			}
		}
		back = append(back, c)
		placed++
	}
	for _, p := range slices.Backward(parts) {
		switch {
		case isPlace(p):
			left--
			switch {
			case whole != "":
				put(whole[len(whole)-1])
				whole = whole[:len(whole)-1]
			case p.op == '0':
				put('0')
			case p.op == '?':
				put(' ')
			}
			for left == 0 && whole != "" {
				put(whole[len(whole)-1])
				whole = whole[:len(whole)-1]
			}
		case p.op == general:
			back = reversed(back, string(appendGeneral(nil, v, raw)))
		case p.op == '%':
			back = append(back, '%')
		case p.op == literal, p.op == '/':
			back = reversed(back, p.text)
		}
	}
	slices.Reverse(back)
	if s.places == 0 && whole != "" && s.point < len(s.parts) { // .00 shows what stands before the point
		dst = append(dst, whole...)
	}
	return append(dst, back...)
}

func reversed(back []byte, text string) []byte {
	for i := len(text) - 1; i >= 0; i-- {
		back = append(back, text[i])
	}
	return back
}

// appendDecimals fills the places behind the decimal point.
func appendDecimals(dst []byte, parts []part, fraction string) []byte {
	significant := len(strings.TrimRight(fraction, "0"))
	at := 0
	for _, p := range parts {
		switch {
		case isPlace(p):
			switch {
			case at < significant:
				dst = append(dst, fraction[at])
			case p.op == '0':
				dst = append(dst, '0')
			case p.op == '?':
				dst = append(dst, ' ')
			}
			at++
		case p.op == '%':
			dst = append(dst, '%')
		case p.op == literal, p.op == '/':
			dst = append(dst, p.text...)
		}
	}
	return dst
}
