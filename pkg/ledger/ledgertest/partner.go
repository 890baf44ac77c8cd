package ledgertest

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"onboard/pkg/ledger"
)

// The scope and the run of the tests.
var (
	Sandbox = ledger.Scope{Endpoint: "http://127.0.0.1:8080", Account: "1f2e3d4c"}
	Sheet   = ledger.RunInfo{Command: "submit", File: "partners.csv", SHA256: "00ff", Target: "sandbox", KeyFields: "name,country"}
)

// MustBegin begins a run on Sandbox.
func MustBegin(t testing.TB, l ledger.Ledger) ledger.Run {
	t.Helper()
	r, err := l.Begin(Sandbox, Sheet)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Key is that of partner i.
func Key(i int) (k ledger.Key) {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(i)))
	copy(k[:], sum[:])
	return k
}

// Intent is an intent with the body of the API's own example.
func Intent(i int) ledger.Intent {
	body := fmt.Sprintf(`{"company":{"type":"MSP","data_center":"US","name":"Stay Green Greenery %d","country":"US"},`+
		`"contact":{"first_name":"trend","last_name":"micro","email":"tm@trendmicro.com"}}`, i)
	return ledger.Intent{Key: Key(i), Fingerprint: sha256.Sum256([]byte(body)), Body: []byte(body), TraceID: Trace(i), Line: i + 2}
}

