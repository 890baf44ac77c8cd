package workbook

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// epoch is the day from which the dates of a workbook are counted.
type epoch int

const (
	epoch1900 epoch = iota // day 1 is January 1st; there is a February 29th, which was none
	epoch1904              // day 0 is January 1st
)

// settleDate finds the minutes among the months, and the fractions of seconds.
func (s *section) settleDate() {
	before := byte(0)
	s.timeless = true
	for i := range s.parts {
		p := &s.parts[i]
		switch p.op {
		case 'm':
			if p.n <= 2 && (before == 'h' || s.secondsFollow(i)) {
				p.op = minute
			}
			s.timeless = s.timeless && p.op == 'm'
			before = p.op
		case 'y', 'd', 'h', 's', minute, ampm, year, 'g', weekday, 'b':
			before = p.op
			s.timeless = s.timeless && before != 'h' && before != 's' && before != minute && before != ampm
		case '.':
			n := 0
			for i+1+n < len(s.parts) && s.parts[i+1+n].op == '0' {
				n++
			}
			if before == 's' && n > 0 {
				p.n = n
				s.decimals = max(s.decimals, n)
			}
		}
	}
}

// secondsFollow says that the next part of a date or time is the seconds.
func (s *section) secondsFollow(i int) bool {
	for _, p := range s.parts[i+1:] {
		switch p.op {
		case 's':
			return true
		case literal, '.', ',', '/', ':':
			continue
		}
		return false
	}
	return false
}

// moment is a day and a time of it.
type moment struct {
	year, month, day, weekday   int
	hour, minute, second, ticks int     // ticks are the fraction of a second, in units of its last place
	serial                      float64 // days, rounded to what is shown
}

// momentOf is false for a number that is no day of the calendar.
func momentOf(v float64, e epoch, decimals int) (m moment, ok bool) {
	if v < 0 || v >= 2958466 {
		return m, false
	}
	unit := math.Pow10(min(decimals, 3))
	all := math.Round(v * 86400 * unit)
	m.serial = all / (86400 * unit)
	days := int(math.Floor(all / (86400 * unit)))
	rest := int(all - float64(days)*86400*unit)
	m.ticks = rest % int(unit)
	rest /= int(unit)
	m.hour, m.minute, m.second = rest/3600, rest/60%60, rest%60
	m.weekday = (days + 6) % 7 // day 1 is a Sunday, as Excel has it
	switch {
	case e == epoch1904:
		m.weekday = (days + 5) % 7
		m.set(time.Date(1904, 1, 1+days, 0, 0, 0, 0, time.UTC))
	case days == 0:
		m.year, m.month, m.day = 1900, 1, 0
	case days == 60:
		m.year, m.month, m.day = 1900, 2, 29
	case days < 60:
		m.set(time.Date(1899, 12, 31+days, 0, 0, 0, 0, time.UTC))
	default:
		m.set(time.Date(1899, 12, 30+days, 0, 0, 0, 0, time.UTC))
	}
	return m, true
}

func (m *moment) set(t time.Time) { m.year, m.month, m.day = t.Year(), int(t.Month()), t.Day() }

// appendDate adds a number as a date. It is false where there is no such date.
func (s *section) appendDate(dst []byte, v float64, e epoch) ([]byte, bool) {
	if s.timeless {
		v = math.Floor(v)
	}
	m, ok := momentOf(v, e, s.decimals)
	if !ok {
		return dst, false
	}
	half := false
	for _, p := range s.parts {
		half = half || p.op == ampm
	}
	for i := 0; i < len(s.parts); i++ {
		switch p := s.parts[i]; p.op {
		case literal, '/':
			dst = append(dst, p.text...)
		case '.':
			dst = append(dst, '.')
			if p.n > 1 || i+1 < len(s.parts) && s.parts[i+1].op == '0' && p.n > 0 {
				text := fmt.Sprintf("%0*d", min(s.decimals, 3), m.ticks) + strings.Repeat("0", max(0, s.decimals-3))
				dst = append(dst, text[:min(p.n, len(text))]...)
				i += p.n
			}
		case ',', '0', '#', '?', '%':
			dst = append(dst, p.op)
		default:
			dst = s.appendUnit(dst, p, &m, half)
		}
	}
	return dst, true
}

// appendUnit adds one part of a date or time.
func (s *section) appendUnit(dst []byte, p part, m *moment, half bool) []byte {
	pad := func(n int) []byte { return fmt.Appendf(dst, "%0*d", min(p.n, 2), n) }
	switch p.op {
	case 'y':
		if p.n <= 2 {
			return fmt.Appendf(dst, "%02d", m.year%100)
		}
		return fmt.Appendf(dst, "%04d", m.year)
	case 'b':
		if p.n <= 2 {
			return fmt.Appendf(dst, "%02d", (m.year+543)%100)
		}
		return fmt.Appendf(dst, "%04d", m.year+543)
	case year, 'g':
		return s.appendEra(dst, p, m)
	case 'm':
		return s.month(dst, p.n, m.month)
	case 'd':
		if p.n <= 2 {
			return pad(m.day)
		}
		return s.day(dst, p.n, m.weekday)
	case weekday:
		return s.day(dst, p.n, m.weekday)
	case ampm:
		return appendHalf(dst, p.text, m.hour)
	case 'h':
		if p.span {
			return fmt.Appendf(dst, "%0*d", p.n, int(m.serial*24+1e-9))
		}
		if half {
			return pad((m.hour+11)%12 + 1)
		}
		return pad(m.hour)
	case minute:
		if p.span {
			return fmt.Appendf(dst, "%0*d", p.n, int(m.serial*1440+1e-7))
		}
		return pad(m.minute)
	case 's':
		if p.span {
			return fmt.Appendf(dst, "%0*d", p.n, int(m.serial*86400+1e-5))
		}
		return pad(m.second)
	}
	return dst
}

// appendHalf adds the half of the day: A and P in the case of the format.
func appendHalf(dst []byte, words string, hour int) []byte {
	if len(words) > 3 {
		words = strings.ToUpper(words)
	}
	am, pm, _ := strings.Cut(words, "/")
	if hour >= 12 {
		return append(dst, pm...)
	}
	return append(dst, am...)
}

// eras of Japan, the latest first.
var eras = []struct {
	from         int // year, month and day as a number
	letter, name string
}{{20190501, "R", "令和"}, {19890108, "H", "平成"}, {19261225, "S", "昭和"}, {19120730, "T", "大正"}, {0, "M", "明治"}}

// appendEra adds the year of an era, or its name.
func (s *section) appendEra(dst []byte, p part, m *moment) []byte {
	if s.language != "ja" {
		if p.op == year {
			return strconv.AppendInt(dst, int64(m.year), 10)
		}
		return dst
	}
	for _, era := range eras {
		if m.year*10000+m.month*100+m.day < era.from {
			continue
		}
		switch {
		case p.op == year:
			return fmt.Appendf(dst, "%0*d", min(p.n, 2), m.year-max(era.from/10000, 1868)+1)
		case p.n == 1:
			return append(dst, era.letter...)
		case p.n == 2:
			return append(dst, string([]rune(era.name)[0])...)
		}
		return append(dst, era.name...)
	}
	return dst
}
