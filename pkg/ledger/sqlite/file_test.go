package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRefusedFiles(t *testing.T) {
	newSQLite := func(path, script string) error {
		db, err := sql.Open("sqlite", "file:"+path)
		if err != nil {
			return err
		}
		defer db.Close()
		_, err = db.Exec(script)
		return err
	}
	tests := []struct {
		name, want string
		make       func(path string) error
	}{
		{"symbolic link", "symbolic link", func(path string) error { return os.Symlink(path+".target", path) }},
		{"folder", "it is a folder", func(path string) error { return os.Mkdir(path, 0o700) }},
		{"garbage", "cannot be read as a database", func(path string) error {
			return os.WriteFile(path, []byte(strings.Repeat("company_name,country\n", 100)), 0o600)
		}},
		{"short garbage", "cannot be read as a database", func(path string) error { return os.WriteFile(path, []byte("x\n"), 0o600) }},
		{"another program's database", "of another program", func(path string) error { return newSQLite(path, "CREATE TABLE t(x)") }},
		{"another program's mark", "of another program", func(path string) error { return newSQLite(path, "PRAGMA application_id = 7") }},
		{"newer", "newer onboard", func(path string) error {
			return newSQLite(path, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, schemaVersion+1))
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger.db")
			if err := tt.make(path); err != nil {
				t.Fatal(err)
			}
			before, _ := os.ReadFile(path)
			mode := modeOf(t, path)
			l, err := Open(path)
			if err == nil {
				l.Close()
				t.Fatal("opened")
			}
			for _, want := range []string{path, tt.want, "hint: "} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not in: %v", want, err)
				}
			}
			if after, _ := os.ReadFile(path); !cmp.Equal(before, after) {
				t.Error("a refused file was changed")
			}
			if got := modeOf(t, path); got != mode {
				t.Errorf("a refused file has mode %v, and had %v", got, mode)
			}
		})
	}
}

func modeOf(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode()
}

func TestAcceptedFiles(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"empty.db", "odd ?#%20&name=ü.db"} {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		l := mustOpen(t, path)
		mustClaim(t, mustBegin(t, l), testIntent(1))
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			t.Errorf("%s was not filled: %v", name, err)
		}
	}
}

// TestOpenedAtOnce has a new ledger made by many at the same moment.
func TestOpenedAtOnce(t *testing.T) {
	path := newPath(t)
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			l, err := Open(path)
			if err != nil {
				t.Error(err)
				return
			}
			defer l.Close()
			r, err := l.Begin(sandbox, sheet)
			if err != nil {
				t.Error(err)
				return
			}
			if _, won, err := r.Claim(testIntent(i)); !won || err != nil {
				t.Errorf("claim: won %v, %v", won, err)
			}
		})
	}
	wait.Wait()
}

func TestMisspeltPragma(t *testing.T) {
	path := newPath(t)
	if err := mustOpen(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	for _, p := range []pragma{
		{"sinchronous", "FULL", "2"}, // taken in silence, and reads back as nothing
		{"synchronous", "OF", "0"},
		{"synchronous", "OFF", "2"},
	} {
		db, err := connect(path, []pragma{p}, 1)
		if err == nil {
			db.Close()
		}
		if err == nil || !strings.Contains(err.Error(), p.name+"="+p.set) {
			t.Errorf("%v: %v", p, err)
		}
	}
}

// TestDurability: the settings without which a power cut loses what was acknowledged.
func TestDurability(t *testing.T) {
	l := mustOpen(t, newPath(t))
	for name, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1",
		"busy_timeout": "10000", "fullfsync": "1", "checkpoint_fullfsync": "1"} {
		var got string
		if err := l.conn.QueryRowContext(context.Background(), "PRAGMA "+name).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, %v; want %q", name, got, err, want)
		}
	}
	if _, err := l.reader.Exec("DELETE FROM partners"); err == nil {
		t.Error("a reader can write")
	}
}

// TestIndexes keeps sweeps and lists of doubts from reading the whole ledger.
func TestIndexes(t *testing.T) {
	l := mustOpen(t, newPath(t))
	for query, want := range map[string]string{
		"UPDATE partners SET state = 'in_doubt' WHERE state = 'sending' AND owner = 1": "USING INDEX open (state=? AND owner=?)",
		"SELECT owner FROM partners WHERE state = 'sending'":                           "INDEX open (state=?)",
		"SELECT id FROM partners WHERE state = 'in_doubt'":                             "INDEX open (state=?)",
	} {
		var id, parent, unused int
		var plan string
		if err := l.reader.QueryRow("EXPLAIN QUERY PLAN "+query).Scan(&id, &parent, &unused, &plan); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(plan, want) {
			t.Errorf("%s: %s", query, plan)
		}
	}
}
