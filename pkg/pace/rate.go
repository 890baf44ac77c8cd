package pace

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ParseRate reads a pace such as "5/s", "300/m" or "100/h" as permits per second. A
// plain number is per second.
func ParseRate(s string) (float64, error) {
	number, unit, divided := strings.Cut(strings.ToLower(strings.TrimSpace(s)), "/")
	seconds, known := map[string]float64{"s": 1, "m": 60, "h": 3600}[strings.TrimSpace(unit)]
	if !divided {
		seconds, known = 1, true
	}
	if !known {
		return 0, rateError(s, "its unit is none of /s, /m and /h")
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil {
		return 0, rateError(s, "it is no number per time")
	}
	perSecond := n / seconds
	if !(perSecond > 0) || math.IsInf(perSecond, 1) { // the negation also refuses NaN
		return 0, rateError(s, "it must be more than nothing and finite")
	}
	return perSecond, nil
}

func rateError(s, why string) error {
	return fmt.Errorf("rate %q cannot be used: %s; hint: write 5/s, 300/m or 100/h", s, why)
}
