package sandbox

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
)

// Rule says which requests a fault strikes. ParseRule makes one.
type Rule struct {
	text    string
	fault   Fault
	share   float64 // of requests, 0 to 1; 0: not by chance
	company string
	exact   bool
	first   int // the number of a request; 0: not by number
	count   int // of requests from first on
}

// String is the text that the rule was made from.
func (r Rule) String() string { return r.text }

// ParseRule reads one rule. Rules concern requests that are right in themselves: a wrong one gets the answer it deserves.
//
//	FAULT           every request
//	FAULT:P%        P percent of the requests; with the same Config.Seed the same attempts of the same companies
//	FAULT@"NAME"    the creations of exactly this company
//	FAULT@TEXT      the creations of companies whose name contains TEXT
//	FAULT#N         the Nth request, from 1, in the order of arrival of all requests
//	FAULT#NxM       M requests from the Nth on
func ParseRule(text string) (Rule, error) {
	at := strings.IndexAny(text+"#", ":@#")
	fault, err := ParseFault(text[:at])
	if err != nil {
		return Rule{}, fmt.Errorf("rule %q: %w", text, err)
	}
	r := Rule{text: text, fault: fault}
	if at == len(text) {
		return r, nil
	}
	switch which := text[at+1:]; text[at] {
	case ':':
		err = r.byChance(which)
	case '@':
		err = r.byCompany(which)
	case '#':
		err = r.byNumber(which)
	}
	if err != nil {
		return Rule{}, fmt.Errorf("rule %q: %w", text, err)
	}
	return r, nil
}

func (r *Rule) byChance(which string) error {
	number, ok := strings.CutSuffix(which, "%")
	percent, err := strconv.ParseFloat(number, 64)
	if !ok || err != nil || !(percent > 0 && percent <= 100) { // as it stands, NaN is refused too
		return fmt.Errorf("%q is no share; hint: more than 0 and up to 100 percent, as in %s:10%%", which, r.fault)
	}
	r.share = percent / 100
	return nil
}

func (r *Rule) byCompany(which string) error {
	r.company = which
	if strings.HasPrefix(which, `"`) {
		name, closed := strings.CutSuffix(which[1:], `"`)
		if !closed {
			return fmt.Errorf("the company's quotation mark never closes; hint: %s@\"Acme Ltd\"", r.fault)
		}
		r.company, r.exact = name, true
	}
	if r.company == "" {
		return fmt.Errorf("no company after @; hint: %s@\"Acme Ltd\", or %s@ and a part of the name", r.fault, r.fault)
	}
	return nil
}

func (r *Rule) byNumber(which string) error {
	from, times, several := strings.Cut(which, "x")
	first, err := strconv.Atoi(from)
	count := 1
	if err == nil && several {
		count, err = strconv.Atoi(times)
	}
	if err != nil || first < 1 || count < 1 {
		return fmt.Errorf("%q is no request; hint: %s#3 for the third, %s#5x4 for the fifth to eighth", which, r.fault, r.fault)
	}
	r.first, r.count = first, count
	return nil
}

// applies tells whether the rule, the ith of its server, strikes this request.
func (r Rule) applies(seed int64, i int, v *visit) bool {
	switch {
	case r.share > 0:
		return roll(seed, "rule "+strconv.Itoa(i), v) < r.share
	case r.exact:
		return v.company == r.company
	case r.company != "":
		return strings.Contains(v.company, r.company)
	case r.first > 0:
		return v.n >= r.first && v.n-r.first < r.count
	}
	return true
}

// strikes picks the fault that this request meets: the script's, a rule's, a random one, or none.
func (s *Server) strikes(v *visit) *kind {
	if v.company != "" && s.cfg.Script != nil {
		v.fault = s.cfg.Script(v.company, v.attempt)
	}
	for i, r := range s.cfg.Faults {
		if v.fault == "" && r.applies(s.cfg.Seed, i, v) {
			v.fault = r.fault
		}
	}
	if v.fault == "" && v.company != "" && roll(s.cfg.Seed, "rate", v) < s.cfg.FaultRate {
		v.fault = Fault(random[int(roll(s.cfg.Seed, "kind", v)*float64(len(random)))])
	}
	k := byName[v.fault]
	if k == nil && v.fault != "" {
		s.watch.note(v.n, "the script asks for %q, which is no fault", v.fault)
	}
	return k
}

// random are the faults that FaultRate deals out.
var random = func() (names []string) {
	for _, k := range kinds {
		if !k.stops {
			names = append(names, k.Name)
		}
	}
	return names
}()

// roll throws a die for a request, in [0, 1): the same for the same seed, purpose, company and attempt. A reading call has
// neither company nor attempt and goes by its number.
func roll(seed int64, purpose string, v *visit) float64 {
	attempt := v.attempt
	if v.company == "" {
		attempt = v.n
	}
	return chance(fmt.Sprintf("%d\x00%s\x00%s\x00%d", seed, purpose, v.company, attempt))
}

// chance spreads texts evenly over [0, 1).
func chance(text string) float64 {
	h := fnv.New64a()
	h.Write([]byte(text))
	x := h.Sum64() // FNV leaves the high bits of like texts alike; the steps of splitmix64 mix them
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return float64((x^x>>31)>>11) / (1 << 53)
}
