//go:build torture && linux

package sqlite

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"onboard/pkg/ledger"
	"onboard/pkg/ledger/ledgertest"
)

const (
	cutPartners = 160 // are claimed and settled in the recording
	cutGroup    = 4   // of them at once
	cutPoints   = 500 // at which the power goes
)

// TestPowerCut is T7: the system calls of a ledger at work are recorded, with
// their data, and replayed up to 500 points. At each the power goes, in four ways.
// What the next run finds must hold every state that was acknowledged, and none
// that nobody asked for. With synchronous=NORMAL the same replay must find loss.
func TestPowerCut(t *testing.T) {
	for _, tt := range []struct {
		name, synchronous string
		loses             []string // policies with which acknowledged states are lost
	}{
		{"as it is", "", nil},
		{"weakened", "NORMAL", []string{"none", "random", "torn"}},
	} {
		root := t.TempDir()
		calls := record(t, root, tt.synchronous)
		checkpoints := 0
		for _, c := range calls {
			if c.name == "sync" && c.path == filepath.Join(root, "onboard", "ledger.db") {
				checkpoints++
			}
		}
		if checkpoints < 5 {
			t.Errorf("the log was copied into the database %d times", checkpoints)
		}
		points := rand.New(rand.NewPCG(7, 0)).Perm(len(calls))[:cutPoints]
		slices.Sort(points)
		for _, p := range policies {
			t.Run(tt.name+"/"+p.name, func(t *testing.T) {
				t.Parallel()
				lossy, worst := replay(t, root, calls, points, p)
				if loses := slices.Contains(tt.loses, p.name); loses != (lossy > 0) {
					t.Errorf("acknowledged states were lost at %d of %d points", lossy, len(points))
				}
				t.Logf("%d calls, %d checkpoints, %d points: at %d of them acknowledged states were lost, %d at most", len(calls), checkpoints, len(points), lossy, worst)
			})
		}
	}
}

// replay cuts the power at each point and says at how many of them acknowledged
// states were lost, and how many of these at most.
func replay(t *testing.T, root string, calls []call, points []int, p policy) (lossy, worst int) {
	d, random := newDisk(root), rand.New(rand.NewPCG(7, 1))
	var said marks
	for i, c := range calls {
		if c.name == "mark" {
			said.add(t, string(c.data))
		} else if err := d.apply(c); err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(points, i) {
			continue
		}
		to := t.TempDir()
		if err := d.cut(root, to, p, random); err != nil {
			t.Fatal(err)
		}
		lost, err := said.judge(filepath.Join(to, "onboard", "ledger.db"))
		if err != nil {
			t.Errorf("after call %d (%s %s): %v", i, c.name, c.path, err)
		}
		if lost > 0 {
			lossy++
		}
		worst = max(worst, lost)
		if err := os.RemoveAll(to); err != nil {
			t.Fatal(err)
		}
	}
	return lossy, worst
}

// marks is how far each partner is for certain, and how far it may be: 0 not
// claimed, 1 claimed, 2 created.
type marks struct{ certain, possible [cutPartners]int }

func (m *marks) add(t *testing.T, text string) {
	var word string
	var i int
	if _, err := fmt.Sscan(text, &word, &i); err != nil {
		t.Fatalf("mark %q: %v", text, err)
	}
	switch word {
	case "claim":
		m.possible[i] = 1
	case "claimed":
		m.certain[i] = 1
	case "settle":
		m.possible[i] = 2
	case "settled":
		m.certain[i] = 2
	}
}

// judge opens a ledger as the next run does, and counts the states that it should
// have and has not. An error is anything that must never be, whatever was synced.
func (m *marks) judge(path string) (lost int, err error) {
	l, err := Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	var word string
	if err := l.conn.QueryRowContext(context.Background(), "PRAGMA integrity_check").Scan(&word); err != nil || word != "ok" {
		return 0, fmt.Errorf("integrity: %s %w", word, err)
	}
	r, err := l.Begin(sandbox, sheet)
	if errors.Is(err, errLostLog) { // a loss that was noticed is a loss
		return 1, nil
	}
	if err != nil {
		return 0, err
	}
	var keys []ledger.Key
	for i := range cutPartners {
		keys = append(keys, testKey(i))
	}
	found, err := r.Lookup(context.Background(), keys)
	for i, key := range keys {
		e, far := found[key], 0
		switch want := created(i, 1); {
		case e.State == ledger.Created && e.Token == want.Token && e.Link == want.Link:
			far = 2
		case e.State == ledger.InDoubt && e.TraceID == ledgertest.Trace(i) && string(e.Body) == string(testIntent(i).Body):
			far = 1
		case e.State != "":
			err = errors.Join(err, fmt.Errorf("partner %d is %+v", i, e))
		}
		if far < m.certain[i] {
			lost++
		}
		if far > m.possible[i] {
			err = errors.Join(err, fmt.Errorf("partner %d is %s, which nobody asked for", i, e.State))
		}
	}
	return lost, err
}

// Variables that make the test binary the process that is recorded.
const (
	cutFolder      = "LEDGER_TEST_POWERCUT"
	cutSynchronous = "LEDGER_TEST_SYNCHRONOUS"
)

