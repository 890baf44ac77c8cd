package ledgertest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"onboard/pkg/ledger"
)

// links: a view without a run lists who has token and link, by when they came and by
// the run, and sees no other account.
func links(t *testing.T, s Store) {
	l := s.open(t, s.Place(t))
	first, second := MustBegin(t, l), MustBegin(t, l)
	other, err := l.Begin(ledger.Scope{Endpoint: Sandbox.Endpoint, Account: "99"}, Sheet)
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	settle := func(r ledger.Run, i int, state ledger.State, at time.Time) {
		MustClaim(t, r, Intent(i))
		o := Created(i, 1)
		o.State, o.At = state, at
		if state != ledger.Created {
			o.Token, o.Link = "", ""
		}
		if err := r.Settle(o); err != nil {
			t.Fatal(err)
		}
	}
	settle(first, 1, ledger.Created, day.Add(-time.Millisecond))
	settle(first, 2, ledger.Created, day)
	settle(first, 3, ledger.Rejected, day)
	settle(first, 4, ledger.InDoubt, day)
	if err := first.Decide(ledger.Decision{Key: Key(4), Attempt: 1, State: ledger.Created, Who: "ann"}); err != nil { // without its link
		t.Fatal(err)
	}
	settle(second, 5, ledger.Created, day.Add(time.Hour))
	settle(other, 6, ledger.Created, day)

	v, fields, err := l.View(t.Context(), Sandbox)
	if err != nil || fields != Sheet.KeyFields {
		t.Fatalf("keys of %q, %v", fields, err)
	}
	entries, err := v.Lookup(t.Context(), []ledger.Key{Key(1), Key(2), Key(5), Key(6)})
	if err != nil || len(entries) != 3 {
		t.Fatalf("%d of 3 partners are known, %v", len(entries), err)
	}
	tests := []struct {
		name string
		want ledger.Wanted
		keys []ledger.Key
	}{
		{"all", ledger.Wanted{}, []ledger.Key{Key(1), Key(2), Key(5)}},
		{"since a day", ledger.Wanted{Since: day}, []ledger.Key{Key(2), Key(5)}},
		{"since a moment", ledger.Wanted{Since: day.Add(time.Microsecond)}, []ledger.Key{Key(5)}},
		{"of a run", ledger.Wanted{Run: first.ID()}, []ledger.Key{Key(1), Key(2)}},
		{"of a run since a day", ledger.Wanted{Since: day, Run: first.ID()}, []ledger.Key{Key(2)}},
		{"of no run", ledger.Wanted{Run: "none"}, nil},
	}
	for _, tt := range tests {
		var got, has []ledger.Key
		for after, more := int64(0), true; more; {
			list, err := v.Links(t.Context(), tt.want, after, 1)
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range list {
				got, after = append(got, k.Key), k.ID
				if diff := cmp.Diff(entries[k.Key], k.Entry); diff != "" || k.File != Sheet.File {
					t.Errorf("%s: of %q (-looked up +listed)\n%s", tt.name, k.File, diff)
				}
			}
			more = len(list) > 0
		}
		for _, key := range []ledger.Key{Key(1), Key(2), Key(5)} {
			if e := entries[key]; tt.want.Has(&e) {
				has = append(has, key)
			}
		}
		if diff := cmp.Diff(tt.keys, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.name, diff)
		}
		if diff := cmp.Diff(tt.keys, has, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: Has (-want +got)\n%s", tt.name, diff)
		}
	}
	if _, _, err := l.View(t.Context(), ledger.Scope{Endpoint: Sandbox.Endpoint, Account: "none"}); err == nil {
		t.Error("an account that is not there has a view")
	}
}
