package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"onboard/pkg/sandbox"
)

// hostile is what a name, a header or a word of the API may hold: a forged line, an
// escape sequence of either kind, marks that turn the order around, characters that
// nobody sees, and a byte that is no text.
const hostile = "x\nNext  forged\r\x1b[2J\x1b]0;t\a\u009b31m\u202e\u200e\u200b\u00ad\u3164\ufeff\xff"

// hostileAPI rejects companies that say so, does not know what became of others, and
// creates the rest. Its words are hostile.
func hostileAPI(_ *sandbox.Server, w http.ResponseWriter, r *http.Request) {
	var body bytes.Buffer
	_, _ = body.ReadFrom(r.Body)
	words, _ := json.Marshal(map[string]string{"error_subject": "InvalidParameters" + hostile, "error_message": hostile})
	token := strings.TrimPrefix(r.URL.Path, "/LMPI/v3/partners/onboarding/token/")
	switch {
	case r.Method == http.MethodGet && token != r.URL.Path:
		state, _ := json.Marshal(map[string]string{"token": token, "status": "odd" + hostile})
		_, _ = w.Write(state)
	case bytes.Contains(body.Bytes(), []byte("Reject")):
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write(words)
	case bytes.Contains(body.Bytes(), []byte("Doubt")):
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write(words)
	case r.Method == http.MethodGet:
		_, _ = w.Write([]byte(`{"downstream":[]}`))
	default:
		name, _, _ := bytes.Cut(body.Bytes()[bytes.Index(body.Bytes(), []byte("Good")):], []byte(`"`))
		fmt.Fprintf(w, `{"token":"t-%s","onboarding_link":"https://activation.example/%s"}`, name, name)
	}
}

// TestHostileWords: whatever a file name, a header, a cell, a flag or the API holds,
// neither stream gets a character that a terminal does not just show.
func TestHostileWords(t *testing.T) {
	s := newSession(t, sandbox.Config{})
	_, s.address = behind(t, hostileAPI, sandbox.Config{})
	name := "l" + hostile + ".csv"
	cell := strings.TrimSuffix(hostile, "\xff")
	header := `company_name,country,data_center,first_name,last_name,email,"` + cell + `"` + "\n"
	s.write(name, header+"Good1,GB,UK,Ann,Lee,a@example.com,\nReject,GB,UK,Ann,Lee,a@example.com,\nDoubt,GB,UK,Ann,Lee,a@example.com,\n"+
		"\"B"+cell+"\",GB,\"U"+cell+"\",\"A\u202eB\",Lee,\"a@"+cell+"\",\nGood1,GB,UK,Ann,Lee,a@example.com,\n")
	s.write("bad"+hostile+".yaml", "map:\n  \"a\\e[2J\\u202e\": company_name\n")
	s.write("wrong"+hostile+".env", "x")
	if err := os.Mkdir("out"+hostile, 0o700); err != nil {
		t.Fatal(err)
	}
	submit := []string{"submit", name, "--target", s.address, "--yes", "--rate-limit", "10000/s", "--ledger", "led" + hostile + ".db"}
	with := func(more ...string) []string { return append(submit[:len(submit):len(submit)], more...) }
	codes := map[string]int{} // of each command, the worst
	for _, args := range [][]string{
		{"validate", name}, {"validate", name, "--json"}, {"validate", name, "--summary", "-", "--out", "out" + hostile},
		{"validate", "no" + hostile}, {"validate", name, "--profile", "bad" + hostile + ".yaml"}, {"validate", name, "--profile", "no" + hostile},
		{"validate", name, "--map", hostile + "=city"}, {"validate", name, "--default", "city=" + hostile}, {"validate", name, "--out", "new" + hostile}, {"validate", name, "--out", name},
		{"validate", name, "--default", "industry=" + hostile}, {"validate", name, hostile}, {"validate", name, "--save-profile", "p" + hostile + ".yaml"},
		with("--dry-run"), with("--credentials", "wrong"+hostile+".env"), with("--check-existing"), with("--log-file", "log"+hostile), submit, with("--summary", "-"), submit,
		{"submit", name, "--target", "t" + hostile}, {"submit", name, "--target", "https://" + hostile},
		{"status", "--ledger", submit[8]}, {"status", "--ledger", submit[8], "--json"}, {"status", name, "--ledger", submit[8], "--backup", "copy" + hostile},
		{"status", "--ledger", "no" + hostile}, {"status", "o" + hostile, "--ledger", submit[8]},
		{"track", name, "--target", s.address, "--ledger", submit[8], "--rate-limit", "10000/s", "--summary", "-"}, {"track", "--target", s.address, "--ledger", submit[8]},
		{"results", name, "--ledger", submit[8]}, {"results", "--since", hostile, "--ledger", submit[8]}, {"results", "--run", hostile, "--ledger", submit[8]},
		{"results", name, "--ledger", submit[8], "--account", hostile}, {"results", name, "--ledger", submit[8], "--target", "https://" + hostile},
		{"reconcile", name, "--target", s.address, "--ledger", submit[8]}, {"reconcile", name, "--target", s.address, "--ledger", submit[8], "--all", "resend", "--yes"},
		{"sandbox", "--state", "no" + hostile + "/x"}, {"sandbox", "--fault", hostile}, {hostile}, {"validate", "--" + hostile},
	} {
		var out, screen bytes.Buffer
		code := run(args, strings.NewReader(""), &out, &screen)
		for _, b := range []*bytes.Buffer{&out, &screen} {
			if i := strings.IndexFunc(b.String(), unsafeRune); i >= 0 {
				t.Errorf("%q: %q in %q", args, b.String()[i:min(i+20, b.Len())], b.String()[max(0, i-80):i])
			}
			if !utf8.Valid(b.Bytes()) || strings.Contains(b.String(), "\nNext  forged") {
				t.Errorf("%q: bytes that are no text, or a forged line, in\n%s", args, b.String())
			}
		}
		codes[args[0]] = max(codes[args[0]], code)
		if out.Len()+screen.Len() == 0 {
			t.Errorf("%q said nothing, exit code %d", args, code)
		}
	}
	if codes["submit"] != 4 {
		t.Errorf("no row was in doubt: %v", codes)
	}
}

// unsafeRune says that a character is none that a terminal just shows.
func unsafeRune(r rune) bool {
	return r != '\n' && (r < ' ' || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point))
}
