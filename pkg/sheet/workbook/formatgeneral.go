package workbook

import (
	"math"
	"strconv"
	"strings"
)

// restore gives a number that is shown as 1.23457E+11 its digits: they are what
// was meant, and no more than a few are seen before the cell is selected.
func restore(dst []byte, from int, v float64, raw []byte) []byte {
	if isScientific(dst[from:]) {
		return appendDigits(dst[:from], v, raw)
	}
	return dst
}

// isScientific knows -1.5E+11, and nothing else around it.
func isScientific(b []byte) bool {
	s := strings.TrimPrefix(string(b), "-")
	mantissa, exponent, found := strings.Cut(s, "E+")
	if !found || !allDigits(exponent) {
		return false
	}
	whole, rest, point := strings.Cut(mantissa, ".")
	return len(whole) == 1 && allDigits(whole) && (!point || allDigits(rest))
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// appendDigits adds a number with all the digits that the file holds.
func appendDigits(dst []byte, v float64, raw []byte) []byte {
	if len(raw) == 0 || strings.ContainsAny(string(raw), "Ee") {
		return strconv.AppendFloat(dst, v, 'f', -1, 64)
	}
	return append(dst, raw...)
}

// appendGeneral adds a number in the format General: eleven characters at most
// for a fraction, but all digits of a long number.
func appendGeneral(dst []byte, v float64, raw []byte) []byte {
	abs := math.Abs(v)
	switch {
	case v == math.Trunc(v) && abs < 1e15:
		return strconv.AppendInt(dst, int64(v), 10)
	case abs >= 1e11:
		return appendDigits(dst, v, raw)
	case abs >= 1e-4:
		whole := len(strconv.AppendInt(nil, int64(abs), 10))
		return trimZeros(strconv.AppendFloat(dst, v, 'f', max(0, 10-whole), 64), len(dst))
	}
	from := len(dst)
	if dst = strconv.AppendFloat(dst, v, 'f', -1, 64); len(dst)-from <= 11 {
		return dst
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'E', 5, 64), "E")
	dst = trimZeros(append(dst[:from], mantissa...), from)
	return append(append(dst, 'E'), exponent...)
}

// trimZeros takes zeros off the end of a fraction that begins at from.
func trimZeros(dst []byte, from int) []byte {
	if !strings.Contains(string(dst[from:]), ".") {
		return dst
	}
	end := len(dst)
	for dst[end-1] == '0' {
		end--
	}
	if dst[end-1] == '.' {
		end--
	}
	return dst[:end]
}
