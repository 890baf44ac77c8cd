package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"onboard/pkg/sandbox"
)

// behind serves a handler in front of a sandbox.
func behind(t *testing.T, handler func(*sandbox.Server, http.ResponseWriter, *http.Request), config sandbox.Config) (*sandbox.Server, string) {
	t.Helper()
	config.AccessToken, config.SecretKey = sandboxToken, sandboxSecret
	server := sandbox.New(config)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler(server, w, r) }))
	t.Cleanup(front.Close)
	return server, front.URL
}

// newJournal is a file for the sandbox's journal: its connections may outlive the
// program that made them, and still write.
func newJournal(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "journal"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func journalLines(t *testing.T, journal *os.File) []logLine {
	t.Helper()
	text, err := os.ReadFile(journal.Name())
	if err != nil {
		t.Fatal(err)
	}
	return logLines(t, text)
}

// TestPause is T12 from outside: when one worker is asked to wait, all of them
// do. The sandbox notes whoever comes early.
func TestPause(t *testing.T) {
	t.Parallel()
	var faults []sandbox.Rule
	for _, text := range []string{"429-retry#20", "503-retry#45", "429-retry#70x3"} {
		faults = append(faults, mustRule(t, text))
	}
	journal := newJournal(t)
	server, address := serve(t, sandbox.Config{Latency: 10 * time.Millisecond, Faults: faults, Journal: journal})
	dir := t.TempDir()
	generate(t, filepath.Join(dir, "list.csv"), 100)
	began := time.Now()
	if err := plainCommand(t, dir, fast(address, "--log-file", "run.log")...).Run(); err != nil {
		t.Error(err)
	}
	if n := patient(t, filepath.Join(dir, "run.log"), journalLines(t, journal), time.Second); n != 5 {
		t.Errorf("%d pauses were asked for, not 5", n)
	}
	if took := time.Since(began); took < 3*time.Second {
		t.Errorf("three times a second's pause took %v in all", took)
	}
	verdict(t, server, dir, filepath.Join(dir, "list"), 100)
	for _, v := range server.Snapshot().Violations {
		t.Error(v)
	}
}

// TestLongPause: who is asked to come back in a quarter of an hour or later does
// not wait, but says when.
func TestLongPause(t *testing.T) {
	s := newSession(t, sandbox.Config{RetryAfter: 16 * time.Minute, Faults: []sandbox.Rule{mustRule(t, "429-retry#3")}})
	generate(t, "list.csv", 10)
	began := time.Now()
	code, screen := s.submit("list.csv", "--concurrency", "1")
	if code != 3 || !strings.Contains(screen, "asked to wait for 16m0s") || !strings.Contains(screen, "run the same command again at ") || time.Since(began) > 10*time.Second {
		t.Errorf("exit %d after %v\n%s", code, time.Since(began), screen)
	}
	found := verdict(t, s.server, s.dir, "list", 10)
	if n := s.server.Snapshot().Posts; n != 3 || inDoubt(found) > 0 {
		t.Errorf("%d requests, %d in doubt", n, inDoubt(found))
	}
}

// TestRetryQuota: a server that only turns away is not asked five times by every
// row.
func TestRetryQuota(t *testing.T) {
	const quota, cost, pay = 4 * 5 * workers, 5, 1
	s := newSession(t, sandbox.Config{Script: func(_ string, attempt int) sandbox.Fault {
		if attempt == 1 {
			return "429"
		}
		return ""
	}})
	generate(t, "list.csv", 200)
	code, screen := s.submit("list.csv")
	repeats := s.server.Snapshot().Posts - len(verdict(t, s.server, s.dir, "list", 200))
	for _, row := range outputs(t, "list", 200) {
		if row["onboard_status"] == "not_sent" {
			repeats++
		}
	}
	if code != 3 || repeats > quota/(cost-pay)+workers || !strings.Contains(screen, "than one run may repeat") {
		t.Errorf("exit %d after %d requests more than rows\n%s", code, repeats, screen)
	}
}

// TestOutages is T13: whatever fails for everybody stops the run before much is
// in doubt, and the next run completes when it is over.
func TestOutages(t *testing.T) {
	const rows = 40
	// Three in a row stop the run, and the others that are in flight then are in
	// doubt, too: workers + 2. One more for each that was overtaken on the way.
	const within = 1 + workers + 3
	for _, tt := range []struct {
		name   string
		fault  sandbox.Fault // "": nobody answers at the address
		after  int           // valid requests that are served before
		doubts int           // at most
	}{
		{"errors from the start", "500", 0, 3},
		{"errors within", "500-after", 20, within},
		{"time-outs from the start", "timeout-before", 0, 3},
		{"time-outs within", "timeout-after", 20, within},
		{"resets within", "reset-after", 20, within},
		{"refused", "", 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var down atomic.Bool
			var served atomic.Int64
			down.Store(true)
			config := sandbox.Config{Script: func(string, int) sandbox.Fault {
				if int(served.Add(1)) > tt.after && down.Load() {
					return tt.fault
				}
				return ""
			}}
			var server *sandbox.Server
			address := ""
			if tt.fault != "" {
				server, address = serve(t, config)
			} else {
				config.Addr = freeAddress(t)
				address = "http://" + config.Addr
			}
			dir := t.TempDir()
			base := filepath.Join(dir, "list")
			generate(t, base+".csv", rows)
			args := fast(address, "--timeout", "1s", "--max-attempts", "1")
			cmd := plainCommand(t, dir, args...)
			_ = cmd.Run()
			if code := cmd.ProcessState.ExitCode(); code != 3 {
				t.Errorf("exit code %d", code)
			}
			down.Store(false)
			if server == nil {
				server, _ = serve(t, config)
			}
			doubts := inDoubt(verdict(t, server, dir, base, rows))
			t.Logf("%d rows in doubt", doubts)
			if doubts > tt.doubts || tt.doubts > 0 && doubts == 0 {
				t.Errorf("%d rows in doubt, want at most %d", doubts, tt.doubts)
			}
			_ = plainCommand(t, dir, args...).Run()
			found := verdict(t, server, dir, base, rows)
			if n := inDoubt(found); n != doubts || len(server.Snapshot().Created) < rows-doubts {
				t.Errorf("after the second run %d rows are in doubt and %d companies exist", n, len(server.Snapshot().Created))
			}
		})
	}
}

