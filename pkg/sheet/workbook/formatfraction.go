package workbook

import (
	"math"
	"strconv"
	"strings"
)

// appendScientific adds a number with an exponent, which is a multiple of the
// places before the decimal point.
func (s *section) appendScientific(dst []byte, v float64) []byte {
	e := 0
	if v != 0 {
		e = int(math.Floor(math.Log10(v)))
		step := max(s.places, 1)
		e = int(math.Floor(float64(e)/float64(step))) * step
		if whole, _ := rounded(v, -e, s.decimals); len(whole) > step { // 9.996 has become 10.00
			e += step
		}
	}
	whole, fraction := rounded(v, -e, s.decimals)
	if whole == "" && s.places > 0 {
		whole = "0"
	}
	dst = s.appendPlaces(dst, s.parts[:s.point], whole, v, nil)
	if s.point < s.exponent {
		dst = appendDecimals(append(dst, '.'), s.parts[s.point+1:s.exponent], fraction)
	}
	dst = append(dst, 'E')
	if e < 0 {
		dst = append(dst, '-')
	} else if s.parts[s.exponent].text == "+" {
		dst = append(dst, '+')
	}
	rest := section{parts: s.parts[s.exponent+1:]}
	rest.settleNumber()
	digits := ""
	if e != 0 {
		digits = strconv.Itoa(max(e, -e))
	}
	return rest.appendPlaces(dst, rest.parts, digits, 0, nil)
}

// appendFraction adds a number as a whole and a fraction, such as 1 1/2.
func (s *section) appendFraction(dst []byte, v float64, minus bool) []byte {
	from, to := s.slash, s.slash+1 // numerator and denominator
	for from > 0 && isPlace(s.parts[from-1]) {
		from--
	}
	fixed := ""
	for to < len(s.parts) && (isPlace(s.parts[to]) || isDigit(s.parts[to])) {
		if fixed += s.parts[to].text; isPlace(s.parts[to]) && fixed != "" {
			fixed += "0" // the zeros of ?/100 are digits
		}
		to++
	}
	before := section{parts: s.parts[:from]}
	before.settleNumber()
	mixed := before.places > 0
	whole, rest := 0.0, v
	if mixed {
		whole, rest = math.Modf(v)
	}
	n, d := nearest(rest, fixed, to-s.slash-1)
	if mixed && n == d {
		whole, n = whole+1, 0
	}
	if minus && (whole > 0 || n > 0) {
		dst = append(dst, '-')
	}
	digits := strconv.FormatFloat(whole, 'f', 0, 64)
	empty := mixed && n == 0 && s.parts[from].op != '0' // and stands for nothing
	if whole == 0 && !empty {
		digits = ""
	}
	dst = before.appendPlaces(dst, before.parts, digits, 0, nil)
	if empty {
		dst = append(dst, strings.Repeat(" ", to-from)...)
	} else {
		dst = appendPadded(dst, strconv.Itoa(n), s.parts[from:s.slash], true)
		dst = appendPadded(append(dst, '/'), strconv.Itoa(d), s.parts[s.slash+1:to], fixed != "" || s.parts[s.slash+1].op == '0')
	}
	return appendDecimals(dst, s.parts[to:], "")
}

// appendPadded fills the places of a numerator or denominator.
func appendPadded(dst []byte, text string, places []part, right bool) []byte {
	var room []byte
	for _, p := range places[:max(0, len(places)-len(text))] {
		switch p.op {
		case '0':
			room = append(room, '0')
		case '?':
			room = append(room, ' ')
		}
	}
	if right {
		return append(append(dst, room...), text...)
	}
	return append(append(dst, text...), room...)
}

// nearest is the fraction nearest to v, with a fixed denominator or one of so many
// digits.
func nearest(v float64, fixed string, digits int) (n, d int) {
	if d, err := strconv.Atoi(fixed); err == nil && d > 0 {
		return int(math.Round(v * float64(d))), d
	}
	best := math.Inf(1)
	for q := 1; q < int(math.Pow10(min(digits, 4))); q++ {
		p := math.Round(v * float64(q))
		if off := math.Abs(v - p/float64(q)); off < best-1e-12 {
			best, n, d = off, int(p), q
		}
	}
	return n, d
}
