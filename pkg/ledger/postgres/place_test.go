package postgres

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestPasswordFile: one that others can read is refused where it is used, and one
// that is not there where nothing else has a password.
func TestPasswordFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("files have no such modes")
		return
	}
	const ann, bob = "postgres://ann@db.example/x", "postgres://bob@db.example/x"
	home, named := t.TempDir(), filepath.Join(t.TempDir(), "team pass")
	t.Setenv("HOME", home)
	t.Setenv("PGPASSWORD", "")
	for _, tt := range []struct {
		name, file      string // "": none
		mode            os.FileMode
		variable        string
		place, want     string
		password, other string // found; in PGPASSWORD
	}{
		{name: "no file", place: ann},
		{name: "private", file: filepath.Join(home, ".pgpass"), mode: 0o600, place: ann, password: "synthetic-password"},
		{name: "readable", file: filepath.Join(home, ".pgpass"), mode: 0o640, place: ann, want: "can be read by other users; hint: chmod 600"},
		{name: "readable, for somebody else", file: filepath.Join(home, ".pgpass"), mode: 0o644, place: bob},
		{name: "readable, and not used", file: filepath.Join(home, ".pgpass"), mode: 0o644, place: "postgres://ann:p@db.example/x", password: "p"},
		{name: "readable, with a variable", file: filepath.Join(home, ".pgpass"), mode: 0o644, place: ann, other: "q", password: "q"},
		{name: "named", file: named, mode: 0o600, variable: named, place: ann, password: "synthetic-password"},
		{name: "named and readable", file: named, mode: 0o604, variable: named, place: ann, want: named + " can be read"},
		{name: "named in the address", file: named, mode: 0o604, place: ann + "?passfile=" + strings.ReplaceAll(named, " ", "%20"), want: named + " can be read"},
		{name: "named and missing", variable: named, place: ann, want: named + " is not there; hint: check the spelling of PGPASSFILE"},
		{name: "named and missing, not needed", variable: named, place: "postgres://ann:p@db.example/x", password: "p"},
		{name: "named as nothing", variable: os.DevNull, place: ann},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("PGPASSFILE", tt.variable)
			t.Setenv("PGPASSWORD", tt.other)
			if tt.file != "" {
				if err := os.WriteFile(tt.file, []byte("*:*:*:ann:synthetic-password\n"), tt.mode); err != nil {
					t.Fatal(err)
				}
				if err := os.Chmod(tt.file, tt.mode); err != nil {
					t.Fatal(err)
				}
				defer os.Remove(tt.file)
			}
			config, _, err := parsePlace(tt.place)
			switch {
			case tt.want != "":
				if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "synthetic-password") {
					t.Errorf("%v, want %s", err, tt.want)
				}
			case err != nil || config.Password != tt.password:
				t.Errorf("%v, password %q", err, config.Password)
			}
		})
	}
}

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
