//go:build postgres

package postgres

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"onboard/pkg/ledger"
	"onboard/pkg/ledger/ledgertest"
)

func versionOne(t *testing.T) string {
	t.Helper()
	script, err := os.ReadFile(filepath.Join("testdata", "version1.sql"))
	if err != nil {
		t.Fatal(err)
	}
	return string(script)
}

// TestVersion1: a schema of the first version is brought to the present one by one
// of those who start at the same moment; each finds all that it held.
func TestVersion1(t *testing.T) {
	place := newPlace(t)
	_, schema, err := parsePlace(place)
	if err != nil {
		t.Fatal(err)
	}
	execute(t, place, strings.ReplaceAll(versionOne(t), "version1", schema))
	before := dump(t, place)
	opened := make([]*Ledger, 6)
	var wait sync.WaitGroup
	for i := range opened {
		wait.Go(func() {
			l, err := Open(place, t.TempDir())
			if err != nil {
				t.Error(err)
				return
			}
			opened[i] = l
		})
	}
	wait.Wait()
	if t.Failed() {
		t.FailNow()
	}
	for _, l := range opened {
		t.Cleanup(func() { l.Close() })
	}
	if diff := cmp.Diff(before, dump(t, place)); diff != "" {
		t.Errorf("what the schema held (-want +got)\n%s", diff)
	}
	versions, err := list(t.Context(), opened[0], "read the version", pgx.RowTo[int], "SELECT version FROM meta")
	if diff := cmp.Diff([]int{len(migrations)}, versions); diff != "" || err != nil {
		t.Errorf("version (-want +got)\n%s%v", diff, err)
	}
	columns, err := list(t.Context(), opened[0], "read a key", pgx.RowTo[int], "SELECT cardinality(conkey) FROM pg_constraint WHERE conname = 'decisions_pkey' AND connamespace = $1::regnamespace", schema)
	if diff := cmp.Diff([]int{3}, columns); diff != "" || err != nil { // what the second version changed
		t.Errorf("columns of the key (-want +got)\n%s%v", diff, err)
	}
	r := mustBegin(t, opened[1])
	got := map[byte]ledger.State{}
	for i := range byte(6) {
		got[i+1] = ledgertest.MustLookup(t, r, ledger.Key{15: i + 1}).State
	}
	want := map[byte]ledger.State{1: ledger.Created, 2: ledger.Rejected, 3: ledger.Released, 4: ledger.InDoubt, 5: ledger.InDoubt, 6: ledger.Created}
	if diff := cmp.Diff(want, got); diff != "" { // a dead run was sending the fifth
		t.Errorf("states (-want +got)\n%s", diff)
	}
}

// TestFirstSchema: databases with the first version are out there, so its text
// stays.
func TestFirstSchema(t *testing.T) {
	text, _, _ := strings.Cut(versionOne(t), "\nINSERT INTO meta")
	_, text, _ = strings.Cut(text, "search_path = version1;\n")
	want := strings.ReplaceAll(migrations[0], "SCHEMA.", "version1.")
	if diff := cmp.Diff(strings.TrimSpace(text), strings.TrimSpace(want)); diff != "" {
		t.Errorf("the first version was changed: add a migration instead (-want +got)\n%s", diff)
	}
}

// dump is all rows of the tables of version 1 but the version, as text.
func dump(t *testing.T, place string) (all []string) {
	t.Helper()
	config, schema, err := parsePlace(place)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	for _, table := range []string{"scopes", "runs", "partners", "attempts", "decisions", "tracking"} {
		rows, err := conn.Query(ctx, "SELECT '"+table+" ' || t::text FROM "+schema+"."+table+" t ORDER BY 1")
		if err != nil {
			t.Fatal(err)
		}
		texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, texts...)
	}
	if len(all) != 12 {
		t.Fatalf("%d rows", len(all))
	}
	return all
}

// TestCountsInStretches: a partner on either side of where a question ends counts once.
func TestCountsInStretches(t *testing.T) {
	place := newPlace(t)
	l := mustOpen(t, place)
	execute(t, place, fmt.Sprintf("SELECT setval(pg_get_serial_sequence('%s.partners', 'id'), %d)", l.schema, countAtOnce-3))
	r := mustBegin(t, l)
	const partners = 6
	for i := range partners {
		ledgertest.MustClaim(t, r, ledgertest.Intent(i))
	}
	counts, err := l.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := map[ledger.Scope]map[ledger.State]int{ledgertest.Sandbox: {ledger.Sending: partners}}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
