package ledgertest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/ledger"
)

// childVariable makes the test binary the other process that gets killed.
const childVariable = "LEDGER_TEST_CHILD"

// Main runs the tests of a store. In its own TestMain it is all there is to do.
func Main(m *testing.M, open func(place string) (ledger.Ledger, error)) int {
	if place := os.Getenv(childVariable); place != "" {
		fmt.Println(child(place, open))
		return 1
	}
	return m.Run()
}

// child claims ten partners, settles five, and kills itself when its standard
// input ends.
func child(place string, open func(string) (ledger.Ledger, error)) error {
	l, err := open(place)
	if err != nil {
		return err
	}
	r, err := l.Begin(Sandbox, Sheet)
	if err != nil {
		return err
	}
	for i := range 10 {
		if _, won, err := r.Claim(Intent(i)); err != nil || !won {
			return fmt.Errorf("claim %d: won %v, %w", i, won, err)
		}
		if i < 5 {
			if err := r.Settle(Created(i, 1)); err != nil {
				return err
			}
		}
	}
	fmt.Println(r.ID())
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		return err
	}
	if err := self.Kill(); err != nil {
		return err
	}
	select {} // the signal is on its way
}

// startChild starts the other process and returns its run, and how to kill it.
func startChild(t *testing.T, place string) (id string, kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+place)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	id = strings.TrimSpace(line)
	if err != nil || !ledger.ValidRunID(id) {
		t.Fatalf("the child says %q, %v", line, err)
	}
	return id, func() {
		if err := in.Close(); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err == nil || cmd.ProcessState.Exited() {
			t.Fatalf("the child was not killed: %v", cmd.ProcessState)
		}
	}
}

// sweepAfter sweeps when the run of a process that was killed is no longer alive:
// a server hears of it a moment later.
func sweepAfter(t *testing.T, r ledger.Run, id string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); r.OwnerAlive(id) && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	if err := r.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// checkKilled wants what the child settled, and the rest in doubt.
func checkKilled(t *testing.T, r ledger.Run, id string) {
	t.Helper()
	for i := range 10 {
		got := MustLookup(t, r, Key(i))
		want := ledger.Entry{Owner: id, State: ledger.Created, Token: Created(i, 1).Token}
		if i >= 5 {
			want = ledger.Entry{Owner: id, State: ledger.InDoubt, Reason: ledger.SweptReason}
		}
		if diff := cmp.Diff(want, ledger.Entry{Owner: got.Owner, State: got.State, Token: got.Token, Reason: got.Reason}); diff != "" {
			t.Errorf("partner %d (-want +got):\n%s", i, diff)
		}
	}
	if r.OwnerAlive(id) {
		t.Error("a killed process counts as alive")
	}
}

func reopenAfterKill(t *testing.T, s Store) {
	place := s.Place(t)
	id, kill := startChild(t, place)
	kill()
	r := MustBegin(t, s.open(t, place))
	sweepAfter(t, r, id)
	checkKilled(t, r, id)
}

func killedBesideAnotherProcess(t *testing.T, s Store) {
	place := s.Place(t)
	id, kill := startChild(t, place)
	r := MustBegin(t, s.open(t, place))
	if got := MustLookup(t, r, Key(7)); got.State != ledger.Sending || got.Owner != id || !r.OwnerAlive(id) {
		t.Errorf("in progress elsewhere: %s of %s, alive %v", got.State, got.Owner, r.OwnerAlive(id))
	}
	if _, won, err := r.Claim(Intent(7)); won || err != nil {
		t.Errorf("claimed what another process is sending: %v, %v", won, err)
	}
	kill()
	sweepAfter(t, r, id)
	checkKilled(t, r, id)
}

