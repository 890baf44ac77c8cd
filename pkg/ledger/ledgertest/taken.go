package ledgertest

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/ledger"
)

// With is the outcome of partner i with a token and link of somebody's.
func With(i int, token, link string) ledger.Outcome {
	o := Created(i, 1)
	o.Token, o.Link = token, link
	return o
}

// mustBegins begins a run on a scope.
func mustBegins(t testing.TB, l ledger.Ledger, scope ledger.Scope) ledger.Run {
	t.Helper()
	r, err := l.Begin(scope, Sheet)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// wantTaken wants an error that names a holder, and no token.
func wantTaken(t testing.TB, err error, holder int, o ledger.Outcome) {
	t.Helper()
	var taken *ledger.TakenError
	if !errors.As(err, &taken) {
		t.Fatalf("got %v, want a *TakenError", err)
	}
	if h := taken.Holder; h.Key != Key(holder) || h.Line != holder+2 || string(h.Body) != string(Intent(holder).Body) || h.ClaimedAt.IsZero() {
		t.Errorf("the holder is %+v", h)
	}
	if o.Token != "" && strings.Contains(err.Error(), o.Token) || o.Link != "" && strings.Contains(err.Error(), o.Link) {
		t.Errorf("the error tells a token: %v", err)
	}
}

// taken: what another partner has is not accepted, from whichever kind of outcome.
func taken(t *testing.T, s Store) {
	other := ledger.Scope{Endpoint: Sandbox.Endpoint, Account: "another"}
	elsewhere := ledger.Scope{Endpoint: "https://api.example.com", Account: Sandbox.Account}
	first := Created(0, 1)
	half := ledger.Outcome{Key: Key(1), Attempt: 1, State: ledger.InDoubt, Reason: "no link", Token: first.Token, Answer: "the answer"}
	whole := With(1, first.Token, first.Link)
	whole.Answer = "the answer"
	for _, tt := range []struct {
		name    string
		scope   ledger.Scope
		outcome ledger.Outcome
		taken   bool
		answer  string // that is kept; "": token and link as JSON
	}{
		{name: "token and link", scope: Sandbox, outcome: With(1, first.Token, first.Link), taken: true},
		{name: "the token alone", scope: Sandbox, outcome: With(1, first.Token, "https://x.example/1"), taken: true},
		{name: "the link alone", scope: Sandbox, outcome: With(1, "tok-1", first.Link), taken: true},
		{name: "in an answer in doubt", scope: Sandbox, outcome: half, taken: true, answer: "the answer"},
		{name: "with the answer", scope: Sandbox, outcome: whole, taken: true, answer: "the answer"},
		{name: "of another account", scope: other, outcome: With(1, first.Token, first.Link), taken: true},
		{name: "the same partner, of another account", scope: other, outcome: With(0, first.Token, first.Link)},
		{name: "of another endpoint", scope: elsewhere, outcome: With(1, first.Token, first.Link)},
		{name: "a link that is the token of another", scope: Sandbox, outcome: With(1, "tok-1", first.Token)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := s.open(t, s.Place(t))
			r := MustBegin(t, l)
			MustClaim(t, r, Intent(0))
			if err := r.Settle(first); err != nil {
				t.Fatal(err)
			}
			next := mustBegins(t, l, tt.scope)
			i := 1
			if tt.outcome.Key == Key(0) {
				i = 0
			}
			MustClaim(t, next, Intent(i))
			for range 2 { // once more is no other case
				err := next.Settle(tt.outcome)
				if !tt.taken {
					if err != nil {
						t.Fatal(err)
					}
					return
				}
				wantTaken(t, err, 0, tt.outcome)
			}
			e := MustLookup(t, next, tt.outcome.Key)
			if e.State != ledger.InDoubt || e.Token != "" || e.Link != "" || !strings.Contains(e.Reason, "line 2") {
				t.Errorf("%s, token %q, link %q, %s", e.State, e.Token, e.Link, e.Reason)
			}
			want := tt.answer
			if want == "" {
				text, _ := json.Marshal(map[string]string{"token": tt.outcome.Token, "link": tt.outcome.Link})
				want = string(text)
			}
			if got := s.Answer(t, l, tt.scope, tt.outcome.Key); got != want {
				t.Errorf("kept is %q, want %q", got, want)
			}
			if e := MustLookup(t, r, Key(0)); e.State != ledger.Created || e.Token != first.Token {
				t.Errorf("the first is %s with %q", e.State, e.Token)
			}
			checkConflicts(t, l, ledger.Conflict{
				Partner: ledger.Doubt{Scope: tt.scope, Entry: e}, Holder: ledger.Doubt{Scope: Sandbox, Entry: MustLookup(t, r, Key(0))}})
		})
	}
}

