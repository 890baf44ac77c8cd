package sqlite

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"onboard/pkg/ledger"
)

var (
	sandbox = ledger.Scope{Endpoint: "http://127.0.0.1:8080", Account: "1f2e3d4c"}
	sheet   = ledger.RunInfo{File: "partners.csv", SHA256: "00ff", Target: "sandbox", KeyFields: "name,country"}
)

func newPath(t testing.TB) string { return filepath.Join(t.TempDir(), "onboard", "ledger.db") }

func mustOpen(t testing.TB, path string) *Ledger {
	t.Helper()
	l, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func mustBegin(t testing.TB, l *Ledger) *Run {
	t.Helper()
	r, err := l.Begin(sandbox, sheet)
	if err != nil {
		t.Fatal(err)
	}
	return r.(*Run)
}

func testKey(i int) (k ledger.Key) {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(i)))
	copy(k[:], sum[:])
	return k
}

// testIntent is an intent with the body of the API's own example.
func testIntent(i int) ledger.Intent {
	body := fmt.Sprintf(`{"company":{"type":"MSP","data_center":"US","name":"Stay Green Greenery %d","country":"US"},`+
		`"contact":{"first_name":"trend","last_name":"micro","email":"tm@trendmicro.com"}}`, i)
	return ledger.Intent{Key: testKey(i), Fingerprint: sha256.Sum256([]byte(body)), Body: []byte(body), TraceID: testTrace(i), Line: i + 2}
}

