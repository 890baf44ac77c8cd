package batch

import (
	"encoding/json"
	"strings"

	"onboard/pkg/partner"
)

// companyOf is the name in a request body.
func companyOf(body []byte) string {
	var b struct{ Company struct{ Name string } }
	if json.Unmarshal(body, &b) != nil {
		return "?"
	}
	return b.Company.Name
}

// differing names the fields in which two request bodies differ, and what they
// were before: "city (was Leeds), email (was ann@example.com)".
func differing(before, now []byte) string {
	var a, b map[string]map[string]string
	if json.Unmarshal(before, &a) != nil || json.Unmarshal(now, &b) != nil {
		return "not readable any more"
	}
	var names []string
	for f := range partner.NumFields {
		group, name, _ := strings.Cut(partner.Specs[f].API, ".")
		was, is := a[group][name], b[group][name]
		switch was {
		case is:
		case "":
			names = append(names, f.String()+" (was empty)")
		default:
			names = append(names, f.String()+" (was "+was+")")
		}
	}
	return strings.Join(names, ", ")
}