func checkConflicts(t testing.TB, l ledger.Ledger, want ...ledger.Conflict) {
	t.Helper()
	got, err := l.Conflicts(t.Context(), 10)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("conflicts (-want +got)\n%s%v", diff, err)
	}
}

// takenAtOnce: of many partners for which the same token comes at the same moment, in
// one group of changes and from two processes, one gets it.
func takenAtOnce(t *testing.T, s Store) {
	const partners, rounds = 8, 12
	place := s.Place(t)
	runs := []ledger.Run{MustBegin(t, s.open(t, place)), mustBegins(t, s.open(t, place), ledger.Scope{Endpoint: Sandbox.Endpoint, Account: "another"})}
	for round := range rounds {
		var start, wait sync.WaitGroup
		start.Add(1)
		errs := make([]error, partners)
		for p := range partners {
			r, i := runs[p%len(runs)], round*partners+p
			MustClaim(t, r, Intent(i))
			token := fmt.Sprintf("token-%d-%d", round, p)
			if p%3 > 0 { // some share the token, some the link, some both
				token = fmt.Sprintf("token-%d", round)
			}
			link := fmt.Sprintf("https://x.example/%d", round)
			if p%3 == 2 {
				link += fmt.Sprint("/", p)
			}
			wait.Go(func() {
				start.Wait()
				errs[p] = r.Settle(With(i, token, link))
			})
		}
		start.Done()
		wait.Wait()
		seen := map[string]int{}
		for p, err := range errs {
			var taken *ledger.TakenError
			if err != nil && !errors.As(err, &taken) {
				t.Fatal(err)
			}
			e := MustLookup(t, runs[p%len(runs)], Key(round*partners+p))
			if (err == nil) != (e.State == ledger.Created) || err != nil && e.State != ledger.InDoubt {
				t.Errorf("partner %d is %s: %v", p, e.State, err)
			}
			seen[e.Token]++
			seen[e.Link]++
		}
		delete(seen, "")
		for text, n := range seen {
			if n > 1 {
				t.Errorf("round %d: %d partners have %s", round, n, text)
			}
		}
		if len(seen) == 0 {
			t.Errorf("round %d: nobody got any", round)
		}
	}
}

// takenQueued: the same in one run, whose outcomes are handed over one after the other.
func takenQueued(t *testing.T, s Store) {
	l := s.open(t, s.Place(t))
	r := MustBegin(t, l)
	var durable []func() error
	for i := range 5 {
		MustClaim(t, r, Intent(i))
	}
	for i := range 5 {
		durable = append(durable, r.Settling(With(i, "one", fmt.Sprint("https://x.example/", i))))
	}
	for i, wait := range durable {
		if err := wait(); i == 0 && err != nil {
			t.Errorf("the first: %v", err)
		} else if i > 0 {
			wantTaken(t, err, 0, With(i, "one", ""))
		}
	}
}

// takenAgain: a partner that is sent again may get what it had.
func takenAgain(t *testing.T, s Store) {
	l := s.open(t, s.Place(t))
	r := MustBegin(t, l)
	MustClaim(t, r, Intent(0))
	half := ledger.Outcome{Key: Key(0), Attempt: 1, State: ledger.InDoubt, Token: Created(0, 1).Token}
	if err := r.Settle(half); err != nil {
		t.Fatal(err)
	}
	if err := r.Decide(ledger.Decision{Key: Key(0), Attempt: 1, State: ledger.Released, Who: "ann"}); err != nil {
		t.Fatal(err)
	}
	MustClaim(t, r, Intent(0))
	for range 2 {
		if err := r.Settle(Created(0, 2)); err != nil {
			t.Errorf("its own: %v", err)
		}
	}
	checkConflicts(t, l)
}

