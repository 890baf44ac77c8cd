package sqlite

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/gofrs/flock"
	"github.com/google/go-cmp/cmp"

	"onboard/pkg/ledger"
)

// childEnv makes the test binary the other process that gets killed.
const childEnv = "LEDGER_TEST_CHILD"

func TestMain(m *testing.M) {
	if path := os.Getenv(childEnv); path != "" {
		if err := child(path); err != nil {
			fmt.Println(err)
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// child claims ten partners, settles five, and kills itself when its standard
// input ends.
func child(path string) error {
	l, err := Open(path)
	if err != nil {
		return err
	}
	r, err := l.Begin(sandbox, sheet)
	if err != nil {
		return err
	}
	for i := range 10 {
		if _, won, err := r.Claim(testIntent(i)); err != nil || !won {
			return fmt.Errorf("claim %d: won %v, %w", i, won, err)
		}
		if i < 5 {
			if err := r.Settle(created(i, 1)); err != nil {
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
func startChild(t *testing.T, path string) (id string, kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+path)
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

// checkKilled wants what the child settled, and the rest in doubt.
func checkKilled(t *testing.T, r *Run, id string) {
	t.Helper()
	for i := range 10 {
		got := mustLookup(t, r, testKey(i))
		want := ledger.Entry{Owner: id, State: ledger.Created, Token: created(i, 1).Token}
		if i >= 5 {
			want = ledger.Entry{Owner: id, State: ledger.InDoubt, Reason: ledger.SweptReason}
		}
		if diff := cmp.Diff(want, ledger.Entry{Owner: got.Owner, State: got.State, Token: got.Token, Reason: got.Reason}); diff != "" {
			t.Errorf("partner %d (-want +got):\n%s", i, diff)
		}
	}
	if _, err := os.Lstat(r.l.lockPath(id)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the lock of the dead run is still there: %v", err)
	}
	if r.OwnerAlive(id) {
		t.Error("a killed process counts as alive")
	}
}

func TestReopenAfterKill(t *testing.T) {
	path := newPath(t)
	id, kill := startChild(t, path)
	kill()
	checkKilled(t, mustBegin(t, mustOpen(t, path)), id)
}

func TestKilledBesideAnotherProcess(t *testing.T) {
	path := newPath(t)
	id, kill := startChild(t, path)
	r := mustBegin(t, mustOpen(t, path))
	if got := mustLookup(t, r, testKey(7)); got.State != ledger.Sending || got.Owner != id || !r.OwnerAlive(id) {
		t.Errorf("in progress elsewhere: %s of %s, alive %v", got.State, got.Owner, r.OwnerAlive(id))
	}
	if _, won, err := r.Claim(testIntent(7)); won || err != nil {
		t.Errorf("claimed what another process is sending: %v, %v", won, err)
	}
	kill()
	if err := r.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
	checkKilled(t, r, id)
}

func TestRunsOfOneProcessSeeEachOther(t *testing.T) {
	path := newPath(t)
	first := mustOpen(t, path)
	a, b := mustBegin(t, first), mustBegin(t, first)
	c := mustBegin(t, mustOpen(t, path))
	mustClaim(t, a, testIntent(1))
	for _, r := range []*Run{a, b, c} {
		if err := r.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
		for _, o := range []*Run{a, b, c} {
			if !r.OwnerAlive(o.ID()) {
				t.Error("a living run counts as dead")
			}
		}
	}
	if got := mustLookup(t, c, testKey(1)); got.State != ledger.Sending {
		t.Errorf("a living run was swept: %s", got.State)
	}
	if err := b.End(0, nil); err != nil {
		t.Fatal(err)
	}
	if c.OwnerAlive(b.ID()) || !c.OwnerAlive(a.ID()) {
		t.Errorf("ended run alive %v, other run alive %v", c.OwnerAlive(b.ID()), c.OwnerAlive(a.ID()))
	}
}

func TestOwnerAliveOfNonsense(t *testing.T) {
	r := mustBegin(t, mustOpen(t, newPath(t)))
	for _, id := range []string{"", "..", "../ledger.db", "aaaaaaaaaaaaaaaa", strings.Repeat("/", 16)} {
		if r.OwnerAlive(id) {
			t.Errorf("%q is alive", id)
		}
	}
}

// TestProbes: two probes do not take each other for the owner, and a lock that
// cannot be probed is no proof of death.
func TestProbes(t *testing.T) {
	l := mustOpen(t, newPath(t))
	r, gone := mustBegin(t, l), mustBegin(t, l)
	if err := gone.lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	probe := flock.New(l.lockPath(gone.ID()))
	if free, err := probe.TryRLock(); !free || err != nil {
		t.Fatal(free, err)
	}
	defer probe.Unlock()
	if r.OwnerAlive(gone.ID()) {
		t.Error("a probe was taken for the owner")
	}
	loop := strings.Repeat("a", 16)
	if err := os.Symlink(loop, l.lockPath(loop)); err != nil {
		t.Fatal(err)
	}
	if !r.OwnerAlive(loop) {
		t.Error("what cannot be probed counts as dead")
	}
}

// TestLateAnswer has a run swept while its answer was on the way.
func TestLateAnswer(t *testing.T) {
	for _, late := range []ledger.Outcome{created(1, 1), {Key: testKey(1), Attempt: 1, State: ledger.Rejected, Reason: "no"}} {
		l := mustOpen(t, newPath(t))
		slow := mustBegin(t, l)
		mustClaim(t, slow, testIntent(1))
		if err := slow.lock.Unlock(); err != nil { // as a file system does that loses its locks
			t.Fatal(err)
		}
		next := mustBegin(t, l)
		if got := mustLookup(t, next, testKey(1)); got.State != ledger.InDoubt {
			t.Fatalf("not swept: %s", got.State)
		}
		if err := slow.Settle(late); err != nil {
			t.Fatal(err)
		}
		if got := mustLookup(t, next, testKey(1)); got.State != late.State || got.Token != late.Token || got.Reason != late.Reason {
			t.Errorf("after the late answer: %+v", got)
		}
	}
}

// TestEndedWithOpenClaims: an ended run answers no more.
func TestEndedWithOpenClaims(t *testing.T) {
	l := mustOpen(t, newPath(t))
	r := mustBegin(t, l)
	mustClaim(t, r, testIntent(1))
	if err := r.End(130, nil); err != nil {
		t.Fatal(err)
	}
	if got := mustLookup(t, mustBegin(t, l), testKey(1)); got.State != ledger.InDoubt || got.Reason != ledger.SweptReason {
		t.Errorf("%s: %s", got.State, got.Reason)
	}
}

func TestOtherKeyFields(t *testing.T) {
	l := mustOpen(t, newPath(t))
	other := sheet
	other.KeyFields = "name"

	first := mustBegin(t, l)
	if _, err := l.Begin(sandbox, other); err == nil {
		t.Error("other key fields beside a living run")
	}
	if err := first.End(2, nil); err != nil {
		t.Fatal(err)
	}
	second, err := l.Begin(sandbox, other)
	if err != nil {
		t.Fatalf("other key fields in a scope without partners: %v", err)
	}
	mustClaim(t, second, testIntent(1))
	if err := second.End(0, nil); err != nil {
		t.Fatal(err)
	}
	_, err = l.Begin(sandbox, sheet)
	if err == nil || !strings.Contains(err.Error(), `apart by "name", not by "name,country"; hint: use --key name`) {
		t.Errorf("other key fields in a filled scope: %v", err)
	}
	none := sheet
	none.KeyFields = ""
	if third, err := l.Begin(sandbox, none); err != nil {
		t.Errorf("a run that makes no keys: %v", err)
	} else if err := third.End(0, nil); err != nil {
		t.Fatal(err)
	}
	runs, err := l.Runs(context.Background(), 10)
	if err != nil || len(runs) != 3 {
		t.Errorf("a refused run was recorded: %d runs, %v", len(runs), err)
	}
	left, err := os.ReadDir(l.path + ".owners")
	if err != nil || len(left) != 0 {
		t.Errorf("locks left behind: %v, %v", left, err)
	}
	elsewhere := ledger.Scope{Endpoint: "https://api.example.com", Account: "99"}
	if _, err := l.Begin(elsewhere, none); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Begin(elsewhere, sheet); err != nil {
		t.Errorf("key fields beside a living run that makes no keys: %v", err)
	}
}
