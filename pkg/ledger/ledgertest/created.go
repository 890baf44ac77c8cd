package ledgertest

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/ledger"
)

// createdInAnyOrder asks for partners in orders that are, and are not, that of the
// claims. Among them are such as are not created, of another scope, and unknown.
func createdInAnyOrder(t *testing.T, s Store) {
	l := s.open(t, s.Place(t))
	r := MustBegin(t, l)
	other, err := l.Begin(ledger.Scope{Endpoint: "https://other.example", Account: "1"}, Sheet)
	if err != nil {
		t.Fatal(err)
	}
	const n = 1200
	want := map[ledger.Key]ledger.Entry{}
	var keys []ledger.Key
	for i := range n {
		keys = append(keys, Key(i))
		of := r
		switch {
		case i%11 == 0: // unknown
			continue
		case i%7 == 0:
			of = other
		}
		if _, won, err := of.Claim(Intent(i)); !won || err != nil {
			t.Fatal(won, err)
		}
		if of == r {
			want[Key(i)] = ledger.Entry{Key: Key(i)}
		}
		o := Created(i, 1)
		o.Token = map[bool]string{true: "", false: o.Token}[i%13 == 0] // found by an operator, without a token
		if i%5 == 0 {
			continue // on its way
		}
		if err := of.Settle(o); err != nil {
			t.Fatal(err)
		}
		if of == r && o.Token != "" {
			want[Key(i)] = ledger.Entry{Key: Key(i), Fingerprint: Intent(i).Fingerprint, State: ledger.Created,
				TraceID: Trace(i), Token: o.Token, Link: o.Link}
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
				if e := found[i]; !cmp.Equal(e, ledger.Entry{}) {
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