// takenDecided: an operator can't give a partner what another one has; a conflict ends
// with the decision about it.
func takenDecided(t *testing.T, s Store) {
	l := s.open(t, s.Place(t))
	r := MustBegin(t, l)
	MustClaim(t, r, Intent(0))
	if err := r.Settle(Created(0, 1)); err != nil {
		t.Fatal(err)
	}
	for i := 1; i <= 2; i++ {
		MustClaim(t, r, Intent(i))
		wantTaken(t, r.Settle(With(i, Created(0, 1).Token, "")), 0, Created(0, 1))
	}
	before := MustLookup(t, r, Key(1))
	decide := func(i int, o ledger.Outcome) error {
		return r.Decide(ledger.Decision{Key: Key(i), Attempt: 1, State: ledger.Created, Token: o.Token, Link: o.Link, Who: "ann"})
	}
	for _, o := range []ledger.Outcome{Created(0, 1), With(1, "of-its-own", Created(0, 1).Link), With(1, Created(0, 1).Token, "https://x.example/")} {
		wantTaken(t, decide(1, o), 0, o)
		if diff := cmp.Diff(before, MustLookup(t, r, Key(1))); diff != "" || s.Decisions(t, l, "ann") > 0 {
			t.Errorf("what was refused changed something:\n%s", diff)
		}
	}
	if err := decide(1, Created(1, 1)); err != nil {
		t.Fatal(err)
	}
	MustClaim(t, r, Intent(3))
	wantTaken(t, r.Settle(With(3, Created(1, 1).Token, "")), 1, Created(1, 1)) // an operator's token is one, too
	if err := r.Decide(ledger.Decision{Key: Key(2), Attempt: 1, State: ledger.Released, Who: "ann"}); err != nil {
		t.Fatal(err)
	}
	e := MustClaim(t, r, Intent(2))
	if err := r.Settle(ledger.Outcome{Key: Key(2), Attempt: e.Attempt, State: ledger.InDoubt}); err != nil {
		t.Fatal(err)
	}
	checkConflicts(t, l, ledger.Conflict{
		Partner: ledger.Doubt{Scope: Sandbox, Entry: MustLookup(t, r, Key(3))}, Holder: ledger.Doubt{Scope: Sandbox, Entry: MustLookup(t, r, Key(1))}})
}

// takenSpilled: an answer that is read back meets the same rule.
func takenSpilled(t *testing.T, s Store) {
	l := s.open(t, s.Place(t))
	r := MustBegin(t, l)
	for i := range 2 {
		MustClaim(t, r, Intent(i))
	}
	if err := r.Settle(Created(0, 1)); err != nil {
		t.Fatal(err)
	}
	if err := r.End(3, nil); err != nil {
		t.Fatal(err)
	}
	line, err := json.Marshal(ledger.Spilled{Format: "onboard-spill-1", Run: r.ID(), Outcome: With(1, Created(0, 1).Token, Created(0, 1).Link), At: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	path := s.Spills(l) + r.ID() + ".jsonl"
	if err := os.WriteFile(path, append(line, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	next := MustBegin(t, l)
	if e := MustLookup(t, next, Key(1)); e.State != ledger.InDoubt || e.Token != "" {
		t.Errorf("%s with token %q", e.State, e.Token)
	}
	kept := next.Kept()
	if len(kept) != 1 || kept[0].Key != Key(1) || kept[0].Taken == nil || kept[0].Taken.Key != Key(0) || kept[0].File != path+".kept" {
		t.Errorf("told %+v", kept)
	}
	checkConflicts(t, l, ledger.Conflict{
		Partner: ledger.Doubt{Scope: Sandbox, Entry: MustLookup(t, next, Key(1))}, Holder: ledger.Doubt{Scope: Sandbox, Entry: MustLookup(t, next, Key(0))}})
}
