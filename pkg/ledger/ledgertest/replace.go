package ledgertest

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/ledger"
)

// replace: what a decision told may be replaced by another, and stays on record;
// what the API told may not.
func replace(t *testing.T, s Store) {
	const wrong, right, half = "https://wrong.example/", "https://right.example/", "https://half.example/"
	for _, tt := range []struct {
		name        string
		settle      ledger.Outcome   // of the attempt
		before      *ledger.Decision // before the one that replaces
		was         ledger.Told
		token, link string // in the end
		taken       bool
	}{
		{"told wrongly", ledger.Outcome{State: ledger.InDoubt, Answer: "{cut"},
			&ledger.Decision{Token: "wrong", Link: wrong}, ledger.Told{Token: "wrong", Link: wrong}, "right", right, true},
		{"a link told without a token", ledger.Outcome{State: ledger.InDoubt},
			&ledger.Decision{Link: wrong}, ledger.Told{Link: wrong}, "right", right, true},
		{"replaced meanwhile", ledger.Outcome{State: ledger.InDoubt},
			&ledger.Decision{Token: "other", Link: wrong}, ledger.Told{Token: "wrong", Link: wrong}, "other", wrong, false},
		{"told by the API", ledger.Outcome{State: ledger.Created, Token: "wrong", Link: wrong, Reason: "created (HTTP 200)"},
			nil, ledger.Told{Token: "wrong", Link: wrong}, "wrong", wrong, false},
		{"the token by the API", ledger.Outcome{State: ledger.InDoubt, Token: "half", Answer: `{"token":"half"}`},
			&ledger.Decision{Link: wrong}, ledger.Told{Token: "half", Link: wrong}, "half", wrong, false},
		{"the link by the API", ledger.Outcome{State: ledger.InDoubt, Link: half, Answer: `{"onboarding_link":"https://half.example/"}`},
			&ledger.Decision{Token: "wrong"}, ledger.Told{Token: "wrong", Link: half}, "wrong", half, false},
		{"in doubt", ledger.Outcome{State: ledger.InDoubt, Token: "wrong", Link: wrong}, nil, ledger.Told{Token: "wrong", Link: wrong}, "wrong", wrong, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := s.open(t, s.Place(t)) // its own: no two partners may have the same token
			r := MustBegin(t, l)
			k := ledger.Key{}
			copy(k[:], tt.name)
			if _, won, err := r.Claim(ledger.Intent{Key: k, Body: []byte("{}"), TraceID: tt.name}); !won || err != nil {
				t.Fatal(won, err)
			}
			tt.settle.Key, tt.settle.Attempt = k, 1
			if err := r.Settle(tt.settle); err != nil {
				t.Fatal(err)
			}
			if d := tt.before; d != nil {
				d.Key, d.Attempt, d.State, d.Who = k, 1, ledger.Created, "ann"
				if err := r.Decide(*d); err != nil {
					t.Fatal(err)
				}
			}
			who := "bob, " + tt.name
			r = MustBegin(t, l)
			err := r.Decide(ledger.Decision{Key: k, Attempt: 1, State: ledger.Created, Token: "right", Link: right, Who: who, Why: "ticket 7", Was: &tt.was})
			if (err == nil) != tt.taken || err != nil && !errors.Is(err, ledger.ErrLost) {
				t.Errorf("replaced: %v", err)
			}
			found, err := r.Lookup(t.Context(), []ledger.Key{k})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(ledger.Told{Token: tt.token, Link: tt.link}, ledger.Told{Token: found[k].Token, Link: found[k].Link}); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if !tt.taken {
				return
			}
			why := s.Why(t, l, who)
			for _, want := range []string{"ticket 7", tt.was.Token, tt.was.Link} {
				if !strings.Contains(why, want) {
					t.Errorf("%q is not on record: %s", want, why)
				}
			}
			if reason := found[k].Reason; reason != "settled by "+who+": ticket 7" {
				t.Errorf("the row says %q", reason)
			}
		})
	}
}

// traced finds partners by every trace id that was ever sent for them, in the run's
// own scope.
func traced(t *testing.T, s Store) {
	l := s.open(t, s.Place(t))
	r := MustBegin(t, l)
	k := Doubtful(t, r, 1)
	if err := r.Decide(ledger.Decision{Key: k, Attempt: 1, State: ledger.Released, Who: "ann"}); err != nil {
		t.Fatal(err)
	}
	if _, won, err := r.Claim(ledger.Intent{Key: k, Body: []byte("{}"), TraceID: "t2"}); !won || err != nil {
		t.Fatal(won, err)
	}
	if _, err := r.Retry(k, 2, ledger.Attempt{TraceID: "t2", Verdict: "unsent"}, "t3"); err != nil {
		t.Fatal(err)
	}
	found, err := r.Traced(t.Context(), []string{"t", "t2", "t3", "t4", ""})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for id, e := range found {
		got[id] = string(e.State) + " " + e.TraceID
	}
	if diff := cmp.Diff(map[string]string{"t": "sending t3", "t2": "sending t3", "t3": "sending t3"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	other, err := l.Begin(ledger.Scope{Endpoint: "https://other.example", Account: "x"}, ledger.RunInfo{KeyFields: "name"})
	if err != nil {
		t.Fatal(err)
	}
	if found, err = other.Traced(t.Context(), []string{"t", "t3"}); err != nil || len(found) > 0 {
		t.Errorf("in another scope: %v %v", found, err)
	}
}
