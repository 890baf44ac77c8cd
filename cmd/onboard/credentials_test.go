package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/unicode"
)

// TestCredentialsFile: a file of credentials is read as editors and shells write it; what
// is wrong with it is told by line, and nothing of its content.
func TestCredentialsFile(t *testing.T) {
	const lines = "# the vendor's\r\nONBOARD_ACCESS_TOKEN=synthetic-token\r\nexport ONBOARD_SECRET_KEY = \"synthetic secret\"\r\n"
	marked := func(text string, order unicode.Endianness) string {
		b, err := unicode.UTF16(order, unicode.UseBOM).NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	bare := ""
	for _, unit := range utf16.Encode([]rune(lines)) {
		bare += string([]byte{byte(unit), byte(unit >> 8)})
	}
	tests := []struct{ name, text, says string }{ // "": read
		{"UTF-8", lines, ""},
		{"with a byte order mark", "\ufeff" + lines, ""},
		{"UTF-16, as PowerShell's > writes it", marked(lines, unicode.LittleEndian), ""},
		{"UTF-16, the other way around", marked(lines, unicode.BigEndian), ""},
		{"lone CRs", strings.ReplaceAll(lines, "\r\n", "\r"), ""},
		{"UTF-16 without its mark", bare, ":2: this line is no UTF-8 text; hint: save the file as UTF-8"},
		{"another encoding", strings.Replace(lines, "synthetic secret", "synthetic secr\xe9t", 1), ":3: this line is no UTF-8 text; hint: "},
		{"an odd byte in UTF-16", marked(lines, unicode.LittleEndian) + "x", ":4: this line is no UTF-8 text; hint: "},
		{"typographic quotation marks", strings.ReplaceAll(lines, `"`, "\u201c"), ":3: the value of ONBOARD_SECRET_KEY has a character that none has"},
		{"another line", lines + "synthetic=1", ":4: this line is neither ONBOARD_ACCESS_TOKEN=… nor ONBOARD_SECRET_KEY=…; hint: write NAME=value"},
		{"a command of PowerShell", "$env:ONBOARD_ACCESS_TOKEN='synthetic-token'", ":1: this line is neither"},
		{"no value", "ONBOARD_ACCESS_TOKEN=", ":1: ONBOARD_ACCESS_TOKEN has no value here, or a second one; hint: "},
		{"twice", lines + lines, ":5: ONBOARD_ACCESS_TOKEN has no value here, or a second one; hint: "},
	}
	for _, tt := range tests {
		path := filepath.Join(t.TempDir(), "onboard.env")
		if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		token, secret, err := readCredentials(path)
		switch {
		case tt.says == "" && (err != nil || token != "synthetic-token" || secret != "synthetic secret"):
			t.Errorf("%s: %q %q %v", tt.name, token, secret, err)
		case tt.says != "" && (err == nil || !strings.HasPrefix(err.Error(), path+tt.says) || strings.Contains(err.Error(), "synthetic") || token+secret != ""):
			t.Errorf("%s: %v, want %s", tt.name, err, tt.says)
		}
	}
}
