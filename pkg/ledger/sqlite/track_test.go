package sqlite

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/ledger"
)

// TestVersion1: a file of the first format opens, keeps everything, and can
// track; the program of that time then refuses it.
func TestVersion1(t *testing.T) {
	script, err := os.ReadFile(filepath.Join("testdata", "version1.sql"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ledger.db")
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(string(script)); err != nil {
		t.Fatal(err)
	}
	before := dump(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	l := mustOpen(t, path)
	if diff := cmp.Diff(before, dump(t, l.reader)); diff != "" {
		t.Errorf("what the file held (-want +got)\n%s", diff)
	}
	var version int
	if err := l.reader.QueryRow("PRAGMA user_version").Scan(&version); err != nil || version != schemaVersion {
		t.Errorf("version %d, %v", version, err)
	}
	r := mustBegin(t, l)
	key := ledger.Key{15: 1}
	if e := mustLookup(t, r, key); e.State != ledger.Created || e.Token != "synthetic-token-1" {
		t.Errorf("%+v", e)
	}
	if e := mustLookup(t, r, ledger.Key{15: 5}); e.State != ledger.InDoubt {
		t.Errorf("what a dead run left open is %s", e.State)
	}
	mustTrack(t, r, key, ledger.Tracking{State: "fail", Final: true})
	if got := mustTracked(t, r, key); got[key].State != "fail" {
		t.Error(got)
	}
}

// TestFirstSchema: files of the first format are out there, so its text stays.
func TestFirstSchema(t *testing.T) {
	script, err := os.ReadFile(filepath.Join("testdata", "version1.sql"))
	if err != nil {
		t.Fatal(err)
	}
	text, _, _ := strings.Cut(string(script), "PRAGMA")
	_, text, _ = strings.Cut(text, "\n")
	if diff := cmp.Diff(strings.TrimSpace(text), strings.TrimSpace(schema1)); diff != "" {
		t.Errorf("the first version was changed: add a migration instead (-want +got)\n%s", diff)
	}
}

// dump is all rows of the tables of version 1.
func dump(t *testing.T, db *sql.DB) (all []string) {
	t.Helper()
	const runs = `(SELECT id, number, scope_id, host, user, file, sha256, target, started_at, ended_at, exit_code, counts FROM runs)`
	const partners = `(SELECT id, scope_id, key, fingerprint, owner, attempt, state, trace_id, line, claimed_at, body, settled_at, http_status, reason, token, link, answer FROM partners)`
	for _, table := range []string{"scopes", runs, partners, "attempts", "decisions"} {
		rows, err := db.Query("SELECT * FROM " + table)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			cells := make([]any, len(columns))
			for i := range cells {
				cells[i] = new(sql.RawBytes)
			}
			if err := rows.Scan(cells...); err != nil {
				t.Fatal(err)
			}
			text := table
			for _, c := range cells {
				text += fmt.Sprintf("|%s", *c.(*sql.RawBytes))
			}
			all = append(all, text)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	if len(all) != 9 {
		t.Fatalf("%d rows", len(all))
	}
	return all
}