// Trace is the trace id of an attempt.
func Trace(i int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012x", i) }

// Created is the outcome of partner i that has its token.
func Created(i, attempt int) ledger.Outcome {
	token := fmt.Sprintf("synthetic-token-%d", i)
	return ledger.Outcome{Key: Key(i), Attempt: attempt, State: ledger.Created, HTTPStatus: 200, Token: token,
		Link: "https://activation.trendmicro.com/partner?t=" + token}
}

// MustClaim claims a partner that nobody else has.
func MustClaim(t testing.TB, r ledger.Run, in ledger.Intent) ledger.Entry {
	t.Helper()
	e, won, err := r.Claim(in)
	if err != nil || !won {
		t.Fatalf("claim: won %v, %v", won, err)
	}
	return e
}

// MustLookup reads one row; one that is not there is zero.
func MustLookup(t testing.TB, r ledger.Run, key ledger.Key) ledger.Entry {
	t.Helper()
	found, err := r.Lookup(context.Background(), []ledger.Key{key})
	if err != nil {
		t.Fatal(err)
	}
	return found[key]
}

var anyTime = cmpopts.IgnoreFields(ledger.Entry{}, "ClaimedAt", "SettledAt")

func onePartner(t *testing.T, s Store) {
	place := s.Place(t)
	l := s.open(t, place)
	r := MustBegin(t, l)
	in := Intent(1)
	before := time.Now().Truncate(time.Millisecond).Add(-time.Second)

	want := ledger.Entry{Key: in.Key, Fingerprint: in.Fingerprint, State: ledger.Sending, Owner: r.ID(), Attempt: 1,
		TraceID: in.TraceID, Line: 3, Body: in.Body}
	e := MustClaim(t, r, in)
	if diff := cmp.Diff(want, e, anyTime); diff != "" {
		t.Errorf("claimed (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(e, MustLookup(t, r, in.Key)); diff != "" {
		t.Errorf("looked up (-claimed +got):\n%s", diff)
	}

	last := ledger.Attempt{TraceID: in.TraceID, HTTPStatus: 429, Verdict: "unprocessed", Reason: "too many \x00 requests", Bytes: 512, At: before}
	next, err := r.Retry(in.Key, 1, last, Trace(2))
	if err != nil || next != 2 {
		t.Fatalf("retry: attempt %d, %v", next, err)
	}
	if at := MustLookup(t, r, in.Key).ClaimedAt; !at.Equal(before) {
		t.Errorf("the second attempt began at %v, want %v", at, before)
	}
	o := Created(1, next)
	o.Reason, o.At = "words with \x00 and \xff", before.Add(time.Hour)
	if err := r.Settle(o); err != nil {
		t.Fatal(err)
	}
	if err := r.Settle(o); err != nil {
		t.Errorf("settling the same again: %v", err)
	}
	if err := r.End(0, map[string]int{"created": 1}); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}

	l = s.open(t, place)
	again := MustBegin(t, l)
	want.State, want.Attempt, want.TraceID, want.HTTPStatus = ledger.Created, 2, Trace(2), 200
	want.Reason, want.Token, want.Link = o.Reason, o.Token, o.Link
	got, won, err := again.Claim(Intent(1))
	if won || err != nil {
		t.Errorf("claim of a created partner: won %v, %v", won, err)
	}
	if diff := cmp.Diff(want, got, anyTime); diff != "" {
		t.Errorf("after reopening (-want +got):\n%s", diff)
	}
	if got.ClaimedAt.Before(before) || !got.SettledAt.Equal(o.At) || got.SettledAt.Location() != time.UTC {
		t.Errorf("claimed at %v, settled at %v, begun at %v", got.ClaimedAt, got.SettledAt, before)
	}
	wantAttempts := []ledger.Attempt{last}
	wantAttempts[0].At = last.At.UTC()
	if diff := cmp.Diff(wantAttempts, s.Attempts(t, l)); diff != "" {
		t.Errorf("attempts (-want +got):\n%s", diff)
	}
}

func onlyTheOwnerSettles(t *testing.T, s Store) {
	l := s.open(t, s.Place(t))
	mine, other := MustBegin(t, l), MustBegin(t, l)
	MustClaim(t, mine, Intent(1))
	if err := other.Settle(ledger.Outcome{Key: Key(1), Attempt: 1, State: ledger.Rejected}); !errors.Is(err, ledger.ErrLost) {
		t.Errorf("settled by another run: %v", err)
	}
	if _, err := other.Retry(Key(1), 1, ledger.Attempt{}, "t"); !errors.Is(err, ledger.ErrLost) {
		t.Errorf("retried by another run: %v", err)
	}
	if got := MustLookup(t, other, Key(1)); got.State != ledger.Sending || got.Owner != mine.ID() {
		t.Errorf("%s, owned by %s", got.State, got.Owner)
	}
}

func claimedAgain(t *testing.T, s Store) {
	l := s.open(t, s.Place(t))
	r := MustBegin(t, l)
	MustClaim(t, r, Intent(1))
	if err := r.Settle(ledger.Outcome{Key: Key(1), Attempt: 1, State: ledger.Rejected, HTTPStatus: 400, Reason: "InvalidParametersEmail"}); err != nil {
		t.Fatal(err)
	}
	in := Intent(1)
	in.Fingerprint, in.Body, in.TraceID, in.Line = ledger.Fingerprint{9}, []byte("{}"), "not a uuid", 77
	e := MustClaim(t, MustBegin(t, l), in)
	if diff := cmp.Diff(e, MustLookup(t, r, in.Key)); diff != "" || e.Attempt != 2 {
		t.Errorf("attempt %d, looked up (-claimed +got):\n%s", e.Attempt, diff)
	}
	want := []ledger.Attempt{{TraceID: Trace(1), HTTPStatus: 400, Verdict: "rejected", Reason: "InvalidParametersEmail", Bytes: -1}}
	if diff := cmp.Diff(want, s.Attempts(t, l), cmpopts.IgnoreFields(ledger.Attempt{}, "At")); diff != "" {
		t.Errorf("attempts (-want +got):\n%s", diff)
	}
}

func scopesAreApart(t *testing.T, s Store) {
	l := s.open(t, s.Place(t))
	rehearsal := MustBegin(t, l)
	MustClaim(t, rehearsal, Intent(1))
	for _, scope := range []ledger.Scope{{Endpoint: Sandbox.Endpoint, Account: "another"}, {Endpoint: "https://api.example.com", Account: Sandbox.Account}} {
		real, err := l.Begin(scope, Sheet)
		if err != nil {
			t.Fatal(err)
		}
		if got := MustLookup(t, real, Key(1)); got.State != "" {
			t.Errorf("%v knows the partner of another scope", scope)
		}
		MustClaim(t, real, Intent(1))
	}
}

func afterClose(t *testing.T, s Store) {
	t.Setenv("TMPDIR", t.TempDir())
	l := s.open(t, s.Place(t))
	r := MustBegin(t, l)
	MustClaim(t, r, Intent(1))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
	if _, _, err := r.Claim(Intent(2)); !errors.Is(err, ledger.ErrClosed) {
		t.Errorf("claim: %v", err)
	}
	var spill *ledger.SpillError
	if err := r.Settle(Created(1, 1)); !errors.As(err, &spill) {
		t.Errorf("settle: %v", err)
	}
}
