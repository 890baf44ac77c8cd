package main

import "testing"

func TestQuote(t *testing.T) {
	tests := []struct{ arg, unix, windows string }{
		{"partners.csv", "partners.csv", "partners.csv"},
		{"", "''", `""`},
		{"my list.csv", "'my list.csv'", `"my list.csv"`},
		{`C:\lists\my list.csv`, `'C:\lists\my list.csv'`, `"C:\lists\my list.csv"`},
		{`C:\lists\a.csv`, `'C:\lists\a.csv'`, `C:\lists\a.csv`},
		{`C:\my lists\`, `'C:\my lists\'`, `"C:\my lists\\"`},
		{"name,country", "name,country", `"name,country"`}, // a list in PowerShell
		{"2%", "2%", `"2%"`},
		{"it's", `'it'\''s'`, `"it's"`},
		{"$HOME's", `'$HOME'\''s'`, "'$HOME''s'"},
		{"a;b|c&d", "'a;b|c&d'", `"a;b|c&d"`},
		{"a\n'\x1b\u202e\\.csv", `$'a\x0a\x27\x1b\xe2\x80\xae\x5c.csv'`, "\"a\n'\x1b\u202e\\.csv\""},
		{"Straße=city", "'Straße=city'", `"Straße=city"`},
	}
	for _, tt := range tests {
		if got := quoteUnix(tt.arg); got != tt.unix {
			t.Errorf("quoteUnix(%s) = %s, want %s", tt.arg, got, tt.unix)
		}
		if got := quoteWindows(tt.arg); got != tt.windows {
			t.Errorf("quoteWindows(%s) = %s, want %s", tt.arg, got, tt.windows)
		}
	}
}
