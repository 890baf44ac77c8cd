package sqlite

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"modernc.org/sqlite"
)

// TestGroupCommit holds the writer up within a group until more changes wait than it
// takes: those that it takes join it.
func TestGroupCommit(t *testing.T) {
	path := newPath(t)
	synctest.Test(t, func(t *testing.T) {
		l, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		mustBegin(t, l)
		var size int // of the group that is being written
		var sizes []int
		gate := make(chan struct{})
		var wait sync.WaitGroup
		wait.Go(func() {
			err := l.write(func() error {
				<-gate
				size++
				return onCommit(l, func() { sizes, size = append(sizes, size), 0 })
			})
			if err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		for range groupLimit + 6 {
			wait.Go(func() {
				err := l.write(func() error {
					size++
					_, err := l.conn.ExecContext(t.Context(), "UPDATE runs SET exit_code = exit_code + 1")
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		close(gate)
		wait.Wait()
		if diff := cmp.Diff([]int{groupLimit, 7}, sizes); diff != "" {
			t.Errorf("group sizes (-want +got):\n%s", diff)
		}
	})
}

func onCommit(l *Ledger, do func()) error {
	return l.conn.Raw(func(c any) error {
		c.(sqlite.HookRegisterer).RegisterCommitHook(func() int32 { do(); return 0 })
		return nil
	})
}

// TestWaitsForOtherWriters: that another run holds the lock is no failure, also
// when SQLite itself has lost patience.
func TestWaitsForOtherWriters(t *testing.T) {
	path := newPath(t)
	l, other := mustOpen(t, path), mustOpen(t, path)
	r := mustBegin(t, l)
	if _, err := l.conn.ExecContext(t.Context(), "PRAGMA busy_timeout=0"); err != nil {
		t.Fatal(err)
	}
	locked := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		err := immediate(other.conn, func() error {
			close(locked)
			time.Sleep(100 * time.Millisecond) // without the wait below, a refusal
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-locked
	if _, won, err := r.Claim(testIntent(1)); err != nil || !won {
		t.Errorf("won %v, %v", won, err)
	}
	wait.Wait()
}
