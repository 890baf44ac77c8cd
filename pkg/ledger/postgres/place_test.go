package postgres

import (
	"os"
	"testing"
)

func TestLooksLike(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, file := range []string{"port=1.db", "ann:x@db.example"} {
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]bool{
		"postgres://ann@db.example/x":                       false,
		"postgresql://ann@db.example/x":                     false,
		"POSTGRES://ann:secret@db.example/x":                true,
		"postgres:/ann:secret@db.example/x":                 true,
		"postgres:ann":                                      true,
		`"postgres://ann@db.example/x"`:                     true,
		" postgres://ann@db.example/x":                      true,
		"jdbc:postgresql://db.example/x?password=secret":    true,
		"mysql:/ann:secret@db.example/x":                    true,
		"//ann:secret@db.example/x":                         true,
		"ann:sec/ret@db.example:5432/x":                     true,
		"host=db.example user=ann password=secret dbname=x": true,
		"DBNAME = x":                          true,
		"sslmode=require host=db.example":     true,
		"Host=db.example;Password=secret":     true,
		"Server=db.example;User Id=ann;Pwd=x": true,
		"password=secret":                     true,

		"ledger.db":              false,
		"team=2026.db":           false,
		"a host=b.db":            false,
		"./host=b.db":            false, // for who insists
		"../lists/ledger.db":     false,
		"/var/lib/a:b/ledger.db": false,
		`C:\Users\ann@x\l.db`:    false,
		"C:/Users/ann@x/l.db":    false,
		"port=1.db":              false, // these two are files
		"ann:x@db.example":       false,
	} {
		if got := LooksLike(name); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}
