package batch

import (
	"encoding/json"
	"strings"

	"onboard/pkg/partner"
)

// valuesOf are the fields in a request body. ok is false where it can't be read.
func valuesOf(body []byte) (values [partner.NumFields]string, ok bool) {
	var groups map[string]map[string]string
	if json.Unmarshal(body, &groups) != nil {
		return values, false
	}
	for f := range values {
		group, name, _ := strings.Cut(partner.Specs[f].API, ".")
		values[f] = groups[group][name]
	}
	return values, true
}

// companyOf is the name in a request body.
func companyOf(body []byte) string {
	if values, ok := valuesOf(body); ok {
		return values[partner.CompanyName]
	}
	return "?"
}

// differing names the fields in which two request bodies differ, and what they
// were before: "city (was Leeds), email (was ann@example.com)".
func differing(before, now []byte) string {
	a, readA := valuesOf(before)
	b, readB := valuesOf(now)
	if !readA || !readB {
		return "not readable any more"
	}
	var names []string
	for f := range partner.NumFields {
		switch a[f] {
		case b[f]:
		case "":
			names = append(names, f.String()+" (was empty)")
		default:
			names = append(names, f.String()+" (was "+a[f]+")")
		}
	}
	return strings.Join(names, ", ")
}
