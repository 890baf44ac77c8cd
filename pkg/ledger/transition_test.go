package ledger

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTransitions tries every change from every state.
func TestTransitions(t *testing.T) {
	states := []State{"", Sending, Created, Rejected, Released, InDoubt}
	settle := func(s State, attempt int) func(*Run) error {
		return func(r *Run) error {
			o := Outcome{Key: testKey(1), Attempt: attempt, State: s, Reason: "late"}
			if s == Created {
				o = created(1, attempt)
				o.Token += "-late"
			}
			return r.Settle(o)
		}
	}
	claim := func(in Intent) func(*Run) error {
		return func(r *Run) error {
			_, won, err := r.Claim(in)
			if err == nil && !won {
				err = ErrLost
			}
			return err
		}
	}
	changed := testIntent(1)
	changed.Body = append(changed.Body, ' ')
	changed.Fingerprint = sha256.Sum256(changed.Body)
	otherPrint := testIntent(1)
	otherPrint.Fingerprint[0] ^= 1
	tests := []struct {
		name string
		do   func(*Run) error
		want map[State]State // the changes allowed; from any other state it is lost
	}{
		{"claim", claim(testIntent(1)), map[State]State{"": Sending, Released: Sending}},
		{"claim with other details", claim(changed), map[State]State{"": Sending, Released: Sending, Rejected: Sending}},
		{"claim with another fingerprint", claim(otherPrint), map[State]State{"": Sending, Released: Sending, Rejected: Sending}},
		{"settle created", settle(Created, 1), map[State]State{Sending: Created, InDoubt: Created}},
		{"settle rejected", settle(Rejected, 1), map[State]State{Sending: Rejected, InDoubt: Rejected, Rejected: Rejected}},
		{"settle released", settle(Released, 1), map[State]State{Sending: Released, Released: Released}},
		{"settle in doubt", settle(InDoubt, 1), map[State]State{Sending: InDoubt, InDoubt: InDoubt}},
		{"settle another attempt", settle(Created, 2), nil},
		{"retry", func(r *Run) error { _, err := r.Retry(testKey(1), 1, Attempt{}, "t"); return err }, map[State]State{Sending: Sending}},
		{"retry another attempt", func(r *Run) error { _, err := r.Retry(testKey(1), 2, Attempt{}, "t"); return err }, nil},
	}
	for _, tt := range tests {
		for _, from := range states {
			t.Run(fmt.Sprintf("%s from %q", tt.name, from), func(t *testing.T) {
				r := mustBegin(t, mustOpen(t, newPath(t)))
				reach(t, r, from)
				before := mustLookup(t, r, testKey(1))
				err := tt.do(r)
				got := mustLookup(t, r, testKey(1))
				if to, allowed := tt.want[from]; allowed {
					if err != nil || got.State != to {
						t.Errorf("state %q, %v; want %q", got.State, err, to)
					}
					return
				}
				if !errors.Is(err, ErrLost) {
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
func reach(t *testing.T, r *Run, s State) {
	t.Helper()
	if s == "" {
		return
	}
	mustClaim(t, r, testIntent(1))
	o := Outcome{Key: testKey(1), Attempt: 1, State: s}
	if s == Created {
		o = created(1, 1)
	}
	if s != Sending {
		if err := r.Settle(o); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSettleAsNonsense(t *testing.T) {
	r := mustBegin(t, mustOpen(t, newPath(t)))
	mustClaim(t, r, testIntent(1))
	for _, s := range []State{"", Sending, "invalid"} {
		if err := r.Settle(Outcome{Key: testKey(1), Attempt: 1, State: s}); err == nil {
			t.Errorf("settled as %q", s)
		}
	}
}
