package ledgertest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"onboard/pkg/ledger"
)

// MustTrack remembers what was heard.
func MustTrack(t testing.TB, r ledger.Run, key ledger.Key, tr ledger.Tracking) {
	t.Helper()
	if err := r.Track(key, tr); err != nil {
		t.Fatal(err)
	}
}

// MustTracked reads what was heard.
func MustTracked(t testing.TB, r ledger.Run, keys ...ledger.Key) map[ledger.Key]ledger.Tracking {
	t.Helper()
	found, err := r.Tracked(context.Background(), keys)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// track: what is heard about a created partner is remembered, the last word
// wins until there is a final one, and nothing is remembered of any other.
func track(t *testing.T, s Store) {
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
		{"the first word", ledger.Created, []ledger.Tracking{progressing}, map[ledger.Key]ledger.Tracking{Key(1): progressing}},
		{"another word", ledger.Created, []ledger.Tracking{progressing, odd}, map[ledger.Key]ledger.Tracking{Key(1): odd}},
		{"the final word", ledger.Created, []ledger.Tracking{odd, success}, map[ledger.Key]ledger.Tracking{Key(1): success}},
		{"a late word", ledger.Created, []ledger.Tracking{success, progressing}, map[ledger.Key]ledger.Tracking{Key(1): success}},
		{"two final words", ledger.Created, []ledger.Tracking{fail, success}, map[ledger.Key]ledger.Tracking{Key(1): fail}},
		{"rejected", ledger.Rejected, []ledger.Tracking{progressing}, map[ledger.Key]ledger.Tracking{}},
		{"in doubt", ledger.InDoubt, []ledger.Tracking{success}, map[ledger.Key]ledger.Tracking{}},
		{"never claimed", "", []ledger.Tracking{success}, map[ledger.Key]ledger.Tracking{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			place := s.Place(t)
			l := s.open(t, place)
			r := MustBegin(t, l)
			if tt.state != "" {
				MustClaim(t, r, Intent(1))
				o := Created(1, 1)
				o.State = tt.state
				if err := r.Settle(o); err != nil {
					t.Fatal(err)
				}
			}
			for _, heard := range tt.heard {
				MustTrack(t, r, Key(1), heard)
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			again := MustBegin(t, s.open(t, place))
			if diff := cmp.Diff(tt.want, MustTracked(t, again, Key(0), Key(1), Key(2))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func onboardings(t *testing.T, s Store) {
	l := s.open(t, s.Place(t))
	other, err := l.Begin(ledger.Scope{Endpoint: "https://api.example.com", Account: "99"}, Sheet)
	if err != nil {
		t.Fatal(err)
	}
	r := MustBegin(t, l)
	success := ledger.Tracking{State: "success", Final: true, PartnerID: "p", UserID: "u", CheckedAt: time.UnixMilli(1700000000000).UTC()}
	var want []ledger.Onboarding
	for i := range 5 {
		in := Intent(9 - i) // neither in the order of keys nor of lines
		MustClaim(t, other, in)
		MustClaim(t, r, in)
		o := Created(9-i, 1)
		o.State = []ledger.State{ledger.Created, ledger.Rejected, ledger.Created, ledger.InDoubt, ledger.Created}[i]
		if err := r.Settle(o); err != nil {
			t.Fatal(err)
		}
		if o.State == ledger.Created {
			want = append(want, ledger.Onboarding{ID: int64(2*i + 2), Key: in.Key, Token: o.Token, TraceID: in.TraceID})
		}
	}
	if err := other.Settle(Created(9, 1)); err != nil {
		t.Fatal(err)
	}
	MustTrack(t, r, want[1].Key, success)
	want[1].Tracking = success
	for _, tt := range []struct {
		after int64
		limit int
		want  []ledger.Onboarding
	}{{0, 10, want}, {0, 2, want[:2]}, {want[0].ID, 2, want[1:]}, {want[2].ID, 2, nil}} {
		got, err := r.Onboardings(t.Context(), tt.after, tt.limit)
		if diff := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Errorf("%d after %d: %v (-want +got)\n%s", tt.limit, tt.after, err, diff)
		}
	}
	if got := MustTracked(t, other, want[1].Key); len(got) != 0 {
		t.Errorf("another account's: %v", got)
	}
}
