package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/ledger"
)

func mustTrack(t *testing.T, r ledger.Run, key ledger.Key, tr ledger.Tracking) {
	t.Helper()
	if err := r.Track(key, tr); err != nil {
		t.Fatal(err)
	}
}

func mustTracked(t *testing.T, r ledger.Run, keys ...ledger.Key) map[ledger.Key]ledger.Tracking {
	t.Helper()
	found, err := r.Tracked(context.Background(), keys)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestTrack: what is heard about a created partner is remembered, the last word
// wins until there is a final one, and nothing is remembered of any other.
func TestTrack(t *testing.T) {
	at := time.UnixMilli(1700000000000).UTC()
	progressing := ledger.Tracking{State: "progressing", CheckedAt: at}
	odd := ledger.Tracking{State: "waiting for approval", CheckedAt: at.Add(time.Hour)}
	success := ledger.Tracking{State: "success", Final: true, PartnerID: "p1", UserID: "u1", CheckedAt: at.Add(2 * time.Hour)}
	fail := ledger.Tracking{State: "fail", Final: true, CheckedAt: at.Add(3 * time.Hour)}
	tests := []struct {
		name  string
		state ledger.State
		heard []ledger.Tracking
		want  map[ledger.Key]ledger.Tracking
	}{
		{"nothing heard", ledger.Created, nil, map[ledger.Key]ledger.Tracking{}},
		{"the first word", ledger.Created, []ledger.Tracking{progressing}, map[ledger.Key]ledger.Tracking{testKey(1): progressing}},
		{"another word", ledger.Created, []ledger.Tracking{progressing, odd}, map[ledger.Key]ledger.Tracking{testKey(1): odd}},
		{"the final word", ledger.Created, []ledger.Tracking{odd, success}, map[ledger.Key]ledger.Tracking{testKey(1): success}},
		{"a late word", ledger.Created, []ledger.Tracking{success, progressing}, map[ledger.Key]ledger.Tracking{testKey(1): success}},
		{"two final words", ledger.Created, []ledger.Tracking{fail, success}, map[ledger.Key]ledger.Tracking{testKey(1): fail}},
		{"rejected", ledger.Rejected, []ledger.Tracking{progressing}, map[ledger.Key]ledger.Tracking{}},
		{"in doubt", ledger.InDoubt, []ledger.Tracking{success}, map[ledger.Key]ledger.Tracking{}},
		{"never claimed", "", []ledger.Tracking{success}, map[ledger.Key]ledger.Tracking{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := newPath(t)
			l := mustOpen(t, path)
			r := mustBegin(t, l)
			if tt.state != "" {
				mustClaim(t, r, testIntent(1))
				o := created(1, 1)
				o.State = tt.state
				if err := r.Settle(o); err != nil {
					t.Fatal(err)
				}
			}
			for _, heard := range tt.heard {
				mustTrack(t, r, testKey(1), heard)
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			again := mustBegin(t, mustOpen(t, path))
			if diff := cmp.Diff(tt.want, mustTracked(t, again, testKey(0), testKey(1), testKey(2))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestOnboardings(t *testing.T) {
	l := mustOpen(t, newPath(t))
	other, err := l.Begin(ledger.Scope{Endpoint: "https://api.example.com", Account: "99"}, sheet)
	if err != nil {
		t.Fatal(err)
	}
	r := mustBegin(t, l)
	success := ledger.Tracking{State: "success", Final: true, PartnerID: "p", UserID: "u", CheckedAt: time.UnixMilli(1700000000000).UTC()}
	var want []ledger.Onboarding
	for i := range 5 {
		in := testIntent(9 - i) // neither in the order of keys nor of lines
		mustClaim(t, other, in)
		mustClaim(t, r, in)
		o := created(9-i, 1)
		o.State = []ledger.State{ledger.Created, ledger.Rejected, ledger.Created, ledger.InDoubt, ledger.Created}[i]
		if err := r.Settle(o); err != nil {
			t.Fatal(err)
		}
		if o.State == ledger.Created {
			want = append(want, ledger.Onboarding{ID: int64(2*i + 2), Key: in.Key, Token: o.Token, TraceID: in.TraceID})
		}
	}
	if err := other.Settle(created(9, 1)); err != nil {
		t.Fatal(err)
	}
	mustTrack(t, r, want[1].Key, success)
	want[1].Tracking = success
	for _, tt := range []struct {
		after int64
		limit int
		want  []ledger.Onboarding
	}{{0, 10, want}, {0, 2, want[:2]}, {want[0].ID, 2, want[1:]}, {want[2].ID, 2, nil}} {
		got, err := r.Onboardings(t.Context(), tt.after, tt.limit)
		if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
			t.Errorf("%d after %d: %v (-want +got)\n%s", tt.limit, tt.after, err, diff)
		}
	}
	if got := mustTracked(t, other, want[1].Key); len(got) != 0 {
		t.Errorf("another account's: %v", got)
	}
}

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
	for _, table := range []string{"scopes", "runs", "partners", "attempts", "decisions"} {
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
