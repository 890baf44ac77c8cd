package sqlite

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/ledger"
)

// TestCreated asks for partners in orders that are, and are not, that of the
// claims. Among them are such as are not created, of another scope, and unknown.
func TestCreated(t *testing.T) {
	l := mustOpen(t, newPath(t))
	r := mustBegin(t, l)
	other, err := l.Begin(ledger.Scope{Endpoint: "https://other.example", Account: "1"}, sheet)
	if err != nil {
		t.Fatal(err)
	}
	const n = 1200
	want := map[ledger.Key]ledger.Entry{}
	var keys []ledger.Key
	for i := range n {
		keys = append(keys, testKey(i))
		var of ledger.Run = r
		switch {
		case i%11 == 0: // unknown
			continue
		case i%7 == 0:
			of = other
		}
		if _, won, err := of.Claim(testIntent(i)); !won || err != nil {
			t.Fatal(won, err)
		}
		o := created(i, 1)
		o.Token = map[bool]string{true: "", false: o.Token}[i%13 == 0] // found by an operator, without a token
		if i%5 == 0 {
			continue // on its way
		}
		if err := of.Settle(o); err != nil {
			t.Fatal(err)
		}
		if of == ledger.Run(r) && o.Token != "" {
			want[testKey(i)] = ledger.Entry{Key: testKey(i), Fingerprint: testIntent(i).Fingerprint, State: ledger.Created,
				TraceID: testTrace(i), Token: o.Token, Link: o.Link}
		}
	}
	shuffled := slices.Clone(keys)
	rand.New(rand.NewPCG(1, 2)).Shuffle(n, func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	var mixed []ledger.Key // two runs, sheet sorted anew
	for i := range n / 2 {
		mixed = append(mixed, keys[i], keys[n/2+i])
	}
	for name, order := range map[string][]ledger.Key{"as claimed": keys, "shuffled": shuffled, "mixed": mixed} {
		got := map[ledger.Key]ledger.Entry{}
		for block := range slices.Chunk(order, 500) {
			found, err := r.Created(context.Background(), block)
			if err != nil {
				t.Fatal(err)
			}
			for i, k := range block {
				if e := found[i]; e.State != "" {
					e.SettledAt = want[k].SettledAt
					got[k] = e
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

// TestCreatedReadsRowsInOneGo keeps SQLite from searching by key where rows are
// to be read in their order: it would read the whole ledger for each block.
func TestCreatedReadsRowsInOneGo(t *testing.T) {
	l := mustOpen(t, newPath(t))
	for query, want := range map[string]string{
		stretchSQL: "SEARCH p USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
		createdSQL: "SEARCH p USING INDEX sqlite_autoindex_partners_1 (scope_id=? AND key=?)",
		placesSQL:  "SEARCH p USING COVERING INDEX sqlite_autoindex_partners_1 (scope_id=? AND key=?)",
	} {
		rows, err := l.reader.Query("EXPLAIN QUERY PLAN "+query, 1, 2, 3)
		if err != nil {
			t.Fatal(err)
		}
		var steps []string
		for rows.Next() {
			var id, parent, unused int
			var step string
			if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
				t.Fatal(err)
			}
			steps = append(steps, step)
		}
		if !slices.Contains(steps, want) {
			t.Errorf("%s\nis answered by %q, not by %q", query, steps, want)
		}
		rows.Close()
	}
}
