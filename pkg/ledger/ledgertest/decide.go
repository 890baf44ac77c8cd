package ledgertest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"onboard/pkg/ledger"
)

func doubtfulToken(key byte) string { return fmt.Sprint("tok-", key) }

// Doubtful claims a partner and leaves it in doubt.
func Doubtful(t testing.TB, r ledger.Run, key byte) ledger.Key {
	t.Helper()
	k := ledger.Key{key}
	if _, won, err := r.Claim(ledger.Intent{Key: k, Body: []byte("{}"), TraceID: "t", Line: 2}); !won || err != nil {
		t.Fatal(won, err)
	}
	if err := r.Settle(ledger.Outcome{Key: k, Attempt: 1, State: ledger.InDoubt, Reason: "silence", Token: doubtfulToken(key), Answer: "{cut"}); err != nil {
		t.Fatal(err)
	}
	return k
}

func decide(t *testing.T, s Store) {
	l := s.open(t, s.Place(t))
	r := MustBegin(t, l)
	look := func(k ledger.Key) ledger.Entry {
		t.Helper()
		found, err := r.Lookup(t.Context(), []ledger.Key{k})
		if err != nil {
			t.Fatal(err)
		}
		return found[k]
	}

	k := Doubtful(t, r, 1)
	if err := r.Decide(ledger.Decision{Key: k, Attempt: 2, State: ledger.Created}); !errors.Is(err, ledger.ErrLost) {
		t.Errorf("another attempt: %v", err)
	}
	if err := r.Decide(ledger.Decision{Key: k, Attempt: 1, State: ledger.Rejected}); err == nil {
		t.Error("decided to be rejected")
	}
	if err := r.Decide(ledger.Decision{Key: k, Attempt: 1, State: ledger.Created, Link: "https://x.example/", Who: "ann", Why: "it is in the portal"}); err != nil {
		t.Fatal(err)
	}
	if e := look(k); e.State != ledger.Created || e.Token != doubtfulToken(1) || e.Link != "https://x.example/" || e.Reason != "settled by ann: it is in the portal" {
		t.Errorf("%+v", e)
	}
	if err := r.Decide(ledger.Decision{Key: k, Attempt: 1, State: ledger.Released}); !errors.Is(err, ledger.ErrLost) {
		t.Errorf("a created partner was given back: %v", err)
	}

	k = Doubtful(t, r, 2)
	if err := r.Decide(ledger.Decision{Key: k, Attempt: 1, State: ledger.Released, Who: "ann"}); err != nil {
		t.Fatal(err)
	}
	if e, won, err := r.Claim(ledger.Intent{Key: k, Body: []byte("{}"), TraceID: "t2"}); !won || err != nil || e.Attempt != 2 {
		t.Errorf("it can't be claimed again: %+v %v %v", e, won, err)
	}

	k = Doubtful(t, r, 3) // with a token, and no link
	for _, link := range []string{"", "https://y.example/"} {
		if err := r.Decide(ledger.Decision{Key: k, Attempt: 1, State: ledger.Created, Token: strings.Repeat("x", len(link)), Link: link, Who: "bob"}); err != nil {
			t.Fatalf("link %q: %v", link, err)
		}
		if e := look(k); e.State != ledger.Created || e.Token != doubtfulToken(3) || e.Link != link {
			t.Errorf("told later: %+v", e)
		}
		r = MustBegin(t, l)
	}
	for _, d := range []ledger.Decision{
		{Key: k, Attempt: 1, State: ledger.Created, Token: "t", Link: "https://z.example/"},
		{Key: k, Attempt: 1, State: ledger.Released, Token: "t", Link: "https://z.example/"},
	} {
		if err := r.Decide(d); !errors.Is(err, ledger.ErrLost) || look(k).Link != "https://y.example/" {
			t.Errorf("what is known was changed: %v", err)
		}
	}
	if n := s.Decisions(t, l, "ann"); n != 2 {
		t.Errorf("%d decisions are recorded", n)
	}
}
