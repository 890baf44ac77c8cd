package lmpi

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReadCreated(t *testing.T) {
	const link = "https://activation.example/partner?t=1"
	object := func(token, link string) string {
		return `{"token":"` + token + `","onboarding_link":"` + link + `"}`
	}
	long := "https://a.example/" + strings.Repeat("é", 300-len("https://a.example/"))
	type result struct{ Token, Link, Problem string }
	for _, tt := range []struct {
		name, body string
		want       result
	}{
		{"the documented form", object("tok-1", link), result{"tok-1", link, ""}},
		{"white space and a BOM", "\ufeff \n" + object("tok-1", link) + "\r\n\t ", result{"tok-1", link, ""}},
		{"unknown fields", `{"x":[{"token":"no"}],"token":"tok-1","y":null,"onboarding_link":"` + link + `"}`, result{"tok-1", link, ""}},
		{"token of 300", object(strings.Repeat("x", 300), link), result{strings.Repeat("x", 300), link, ""}},
		{"token of 301", object(strings.Repeat("x", 301), link), result{"", link, "a token of over 300 characters"}},
		{"all letters of a token", object("-aZ09._~+/=", link), result{"-aZ09._~+/=", link, ""}},
		{"token of another alphabet", object("ü b", link), result{"ü b", link, ""}},
		{"token with a line end", object(`tok\n`, link), result{"", link, "a token with a control character"}},
		{"token is a number", `{"token":12,"onboarding_link":"` + link + `"}`, result{"", link, "a link came, but no token"}},
		{"no token", `{"onboarding_link":"` + link + `"}`, result{"", link, "a link came, but no token"}},
		{"nothing", "{}", result{"", "", "no token"}},
		{"an error that claims success", `{"error_subject":"CSPIError","error_message":"x"}`, result{"", "", "no token"}},
		{"no link", `{"token":"tok-1"}`, result{"tok-1", "", "a token came, but no link"}},
		{"link of 300", object("tok-1", long), result{"tok-1", long, ""}},
		{"link of 301", object("tok-1", long+"é"), result{"tok-1", "", "a link of over 300 characters"}},
		{"link of another host", object("tok-1", "HTTP://[::1]:8080"), result{"tok-1", "HTTP://[::1]:8080", ""}},
		{"link without a host", object("tok-1", "/partner?t=1"), result{"tok-1", "", "a link that is no web address"}},
		{"link with a port alone", object("tok-1", "https://:443/"), result{"tok-1", "", "a link that is no web address"}},
		{"link of another kind", object("tok-1", "javascript://a.example/"), result{"tok-1", "", "a link that is no web address"}},
		{"link with a broken host", object("tok-1", "https://a b/"), result{"tok-1", "", "a link that is no web address"}},
		{"blank link", object("tok-1", " \u00a0 "), result{"tok-1", "", "a blank link"}},
		{"blank token", object("   ", link), result{"", link, "a blank token"}},
		{"token with a control character", object(`a\u0085b`, link), result{"", link, "a token with a control character"}},
		{"link with a line end", object("tok-1", `https://a.example/\n`), result{"tok-1", "", "a link with a control character"}},
		{"link with a bad byte", object("tok-1", "https://a.example/\xff"), result{"tok-1", "", "a link with a control character"}},
		{"empty", "", result{"", "", "empty"}},
		{"only white space", " \n", result{"", "", "empty"}},
		{"cut", object("tok-1", link)[:30], result{"", "", "cut short"}},
		{"cut before the end", strings.TrimSuffix(object("tok-1", link), "}"), result{"", "", "cut short"}},
		{"HTML", "<html></html>", result{"", "", "not JSON"}},
		{"missing comma", `{"token":"a" "onboarding_link":"b"}`, result{"", "", "not JSON"}},
		{"array", "[" + object("tok-1", link) + "]", result{"", "", "not a JSON object"}},
		{"null", "null", result{"", "", "not a JSON object"}},
		{"text", `"tok-1"`, result{"", "", "not a JSON object"}},
		{"twice", object("tok-1", link) + object("tok-1", link), result{"", "", "more after the JSON object"}},
		{"two tokens", `{"token":"tok-0","token":"tok-1","onboarding_link":"` + link + `"}`, result{"tok-1", link, "more than one token or link"}},
		{"two tokens, one escaped", `{"tok\u0065n":"tok-0",` + object("tok-1", link)[1:], result{"tok-1", link, "more than one token or link"}},
		{"a number, then a token", `{"token":7,` + object("tok-1", link)[1:], result{"tok-1", link, "more than one token or link"}},
		{"two links", `{"onboarding_link":"https://b.example/",` + object("tok-1", link)[1:], result{"tok-1", link, "more than one token or link"}},
		{"the same twice", `{"token":"tok-1",` + object("tok-1", link)[1:], result{"tok-1", link, ""}},
		{"rubbish behind", object("tok-1", link) + "<!-- x -->", result{"", "", "more after the JSON object"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got result
			got.Token, got.Link, got.Problem = readCreated([]byte(tt.body))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("readCreated (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadWords(t *testing.T) {
	const trace, other = "0b8f5c1e-3a52-4d0e-9a54-0d6c1f2e3a4b", "1b8f5c1e-3a52-4d0e-9a54-0d6c1f2e3a4b"
	type words struct{ Subject, Message string }
	for _, tt := range []struct {
		name, body string
		want       words
	}{
		{"as documented", `{"error_subject":"CSPIError","error_message":"It \"broke\"."}`, words{"CSPIError", `It "broke".`}},
		{"comma missing", `{"error_subject" : "CSPIError" "error_message":"x"}`, words{"CSPIError", "x"}},
		{"cut", `{"error_subject":"CSPIError","error_mess`, words{"CSPIError", ""}},
		{"quoted within the message", `{"error_message":"\"error_subject\":\"no\"","error_subject":"yes"}`, words{"yes", `"error_subject":"no"`}},
		{"control characters", "{\"error_subject\":\"a\\u0000b\\u001b[31m\\nc\u202e\",\"error_message\":\"two\nlines\"}", words{"a b [31m c", "two lines"}},
		{"long", `{"error_message":"` + strings.Repeat("é", 501) + `"}`, words{"", strings.Repeat("é", 500)}},
		{"our credentials", `{"error_message":"unknown ` + strings.ToUpper(testToken) + `, ` + testToken + ` and ` + testSecret + `"}`, words{"", "unknown [hidden], [hidden] and [hidden]"}},
		{"a token and a link", `{"error_message":"exists, token 4f9a0c2be17d4f9a0c2be17d4f9a0c2b link https://a.example/partner?t=4f9a, see https://a.example/help/409."}`,
			words{"", "exists, token [hidden] link https://a.example/partner?[hidden] see https://a.example/help/409."}},
		{"a short token that is given", `{"token":"t\u002d1","onboarding_link":"/p","error_subject":"t-1","error_message":"t-1 is at /p"}`, words{"[hidden]", "[hidden] is at [hidden]"}},
		{"trace ids", `{"error_message":"` + trace + " and " + other + `"}`, words{"", trace + " and [hidden]"}},
		{"long words", `{"error_subject":"InvalidParametersCompanyNameTooLong","error_message":"Kapitalgesellschaftsrechtlich company.primary_contact.last_name"}`,
			words{"InvalidParametersCompanyNameTooLong", "Kapitalgesellschaftsrechtlich company.primary_contact.last_name"}},
		{"a link of one letter", `{"token":"i","onboarding_link":"l","error_subject":"InvalidParameters","error_message":"l is invalid: i, l."}`,
			words{"InvalidParameters", "[hidden] is invalid: [hidden], [hidden]."}},
		{"text", " the request was refused\r\nby a rule of the gateway\n", words{"", "the request was refused by a rule of the gateway"}},
		{"text in Latin-1", "ung\xfcltig", words{"", "ung\ufffdltig"}},
		{"text with a link", "exists: https://a.example/p?t=4f9a", words{"", "exists: https://a.example/p?[hidden]"}},
		{"other JSON", `{"message":"no"}`, words{"", `{"message":"no"}`}},
		{"binary", "a\x00b", words{}},
		{"no text", `{"error_subject":7,"error_message":null}`, words{}},
		{"HTML", "<html>error_subject</html>", words{}},
		{"empty", "", words{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := Evidence{Status: 400}
			e.readWords([]byte(tt.body), testCredentials(), trace)
			if diff := cmp.Diff(tt.want, words{e.Subject, e.Message}); diff != "" {
				t.Errorf("words (-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzReadCreated holds readCreated against a parser of whole texts, which takes the
// last of several.
func FuzzReadCreated(f *testing.F) {
	for _, seed := range []string{goodBody, "", "null", "{}{}", "\ufeff{}", `{"token":"a"`, ` { "token" : "a" , "onboarding_link" : "b" } `,
		`{"token":"a","onboarding_link":"https://b"},`, `{"token":"","onboarding_link":"https://b"}`, `{"token":"a\u0022","onboarding_link":"https://b"}`,
		`{"onboarding_link":"https://b","token":"a"}`, `{"token":"a","token":"c","onboarding_link":"https://b"}`,
		`{"token":"` + strings.Repeat("a", 300) + `","onboarding_link":"` + strings.Repeat("b", 301) + `"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		token, link, problem := readCreated(body)
		var whole map[string]any
		isObject := json.Unmarshal(trimBOM(body), &whole) == nil && whole != nil
		last := func(name string, fault func(string) string) string {
			s, _ := whole[name].(string)
			if fault(s) != "" {
				return ""
			}
			return s
		}
		if isObject && (token != last("token", TokenFault) || link != last("onboarding_link", LinkFault)) {
			t.Errorf("got %q, %q of %q", token, link, whole)
		}
		if !isObject && (token != "" || link != "" || problem == "") || problem == "" && (token == "" || link == "") {
			t.Errorf("got %q, %q, %q", token, link, problem)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	type result struct {
		D     time.Duration
		Found bool
	}
	for _, tt := range []struct {
		values []string
		want   result
	}{
		{nil, result{}},
		{[]string{"120"}, result{2 * time.Minute, true}},
		{[]string{" 007 "}, result{7 * time.Second, true}},
		{[]string{"0"}, result{0, true}},
		{[]string{"359999"}, result{359999 * time.Second, true}},
		{[]string{"360001"}, result{retryAfterMax, true}},
		{[]string{"99999999999999999999999999"}, result{retryAfterMax, true}},
		{[]string{"Thu, 01 Jan 2026 00:01:00 GMT"}, result{time.Minute, true}},
		{[]string{"Thursday, 01-Jan-26 00:01:00 GMT"}, result{time.Minute, true}},
		{[]string{"Thu Jan  1 00:01:00 2026"}, result{time.Minute, true}},
		{[]string{"Wed, 31 Dec 2025 23:59:00 GMT"}, result{0, true}},
		{[]string{"Thu, 01 Jan 9999 00:00:00 GMT"}, result{retryAfterMax, true}},
		{[]string{"+5"}, result{}},
		{[]string{"-5"}, result{}},
		{[]string{"5.5"}, result{}},
		{[]string{"5, 6"}, result{}},
		{[]string{"٥"}, result{}},
		{[]string{""}, result{}},
		{[]string{"soon"}, result{}},
		{[]string{"5", "soon", "7", "6"}, result{7 * time.Second, true}},
		{[]string{"5", "Thu, 01 Jan 2026 00:01:00 GMT"}, result{time.Minute, true}},
	} {
		var got result
		got.D, got.Found = retryAfter(tt.values, now)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("retryAfter(%q) (-want +got):\n%s", tt.values, diff)
		}
	}
}

// A Retry-After date counts from the server's clock, and from ours only without one.
func TestRetryAfterDateCountsFromTheServersClock(t *testing.T) {
	const date, later = "Thu, 01 Jan 2026 00:00:00 GMT", "Thu, 01 Jan 2026 00:02:00 GMT"
	ours := time.Date(2026, 1, 1, 0, 1, 0, 0, time.UTC)
	for _, tt := range []struct {
		header http.Header
		want   time.Duration
	}{
		{http.Header{"Date": {date}, "Retry-After": {later}}, 2 * time.Minute},
		{http.Header{"Date": {"no date"}, "Retry-After": {later}}, time.Minute},
		{http.Header{"Retry-After": {later}}, time.Minute},
	} {
		var e Evidence
		e.readHead(&http.Response{StatusCode: 429, Header: tt.header}, ours, ours)
		if diff := cmp.Diff(tt.want, e.RetryAfter); diff != "" {
			t.Errorf("%v (-want +got):\n%s", tt.header, diff)
		}
	}
}

// TestGiven: a token or link in an answer that should have none is found at the top and
// one level deep, and in what is no whole JSON it is noticed.
func TestGiven(t *testing.T) {
	const link = "https://activation.example/partner?t=1"
	both := `"token":"tok-1","onboarding_link":"` + link + `"`
	type result struct {
		Token, Link string
		Found       bool
	}
	all, noticed := result{"tok-1", link, true}, result{Found: true}
	for _, tt := range []struct {
		name, body string
		want       result
	}{
		{"at the top", "{" + both + "}", all},
		{"with the API's words", `{"error_subject":"Conflict",` + both + "}", all},
		{"one level deep", `{"existing":{` + both + "}}", all},
		{"in a list", "[{},{" + both + "}]", all},
		{"in a list one level deep", `{"existing":[1,{` + both + "}]}", all},
		{"names with escapes", `{"tok\u0065n":"tok-1","onboarding\u005flink":"` + link + `"}`, all},
		{"the same twice", `{"a":{` + both + `},"b":{` + both + "}}", all},
		{"two tokens", `[{"token":"a"},{"token":"b"}]`, noticed},
		{"a token alone", `{"token":"tok-1"}`, result{"tok-1", "", true}},
		{"a link that can't be one", `{"onboarding_link":"x"}`, noticed},
		{"a number", `{"token":12345678901234567890}`, result{"12345678901234567890", "", true}},
		{"two levels deep", `{"a":{"b":{` + both + "}}}", noticed},
		{"no comma", `{"token" : "tok-1" "onboarding_link":"x"}`, noticed},
		{"cut", `{"error_subject":"x","token":"to`, noticed},
		{"after a page", "<p>busy</p>{" + both + "}", noticed},
		{"blank", `{"token":" ","onboarding_link":""}`, result{}},
		{"none", `{"token":null,"onboarding_link":false}`, result{}},
		{"about a token", `{"error_message":"the \"token\": \"x\" is not valid"}`, result{}},
		{"lists in lists", strings.Repeat("[", 100_000), result{}},
		{"nothing", "", result{}},
		{"text", "token", result{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got result
			got.Token, got.Link, got.Found = given([]byte(tt.body))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("given (-want +got):\n%s", diff)
			}
		})
	}
}