func runsOfOneProcessSeeEachOther(t *testing.T, s Store) {
	place := s.Place(t)
	first := s.open(t, place)
	a, b := MustBegin(t, first), MustBegin(t, first)
	c := MustBegin(t, s.open(t, place))
	MustClaim(t, a, Intent(1))
	for _, r := range []ledger.Run{a, b, c} {
		if err := r.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
		for _, o := range []ledger.Run{a, b, c} {
			if !r.OwnerAlive(o.ID()) {
				t.Error("a living run counts as dead")
			}
		}
	}
	if got := MustLookup(t, c, Key(1)); got.State != ledger.Sending {
		t.Errorf("a living run was swept: %s", got.State)
	}
	if err := b.End(0, nil); err != nil {
		t.Fatal(err)
	}
	if c.OwnerAlive(b.ID()) || !c.OwnerAlive(a.ID()) {
		t.Errorf("ended run alive %v, other run alive %v", c.OwnerAlive(b.ID()), c.OwnerAlive(a.ID()))
	}
}

func ownerAliveOfNonsense(t *testing.T, s Store) {
	r := MustBegin(t, s.open(t, s.Place(t)))
	for _, id := range []string{"", "..", "../ledger.db", "aaaaaaaaaaaaaaaa", strings.Repeat("/", 16)} {
		if r.OwnerAlive(id) {
			t.Errorf("%q is alive", id)
		}
	}
}

// lateAnswer has a run swept while its answer was on the way.
func lateAnswer(t *testing.T, s Store) {
	for _, late := range []ledger.Outcome{Created(1, 1), {Key: Key(1), Attempt: 1, State: ledger.Rejected, Reason: "no"},
		{Key: Key(1), Attempt: 1, State: ledger.Released, Reason: "the run ended before its turn"}} {
		l := s.open(t, s.Place(t))
		slow := MustBegin(t, l)
		MustClaim(t, slow, Intent(1))
		s.Forsake(t, slow)
		next := MustBegin(t, l)
		if got := MustLookup(t, next, Key(1)); got.State != ledger.InDoubt {
			t.Fatalf("not swept: %s", got.State)
		}
		if err := slow.Settle(late); err != nil {
			t.Fatal(err)
		}
		if got := MustLookup(t, next, Key(1)); got.State != late.State || got.Token != late.Token || got.Reason != late.Reason {
			t.Errorf("after the late answer: %+v", got)
		}
	}
}

// endedWithOpenClaims: an ended run answers no more.
func endedWithOpenClaims(t *testing.T, s Store) {
	l := s.open(t, s.Place(t))
	r := MustBegin(t, l)
	MustClaim(t, r, Intent(1))
	if err := r.End(130, nil); err != nil {
		t.Fatal(err)
	}
	if got := MustLookup(t, MustBegin(t, l), Key(1)); got.State != ledger.InDoubt || got.Reason != ledger.SweptReason {
		t.Errorf("%s: %s", got.State, got.Reason)
	}
}

func otherKeyFields(t *testing.T, s Store) {
	l := s.open(t, s.Place(t))
	other := Sheet
	other.KeyFields = "name"

	first := MustBegin(t, l)
	if _, err := l.Begin(Sandbox, other); err == nil {
		t.Error("other key fields beside a living run")
	}
	if err := first.End(2, nil); err != nil {
		t.Fatal(err)
	}
	second, err := l.Begin(Sandbox, other)
	if err != nil {
		t.Fatalf("other key fields in a scope without partners: %v", err)
	}
	MustClaim(t, second, Intent(1))
	if err := second.End(0, nil); err != nil {
		t.Fatal(err)
	}
	_, err = l.Begin(Sandbox, Sheet)
	if err == nil || !strings.Contains(err.Error(), `apart by "name", not by "name,country"; hint: use --key name`) {
		t.Errorf("other key fields in a filled scope: %v", err)
	}
	none := Sheet
	none.KeyFields = ""
	if third, err := l.Begin(Sandbox, none); err != nil {
		t.Errorf("a run that makes no keys: %v", err)
	} else if err := third.End(0, nil); err != nil {
		t.Fatal(err)
	}
	runs, err := l.Runs(context.Background(), 10)
	if err != nil || len(runs) != 3 {
		t.Errorf("a refused run was recorded: %d runs, %v", len(runs), err)
	}
	elsewhere := ledger.Scope{Endpoint: "https://api.example.com", Account: "99"}
	if _, err := l.Begin(elsewhere, none); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Begin(elsewhere, Sheet); err != nil {
		t.Errorf("key fields beside a living run that makes no keys: %v", err)
	}
}