func init() { // before TestMain, which knows nothing of it
	if folder := os.Getenv(cutFolder); folder != "" {
		if err := work(folder, os.Getenv(cutSynchronous)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// work claims and settles partners in small groups on a ledger whose log is often
// copied into the database, and marks before and after each what it has been told.
func work(folder, synchronous string) error {
	said, err := os.Create(filepath.Join(folder, "marks"))
	if err != nil {
		return err
	}
	l, err := Open(filepath.Join(folder, "onboard", "ledger.db"))
	if err != nil {
		return err
	}
	settings := "PRAGMA wal_autocheckpoint=60"
	if synchronous != "" {
		settings += "; PRAGMA synchronous=" + synchronous
	}
	if _, err := l.conn.ExecContext(context.Background(), settings); err != nil {
		return err
	}
	r, err := l.Begin(sandbox, sheet)
	if err != nil {
		return err
	}
	for from := 0; from < cutPartners; from += cutGroup {
		fails := make([]error, 2*cutGroup)
		for step, do := range []func(int) error{
			func(i int) error { _, _, err := r.Claim(testIntent(i)); return err },
			func(i int) error { return r.Settle(created(i, 1)) },
		} {
			var wait sync.WaitGroup
			for i := range cutGroup {
				wait.Go(func() {
					fmt.Fprintln(said, []string{"claim", "settle"}[step], from+i)
					if fails[cutGroup*step+i] = do(from + i); fails[cutGroup*step+i] == nil {
						fmt.Fprintln(said, []string{"claimed", "settled"}[step], from+i)
					}
				})
			}
			wait.Wait()
		}
		if err := errors.Join(fails...); err != nil {
			return err
		}
	}
	return errors.Join(r.End(0, nil), l.Close())
}

// call is a system call of the recorded process that changes the disk, or a mark.
type call struct {
	name, path string
	at         int64 // offset or size
	data       []byte
}

// traceable are the system calls that could change a file. Any but those that
// parse knows, on a file of ours, ends the test.
const traceable = "trace=creat,open,openat,write,writev,pwrite64,pwritev,pwritev2,fsync,fdatasync,sync_file_range,truncate,ftruncate,fallocate," +
	"copy_file_range,sendfile,link,linkat,symlink,symlinkat,rename,renameat,renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat"

// record runs the work under strace, which must be allowed here.
func record(t *testing.T, root, synchronous string) (calls []call) {
	t.Helper()
	trace := filepath.Join(t.TempDir(), "calls")
	cmd := exec.Command("strace", "-f", "-qq", "-y", "-xx", "-s", "65536", "-e", "signal=none", "-e", traceable, "-o", trace, os.Args[0])
	cmd.Env = append(os.Environ(), cutFolder+"="+root, cutSynchronous+"="+synchronous)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	begun := map[string]string{} // by thread: a call during which another thread made one
	for line := range strings.Lines(string(text)) {
		thread, line, _ := strings.Cut(strings.TrimSpace(line), " ")
		line = strings.TrimSpace(line)
		if first, cut := strings.CutSuffix(line, " <unfinished ...>"); cut {
			begun[thread] = first
			continue
		}
		if _, rest, resumed := strings.Cut(line, " resumed>"); resumed && strings.HasPrefix(line, "<... ") {
			line = begun[thread] + rest
		}
		if c := parse(t, root, line); c.name != "" {
			calls = append(calls, c)
		}
	}
	return calls
}

var (
	traced = regexp.MustCompile(`^(\w+)\((.*)\) += (\d+)`) // a call that failed has changed nothing
	byHex  = regexp.MustCompile(`\\x..`)
)

// parse reads a line of strace; what does not concern the folder is no call. One
// goroutine alone writes to the ledger, so that the order of the lines is that of
// the calls.
func parse(t *testing.T, root, line string) call {
	t.Helper()
	m := traced.FindStringSubmatch(line)
	if m == nil {
		return call{}
	}
	args := strings.Split(m[2], ", ") // text is in hexadecimal, and has no commas
	text := func(i int) string {
		return byHex.ReplaceAllStringFunc(args[i], func(x string) string {
			b, err := strconv.ParseUint(x[2:], 16, 8)
			if err != nil {
				t.Fatalf("%v in %s", err, line)
			}
			return string([]byte{byte(b)})
		})
	}
	number := func(i int) int64 {
		n, err := strconv.ParseInt(args[i], 10, 64)
		if err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		return n
	}
	_, path, _ := strings.Cut(strings.TrimSuffix(text(0), ">"), "<") // of a descriptor
	flags := 1
	if strings.HasSuffix(m[1], "at") { // the path comes after the folder that it may be relative to
		path, flags = strings.Trim(text(1), `"`), 2
	} else if strings.HasPrefix(args[0], `"`) {
		path = strings.Trim(text(0), `"`)
	}
	if path != root && !strings.HasPrefix(path, root+"/") {
		return call{}
	}
	switch name := strings.TrimSuffix(m[1], "at"); {
	case name == "open" && strings.Contains(args[flags], "O_TRUNC") && filepath.Base(path) != "marks":
	case name == "open" && strings.Contains(args[flags], "O_CREAT"):
		return call{name: "create", path: path}
	case name == "open":
		return call{}
	case name == "mkdir" || name == "unlink":
		return call{name: name, path: path}
	case name == "fsync" || name == "fdatasync":
		return call{name: "sync", path: path}
	case name == "ftruncate":
		return call{name: "truncate", path: path, at: number(1)}
	case name == "write" && filepath.Base(path) == "marks":
		return call{name: "mark", data: []byte(strings.Trim(text(1), `"`))}
	case name == "pwrite64":
		data := []byte(strings.TrimSuffix(strings.TrimPrefix(text(1), `"`), `"`))
		if fmt.Sprint(len(data)) != m[3] {
			t.Fatalf("%d bytes of a write of %s were recorded", len(data), m[3])
		}
		return call{"write", path, number(3), data}
	}
	t.Fatalf("the model does not know %.200s", line)
	return call{}
}
