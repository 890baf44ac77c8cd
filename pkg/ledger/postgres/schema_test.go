//go:build postgres

package postgres

import (
	"context"
	"errors"
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
		of := schema + "." + table
		switch table { // the third version adds a column
		case "partners":
			of = "(SELECT id, scope_id, key, fingerprint, owner, attempt, state, trace_id, line, claimed_at, body, settled_at, http_status, reason, token, link, answer FROM " + of + ")"
		case "runs":
			of = `(SELECT number, id, lock, scope_id, host, "user", file, sha256, target, rate, paced_at, started_at, ended_at, exit_code, counts FROM ` + of + ")"
		}
		rows, err := conn.Query(ctx, "SELECT '"+table+" ' || t::text FROM "+of+" t ORDER BY 1")
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

// versionTwo makes a schema of the second version with partners of one endpoint, in two
// scopes by turns. Partners 8 and 9000 have the token of the fourth, 9 the link of the fifth.
func versionTwo(t *testing.T, partners int) (place string) {
	t.Helper()
	place = newPlace(t)
	_, schema, err := parsePlace(place)
	if err != nil {
		t.Fatal(err)
	}
	execute(t, place, fmt.Sprintf(`CREATE SCHEMA %s; SET search_path = %[1]s;`, schema)+strings.ReplaceAll(strings.Join(migrations[:2], ""), "SCHEMA.", schema+".")+
		fmt.Sprintf(`INSERT INTO meta VALUES(2, 'aaaaaaaaaaaaaaaa');
		INSERT INTO scopes(endpoint, account, key_fields) VALUES('%s', '%s', 'name,country'), ('%[1]s', 'another', 'name,country');
		INSERT INTO runs(id, lock, scope_id, host, "user", file, sha256, target, ended_at) VALUES('aaaaaaaaaaaaaaaa', 1, 1, 'pc', 'ann', 'l.csv', '', 'sandbox', now());
		INSERT INTO partners(scope_id, key, fingerprint, owner, attempt, state, trace_id, line, claimed_at, body, settled_at, token, link)
			SELECT 1 + i %% 2, md5(i::text)::uuid, '', 1, 1, 'created', 'trace-' || i, i + 1, now(), '', now(),
				'token-' || CASE WHEN i IN (8, 9000) THEN 4 ELSE i END, 'link-' || CASE i WHEN 9 THEN 5 ELSE i END
			FROM generate_series(1, %[3]d) i`, ledgertest.Sandbox.Endpoint, ledgertest.Sandbox.Account, partners))
	return place
}

// TestVersion2: what partners have in common stays, and is told; what comes from now on
// is compared with all that was there, by the indexes.
func TestVersion2(t *testing.T) {
	place := versionTwo(t, 10_000)
	told := false
	l, err := Open(place, t.TempDir(), func() { told = true })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	if !told {
		t.Error("nobody was told of the step")
	}
	all, err := l.Conflicts(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	var got [][2]int
	for _, c := range all {
		got = append(got, [2]int{c.Partner.Line, c.Holder.Line})
	}
	if diff := cmp.Diff([][2]int{{9, 5}, {10, 6}, {9001, 5}}, got); diff != "" {
		t.Errorf("conflicts (-want +got)\n%s", diff)
	}
	r := mustBegin(t, l)
	ledgertest.MustClaim(t, r, ledgertest.Intent(1))
	var taken *ledger.TakenError
	if err := r.Settle(ledgertest.With(1, "token-5000", "")); !errors.As(err, &taken) || taken.Holder.Line != 5001 {
		t.Errorf("a token of the older ledger: %v", err)
	}
	var plan []string
	for _, column := range []string{"token", "link"} {
		lines, err := list(t.Context(), l, "explain", pgx.RowTo[string], "EXPLAIN SELECT id FROM partners q WHERE q."+column+" = 'x' AND q."+column+" <> ''")
		if err != nil {
			t.Fatal(err)
		}
		plan = append(plan, lines...)
	}
	if text := strings.Join(plan, "\n"); strings.Count(text, "on partners_") != 2 {
		t.Errorf("not by the indexes:\n%s", text)
	}
}

// TestOlderRun: a run of an older program is at work; the tables stay as it knows them.
func TestOlderRun(t *testing.T) {
	place := versionTwo(t, 1)
	config, schema, err := parsePlace(place)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "SELECT pg_advisory_lock_shared(77)"); err != nil {
		t.Fatal(err)
	}
	execute(t, place, "UPDATE "+schema+".runs SET ended_at = NULL, lock = 77")
	if l, err := Open(place, t.TempDir()); err == nil || !strings.Contains(err.Error(), "of an older onboard, on pc, is still at work") {
		t.Errorf("%v, %v", l, err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the ledger opens", func() bool {
		l, err := Open(place, t.TempDir())
		if err == nil {
			l.Close()
		}
		return err == nil
	})
}
