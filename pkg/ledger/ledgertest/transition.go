package ledgertest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/ledger"
)

// transitions tries every change from every state.
func transitions(t *testing.T, s Store) {
	states := []ledger.State{"", ledger.Sending, ledger.Created, ledger.Rejected, ledger.Released, ledger.InDoubt}
	settle := func(s ledger.State, attempt int) func(ledger.Run) error {
		return func(r ledger.Run) error {
			o := ledger.Outcome{Key: Key(1), Attempt: attempt, State: s, Reason: "late"}
			if s == ledger.Created {
				o = Created(1, attempt)
				o.Token += "-late"
			}
			return r.Settle(o)
		}
	}
	claim := func(in ledger.Intent) func(ledger.Run) error {
		return func(r ledger.Run) error {
			_, won, err := r.Claim(in)
			if err == nil && !won {
				err = ledger.ErrLost
			}
			return err
		}
	}
	changed := Intent(1)
	changed.Body = append(changed.Body, ' ')
	changed.Fingerprint = sha256.Sum256(changed.Body)
	otherPrint := Intent(1)
	otherPrint.Fingerprint[0] ^= 1
	tests := []struct {
		name string
		do   func(ledger.Run) error
		want map[ledger.State]ledger.State // the changes allowed; from any other state it is lost
	}{
		{"claim", claim(Intent(1)), map[ledger.State]ledger.State{"": ledger.Sending, ledger.Released: ledger.Sending}},
		{"claim with other details", claim(changed), map[ledger.State]ledger.State{"": ledger.Sending, ledger.Released: ledger.Sending, ledger.Rejected: ledger.Sending}},
		{"claim with another fingerprint", claim(otherPrint), map[ledger.State]ledger.State{"": ledger.Sending, ledger.Released: ledger.Sending, ledger.Rejected: ledger.Sending}},
		{"settle created", settle(ledger.Created, 1), map[ledger.State]ledger.State{ledger.Sending: ledger.Created, ledger.InDoubt: ledger.Created, ledger.Released: ledger.Created}},
		{"settle rejected", settle(ledger.Rejected, 1), map[ledger.State]ledger.State{ledger.Sending: ledger.Rejected, ledger.InDoubt: ledger.Rejected, ledger.Rejected: ledger.Rejected}},
		{"settle released", settle(ledger.Released, 1), map[ledger.State]ledger.State{ledger.Sending: ledger.Released, ledger.InDoubt: ledger.Released, ledger.Released: ledger.Released}},
		{"settle in doubt", settle(ledger.InDoubt, 1), map[ledger.State]ledger.State{ledger.Sending: ledger.InDoubt, ledger.InDoubt: ledger.InDoubt}},
		{"settle another attempt", settle(ledger.Created, 2), nil},
		{"retry", func(r ledger.Run) error { _, err := r.Retry(Key(1), 1, ledger.Attempt{}, "t"); return err }, map[ledger.State]ledger.State{ledger.Sending: ledger.Sending}},
		{"retry another attempt", func(r ledger.Run) error { _, err := r.Retry(Key(1), 2, ledger.Attempt{}, "t"); return err }, nil},
	}
	l := s.open(t, s.Place(t))
	for _, tt := range tests {
		for _, from := range states {
			t.Run(fmt.Sprintf("%s from %q", tt.name, from), func(t *testing.T) {
				r, err := l.Begin(ledger.Scope{Endpoint: tt.name, Account: string(from)}, Sheet)
				if err != nil {
					t.Fatal(err)
				}
				reach(t, r, from)
				before := MustLookup(t, r, Key(1))
				err = tt.do(r)
				got := MustLookup(t, r, Key(1))
				if to, allowed := tt.want[from]; allowed {
					if err != nil || got.State != to {
						t.Errorf("state %q, %v; want %q", got.State, err, to)
					}
					return
				}
				if !errors.Is(err, ledger.ErrLost) {
					t.Errorf("error %v, want ErrLost", err)
				}
				if diff := cmp.Diff(before, got); diff != "" {
					t.Errorf("a lost change changed the row:\n%s", diff)
				}
			})
		}
	}
}

// reach brings partner 1 to a state in its first attempt.
func reach(t *testing.T, r ledger.Run, s ledger.State) {
	t.Helper()
	if s == "" {
		return
	}
	MustClaim(t, r, Intent(1))
	o := ledger.Outcome{Key: Key(1), Attempt: 1, State: s}
	if s == ledger.Created {
		o = Created(1, 1)
	}
	if s != ledger.Sending {
		if err := r.Settle(o); err != nil {
			t.Fatal(err)
		}
	}
}

func settleAsNonsense(t *testing.T, s Store) {
	r := MustBegin(t, s.open(t, s.Place(t)))
	MustClaim(t, r, Intent(1))
	for _, s := range []ledger.State{"", ledger.Sending, "invalid"} {
		if err := r.Settle(ledger.Outcome{Key: Key(1), Attempt: 1, State: s}); err == nil {
			t.Errorf("settled as %q", s)
		}
	}
}
