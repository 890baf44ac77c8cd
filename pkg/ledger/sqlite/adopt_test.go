package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/ledger"
)

// version2 makes a ledger of the second format with partners of one endpoint, in two
// scopes by turns; of some the token or link is that of an earlier one.
func version2(t *testing.T, partners int, shared func(i int) (token, link string)) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "ledger.db")
	db, err := sql.Open("sqlite", dsn(path, []pragma{{"journal_mode", "WAL", "wal"}}))
	if err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf(`%s PRAGMA application_id=%d; PRAGMA user_version=2;
		INSERT INTO scopes VALUES(1, '%s', '%s', 'name,country'), (2, '%[3]s', 'another', 'name,country');
		INSERT INTO runs(id, scope_id, host, user, file, sha256, target, started_at, ended_at) VALUES('%s', 1, 'pc', 'ann', 'l.csv', '', 'sandbox', 1, 2);`,
		strings.Join(migrations[:2], ""), applicationID, sandbox.Endpoint, sandbox.Account, strings.Repeat("a", 16))
	_, err = db.Exec(script)
	tx, e := db.Begin()
	if err = errors.Join(err, e); err != nil {
		t.Fatal(err)
	}
	insert, err := tx.Prepare(`INSERT INTO partners(scope_id, key, fingerprint, owner, attempt, state, trace_id, line, claimed_at, body, settled_at, token, link)
		VALUES(?, ?, x'', 1, 1, 'created', ?, ?, 1, x'', 2, ?, ?)`)
	if err != nil {
		t.Fatal(err)
	}
	for i := range partners {
		key := testKey(i)
		token, link := shared(i)
		if _, err := insert.Exec(1+i%2, key[:], fmt.Sprint("trace-", i), i+2, token, link); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(tx.Commit(), db.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// byConflict is which partners are in conflict with which, by their lines.
func byConflict(t *testing.T, l *Ledger) (pairs [][2]int) {
	t.Helper()
	all, err := l.Conflicts(context.Background(), 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		pairs = append(pairs, [2]int{c.Partner.Line, c.Holder.Line})
	}
	return pairs
}

// TestVersion2: what is there in common stays, and is told; whoever opens it meanwhile
// waits, and what comes from now on is compared with all that was there.
func TestVersion2(t *testing.T) {
	const partners = 10_000
	path := version2(t, partners, func(i int) (token, link string) {
		switch i {
		case 7, 9000:
			return "token-3", fmt.Sprint("link-", i)
		case 8:
			return "token-8", "link-4"
		case 9, 10:
			return "", "" // found by an operator
		}
		return fmt.Sprint("token-", i), fmt.Sprint("link-", i)
	})
	var told sync.Map
	var wait sync.WaitGroup
	opened := make([]*Ledger, 4)
	for i := range opened {
		wait.Go(func() {
			l, err := Open(path, func() { told.Store("upgrading", true) })
			if err != nil {
				t.Error(err)
				return
			}
			opened[i] = l
		})
	}
	wait.Wait()
	if t.Failed() {
		t.FailNow()
	}
	if _, ok := told.Load("upgrading"); !ok {
		t.Error("nobody was told of the step")
	}
	want := [][2]int{{9, 5}, {10, 6}, {9002, 5}}
	for i, l := range opened {
		if diff := cmp.Diff(want, byConflict(t, l)[:len(want)]); diff != "" {
			t.Errorf("conflicts (-want +got)\n%s", diff)
		}
		r := mustBegin(t, l)
		mustClaim(t, r, testIntent(partners+i))
		o := created(partners+i, 1)
		o.Token = fmt.Sprint("token-", 5000+i)
		var taken *ledger.TakenError
		if err := r.Settle(o); !errors.As(err, &taken) || taken.Holder.Line != 5002+i {
			t.Errorf("a token of the older ledger: %v", err)
		}
	}
	for _, l := range opened {
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	var fresh bool
	l, err := Open(path, func() { fresh = true })
	if err != nil || fresh {
		t.Fatalf("the step was made again: %v, %v", fresh, err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestVersion2Fails: a step that does not come to its end leaves the older ledger.
func TestVersion2Fails(t *testing.T) {
	path := version2(t, 100, func(i int) (string, string) { return fmt.Sprint("token-", i%50), fmt.Sprint("link-", i) })
	l := &Ledger{path: path}
	var err error
	if l.writer, err = connect(path, writerPragmas, 1); err != nil {
		t.Fatal(err)
	}
	if l.conn, err = l.writer.Conn(t.Context()); err != nil {
		t.Fatal(err)
	}
	cut := errors.New("cut off")
	if err := immediate(l.conn, func() error { return errors.Join(l.migrate(func() {}), cut) }); !errors.Is(err, cut) {
		t.Fatal(err)
	}
	if err := l.closeDatabase(); err != nil {
		t.Fatal(err)
	}
	if got := byConflict(t, mustOpen(t, path)); len(got) != 50 {
		t.Errorf("%d conflicts", len(got))
	}
}

// TestOlderRun: a run of an older program is at work; the format stays as it knows it.
func TestOlderRun(t *testing.T) {
	path := version2(t, 1, func(int) (string, string) { return "t", "l" })
	id := strings.Repeat("b", 16)
	old := &Run{l: &Ledger{path: path}, id: id}
	if err := old.hold(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", dsn(path, nil))
	if err == nil {
		_, err = db.Exec("INSERT INTO runs(id, scope_id, host, user, file, sha256, target, started_at) VALUES(?, 1, 'pc', 'ann', 'l.csv', '', 'sandbox', 1)", id)
	}
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	checkBegin(t, path, "run "+id+" of an older onboard is still at work")
	if err := old.lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	checkBegin(t, path, "")
}

// TestTokenIndex holds the index to what a list of all tokens says, over its merges.
func TestTokenIndex(t *testing.T) {
	const rows = 3 * mergeAt
	var x tokenIndex
	for i := range rows {
		if i == 10 { // as a log that is read
			var many []uint64
			for j := range mergeAt {
				many = append(many, tokenEntry(fmt.Sprint("old-", j), int64(rows+j)))
			}
			x.add(unpacked(packed(many))...)
		}
		x.add(tokenEntry(fmt.Sprint("token-", i/2), int64(i)))
	}
	for i := range rows / 2 {
		if diff := cmp.Diff([]int64{int64(2 * i), int64(2*i + 1)}, x.rows(fmt.Sprint("token-", i))); diff != "" {
			t.Fatalf("token %d (-want +got)\n%s", i, diff)
		}
	}
	if got := x.rows(fmt.Sprint("old-", 77)); len(got) != 1 || got[0] != rows+77 {
		t.Error(got)
	}
	if got := append(x.rows("none"), x.rows("")...); len(got) > 0 {
		t.Error(got)
	}
}

// checkBegin wants a run to begin, or to be refused with some words.
func checkBegin(t *testing.T, path, want string) {
	t.Helper()
	l, err := Open(path)
	if err == nil {
		defer l.Close()
		var r ledger.Run
		if r, err = l.Begin(sandbox, sheet); err == nil {
			err = r.End(0, nil)
		}
	}
	if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
		t.Errorf("got %v, want %q", err, want)
	}
}