func testTrace(i int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012x", i) }

func created(i, attempt int) ledger.Outcome {
	token := fmt.Sprintf("synthetic-token-%d", i)
	return ledger.Outcome{Key: testKey(i), Attempt: attempt, State: ledger.Created, HTTPStatus: 200, Token: token,
		Link: "https://activation.trendmicro.com/partner?t=" + token}
}

func mustClaim(t testing.TB, r ledger.Run, in ledger.Intent) ledger.Entry {
	t.Helper()
	e, won, err := r.Claim(in)
	if err != nil || !won {
		t.Fatalf("claim: won %v, %v", won, err)
	}
	return e
}

func mustLookup(t testing.TB, r ledger.Run, key ledger.Key) ledger.Entry {
	t.Helper()
	found, err := r.Lookup(context.Background(), []ledger.Key{key})
	if err != nil {
		t.Fatal(err)
	}
	return found[key]
}

var anyTime = cmpopts.IgnoreFields(ledger.Entry{}, "ClaimedAt", "SettledAt")

func TestOnePartner(t *testing.T) {
	path := newPath(t)
	l := mustOpen(t, path)
	r := mustBegin(t, l)
	in := testIntent(1)
	before := time.Now().Truncate(time.Millisecond)

	want := ledger.Entry{Key: in.Key, Fingerprint: in.Fingerprint, State: ledger.Sending, Owner: r.ID(), Attempt: 1,
		TraceID: in.TraceID, Line: 3, Body: in.Body}
	e := mustClaim(t, r, in)
	if diff := cmp.Diff(want, e, anyTime); diff != "" {
		t.Errorf("claimed (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(e, mustLookup(t, r, in.Key)); diff != "" {
		t.Errorf("looked up (-claimed +got):\n%s", diff)
	}

	last := ledger.Attempt{TraceID: in.TraceID, HTTPStatus: 429, Verdict: "unprocessed", Reason: "too many \x00 requests", Bytes: 512, At: before}
	next, err := r.Retry(in.Key, 1, last, testTrace(2))
	if err != nil || next != 2 {
		t.Fatalf("retry: attempt %d, %v", next, err)
	}
	o := created(1, next)
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

	l = mustOpen(t, path)
	again := mustBegin(t, l)
	want.State, want.Attempt, want.TraceID, want.HTTPStatus = ledger.Created, 2, testTrace(2), 200
	want.Reason, want.Token, want.Link = o.Reason, o.Token, o.Link
	got, won, err := again.Claim(testIntent(1))
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
	if diff := cmp.Diff(wantAttempts, attempts(t, l)); diff != "" {
		t.Errorf("attempts (-want +got):\n%s", diff)
	}
}

// attempts reads the whole table of that name.
func attempts(t *testing.T, l *Ledger) (all []ledger.Attempt) {
	t.Helper()
	rows, err := l.reader.Query("SELECT trace_id, http_status, verdict, reason, coalesce(bytes, -1), at FROM attempts ORDER BY partner_id, attempt")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var a ledger.Attempt
		var at int64
		if err := rows.Scan(&a.TraceID, &a.HTTPStatus, &a.Verdict, &a.Reason, &a.Bytes, &at); err != nil {
			t.Fatal(err)
		}
		a.At = fromMillis(at)
		all = append(all, a)
	}
	return all
}

func TestOnlyTheOwnerSettles(t *testing.T) {
	l := mustOpen(t, newPath(t))
	mine, other := mustBegin(t, l), mustBegin(t, l)
	mustClaim(t, mine, testIntent(1))
	if err := other.Settle(ledger.Outcome{Key: testKey(1), Attempt: 1, State: ledger.Rejected}); !errors.Is(err, ledger.ErrLost) {
		t.Errorf("settled by another run: %v", err)
	}
	if _, err := other.Retry(testKey(1), 1, ledger.Attempt{}, "t"); !errors.Is(err, ledger.ErrLost) {
		t.Errorf("retried by another run: %v", err)
	}
	if got := mustLookup(t, other, testKey(1)); got.State != ledger.Sending || got.Owner != mine.ID() {
		t.Errorf("%s, owned by %s", got.State, got.Owner)
	}
}

func TestClaimedAgain(t *testing.T) {
	l := mustOpen(t, newPath(t))
	r := mustBegin(t, l)
	mustClaim(t, r, testIntent(1))
	if err := r.Settle(ledger.Outcome{Key: testKey(1), Attempt: 1, State: ledger.Rejected, HTTPStatus: 400, Reason: "InvalidParametersEmail"}); err != nil {
		t.Fatal(err)
	}
	in := testIntent(1)
	in.Fingerprint, in.Body, in.TraceID, in.Line = ledger.Fingerprint{9}, []byte("{}"), "not a uuid", 77
	e := mustClaim(t, mustBegin(t, l), in)
	if diff := cmp.Diff(e, mustLookup(t, r, in.Key)); diff != "" || e.Attempt != 2 {
		t.Errorf("attempt %d, looked up (-claimed +got):\n%s", e.Attempt, diff)
	}
	want := []ledger.Attempt{{TraceID: testTrace(1), HTTPStatus: 400, Verdict: "rejected", Reason: "InvalidParametersEmail", Bytes: -1}}
	if diff := cmp.Diff(want, attempts(t, l), cmpopts.IgnoreFields(ledger.Attempt{}, "At")); diff != "" {
		t.Errorf("attempts (-want +got):\n%s", diff)
	}
}

func TestScopesAreApart(t *testing.T) {
	l := mustOpen(t, newPath(t))
	rehearsal := mustBegin(t, l)
	mustClaim(t, rehearsal, testIntent(1))
	for _, scope := range []ledger.Scope{{Endpoint: sandbox.Endpoint, Account: "another"}, {Endpoint: "https://api.example.com", Account: sandbox.Account}} {
		real, err := l.Begin(scope, sheet)
		if err != nil {
			t.Fatal(err)
		}
		if got := mustLookup(t, real, testKey(1)); got.State != "" {
			t.Errorf("%v knows the partner of another scope", scope)
		}
		mustClaim(t, real, testIntent(1))
	}
}

func TestAfterClose(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	l := mustOpen(t, newPath(t))
	r := mustBegin(t, l)
	mustClaim(t, r, testIntent(1))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
	if _, _, err := r.Claim(testIntent(2)); !errors.Is(err, ledger.ErrClosed) {
		t.Errorf("claim: %v", err)
	}
	var spill *ledger.SpillError
	if err := r.Settle(created(1, 1)); !errors.As(err, &spill) {
		t.Errorf("settle: %v", err)
	}
}