// freeAddress is a loopback address at which nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestRefusals is T14 where a server answers, and T15: one request, and a plain
// word. The sandbox notes whoever follows a redirect.
func TestRefusals(t *testing.T) {
	for fault, word := range map[string]string{
		"400-header": "does not take calls of this form", "401": "does not accept the credentials", "401-clock": "behind the server's",
		"403": "does not let this account", "404": "no onboarding service", "405": "does not take calls of this form", "415": "does not take calls of this form",
		"301": "points to another address", "302": "points to another page", "303": "points to another page", "307": "points to another address", "308": "points to another address",
	} {
		t.Run(fault, func(t *testing.T) {
			s := newSession(t, sandbox.Config{Faults: []sandbox.Rule{mustRule(t, fault)}})
			generate(t, "list.csv", 20)
			code, screen := s.submit("list.csv")
			if n := s.server.Snapshot().Posts; code != 3 || n != 1 || !strings.Contains(screen, word) {
				t.Errorf("exit %d after %d requests\n%s", code, n, screen)
			}
			verdict(t, s.server, s.dir, "list", 20)
		})
	}
}

// TestClock is T20: a clock that is wrong stops the run with the difference, and
// a pause does not age a stamp.
func TestClock(t *testing.T) {
	for _, off := range []time.Duration{16 * time.Minute, -16 * time.Minute} {
		now := func() time.Time { return time.Now().Add(off) }
		server, address := behind(t, func(s *sandbox.Server, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", now().UTC().Format(http.TimeFormat))
			s.ServeHTTP(w, r)
		}, sandbox.Config{Now: now})
		s := newSession(t, sandbox.Config{})
		s.address = address
		generate(t, "list.csv", 5)
		code, screen := s.submit("list.csv")
		side := map[bool]string{true: "behind", false: "ahead of"}[off > 0]
		if code != 3 || server.Snapshot().Posts != 1 || !strings.Contains(screen, "clock is 16m0s "+side) && !strings.Contains(screen, "clock is 15m59s "+side) && !strings.Contains(screen, "clock is 16m1s "+side) {
			t.Errorf("exit %d\n%s", code, screen)
		}
		verdict(t, s.server, s.dir, "list", 5) // of the session's own server, which nobody asked
	}
}

// TestFreshStamps: a row that waited out a pause is signed when it is sent.
func TestFreshStamps(t *testing.T) {
	s := newSession(t, sandbox.Config{RetryAfter: 4 * time.Second, Faults: []sandbox.Rule{mustRule(t, "429-retry#2")}})
	generate(t, "list.csv", 4)
	if code, screen := s.submit("list.csv", "--concurrency", "2"); code != 0 {
		t.Error(code, screen)
	}
	for _, v := range s.server.Snapshot().Violations {
		t.Error(v)
	}
	verdict(t, s.server, s.dir, "list", 4)
}

// TestSoak is T3: a fifth of the answers are faults of all kinds. A run that
// stops is started again until the list is through.
func TestSoak(t *testing.T) {
	for _, seed := range soakSeeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			soak(t, seed)
		})
	}
}

func soak(t *testing.T, seed int64) {
	journal := newJournal(t)
	server, address := serve(t, sandbox.Config{Script: shuffled(seed), Journal: journal})
	dir := t.TempDir()
	generate(t, filepath.Join(dir, "list.csv"), soakRows)
	args := fast(address, "--concurrency", "16", "--timeout", "2s", "--max-attempts", "20")
	var logs []string
	code := 3
	for code == 3 && len(logs) < soakRows {
		logs = append(logs, filepath.Join(dir, fmt.Sprintf("run%d.log", len(logs))))
		cmd := plainCommand(t, dir, append(args, "--log-file", logs[len(logs)-1])...)
		_ = cmd.Run()
		code = cmd.ProcessState.ExitCode()
	}
	found := verdict(t, server, dir, filepath.Join(dir, "list"), soakRows, early)
	pauses, requests := 0, journalLines(t, journal)
	for _, log := range logs {
		pauses += patient(t, log, requests, time.Second)
	}
	counts := map[string]int{}
	for _, row := range found {
		counts[row["onboard_status"]]++
	}
	if code != 4 || counts["not_sent"] > 0 {
		t.Errorf("exit code %d after %d runs", code, len(logs))
	}
	t.Logf("seed %d: %d rows, %d runs, %d requests, %d pauses, %v", seed, soakRows, len(logs), server.Snapshot().Posts, pauses, counts)
}
