package lmpi

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func mustParse(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestParseTarget(t *testing.T) {
	for in, want := range map[string]string{
		"https://cspi.trendmicro.com":        "https://cspi.trendmicro.com",
		" HTTPS://CSPI.TrendMicro.com.:443/": "https://cspi.trendmicro.com",
		"https://api.example:8443/prefix//":  "https://api.example:8443/prefix",
		"https://api.example//a///b/":        "https://api.example/a/b",
		"https://api.example/a%2Fb//c":       "https://api.example/a%2Fb/c",
		"https://api.example/lmpis":          "https://api.example/lmpis",
		"https://[2001:DB8::1]:443":          "https://[2001:db8::1]",
		"https://192.0.2.1":                  "https://192.0.2.1",
		"http://127.0.0.1:8080":              "http://127.0.0.1:8080",
		"http://127.8.8.8:80":                "http://127.8.8.8",
		"http://[::1]:8080":                  "http://[::1]:8080",
		"http://LocalHost":                   "http://localhost",
	} {
		got, err := ParseTarget(in)
		if err != nil {
			t.Errorf("ParseTarget(%q): %v", in, err)
			continue
		}
		if diff := cmp.Diff(want, got.String()); diff != "" {
			t.Errorf("ParseTarget(%q) (-want +got):\n%s", in, diff)
		}
	}
}

func TestParseTargetRefuses(t *testing.T) {
	for in, want := range map[string]string{
		"":                                 "not a web address",
		"sandbox":                          "not a web address",
		"cspi.trendmicro.com":              "not a web address",
		"cspi.trendmicro.com:443":          "not a web address",
		"ftp://api.example":                "not a web address",
		"https://":                         "not a web address",
		"https:api.example":                "not a web address",
		"https://:443":                     "not a web address",
		"https://api.example:https":        "not a web address",
		"https://me:synthetic@api.example": "user name",
		"https://me@api.example":           "user name",
		"https://api.example?x=1":          "?",
		"https://api.example?":             "?",
		"https://api.example/#top":         "#",
		"https://ａｐｉ.example":              "beyond a-z",
		"https://api.example/LMPI/v3/partners/onboarding": "path of a call",
		"https://api.example/gate/lmpi/":                  "path of a call",
		"https://api.example/LMPI":                        "path of a call",
		"http://api.example":                              "over http",
		"http://10.0.0.1":                                 "over http",
		"http://localhost.example":                        "over http",
		"http://127.0.0.1.example":                        "over http",
		"http://0.0.0.0":                                  "over http",
		"http://[::]":                                     "over http",
		"http://2130706433":                               "over http",
		"https://me:synthetic@api.example:x":              "not a web address",
	} {
		got, err := ParseTarget(in)
		if err == nil {
			t.Errorf("ParseTarget(%q): got %v, want an error", in, got)
			continue
		}
		if !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "hint: ") || strings.Contains(err.Error(), "synthetic") {
			t.Errorf("ParseTarget(%q): got %q, want it to name %q and a hint, and no password", in, err, want)
		}
	}
}

func TestEndpoint(t *testing.T) {
	for name, want := range map[string]string{
		"production": "https://cspi.trendmicro.com",
		"staging":    "https://cspi-stg.trendmicro.com",
		"sandbox":    "",
		"":           "",
	} {
		got, ok := Endpoint(name)
		if got != want || ok != (want != "") {
			t.Errorf("Endpoint(%q): got %q, %v; want %q", name, got, ok, want)
		}
	}
}
