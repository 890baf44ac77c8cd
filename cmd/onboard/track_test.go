package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/report"
	"onboard/pkg/sandbox"
)

// track runs the command and returns its exit code and screen.
func (s *session) track(words ...string) (code int, screen string) {
	s.Helper()
	var b strings.Builder
	args := append([]string{"track", "--target", s.address, "--rate-limit", "10000/s"}, words...)
	return run(args, strings.NewReader(""), &b, &b), b.String()
}

// states reads one column of the tracking file of list.csv.
func states(t *testing.T, dir, column string) (all []string) {
	t.Helper()
	records := readRecords(t, filepath.Join(dir, "list.tracking.csv"))
	i := slices.Index(records[0], column)
	if i < 0 {
		t.Fatalf("no column %s in %v", column, records[0])
	}
	for _, r := range records[1:] {
		all = append(all, r[i])
	}
	return all
}

func (s *session) tracked(path string) (sum report.TrackSummary) {
	s.Helper()
	b, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(b, &sum) != nil {
		s.Fatalf("%s: %v", b, err)
	}
	return sum
}

// TestTrack: three rows against servers that do not always answer, with the
// exit code and the states, and then once more.
func TestTrack(t *testing.T) {
	// Requests 1 to 3 create, and from the fourth on are questions.
	for _, tt := range []struct {
		name   string
		config sandbox.Config
		faults string
		flags  []string
		code   int
		states []string // in all rows
		screen string
		again  int // exit code, and what is asked then
		asks   int
	}{
		{"all well", sandbox.Config{}, "", nil, 0, []string{"success", "success", "success"}, "3 rows: 3 success", 0, 0},
		{"progressing", sandbox.Config{SettleAfter: time.Hour}, "", nil, 0, []string{"progressing", "progressing", "progressing"}, "Next ", 0, 3},
		{"failed", sandbox.Config{FailRate: 1}, "", nil, 1, []string{"fail", "fail", "fail"}, "3 fail", 1, 0},
		{"one is not known", sandbox.Config{}, "404#4", nil, 1, []string{"not_asked", "success", "success"}, "No answer 1×: the server does not know what was asked for (HTTP 404), first line 2", 0, 1},
		{"500 once", sandbox.Config{}, "500#5", nil, 0, []string{"success", "success", "success"}, "3 success", 0, 0},
		{"500 for one", sandbox.Config{}, "500#4x2", []string{"--max-attempts", "2"}, 1, []string{"not_asked", "success", "success"}, "did not answer the question (HTTP 500, InternalError)", 0, 1},
		{"throttled", sandbox.Config{RetryAfter: time.Second}, "429-retry#4", nil, 0, []string{"success", "success", "success"}, "3 success", 0, 0},
		{"half an answer", sandbox.Config{}, "cut-json#6", nil, 0, []string{"success", "success", "success"}, "3 success", 0, 0},
		{"too much", sandbox.Config{}, "huge#4", []string{"--max-attempts", "1"}, 1, []string{"not_asked", "success", "success"}, "over 1 MiB", 0, 1},
		{"not let in", sandbox.Config{}, "403#5", nil, 3, []string{"success", "not_asked", "not_asked"}, "Stopped: the server does not let this account ask", 0, 2},
		{"pointed elsewhere", sandbox.Config{}, "302#4", nil, 3, []string{"not_asked", "not_asked", "not_asked"}, "another address", 0, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.faults != "" {
				tt.config.Faults = []sandbox.Rule{mustRule(t, tt.faults)}
			}
			s := newSession(t, tt.config)
			s.write("list.csv", sheetHeader+sheetRow("A")+sheetRow("B")+sheetRow("C"))
			if code, screen := s.submit("list.csv", "--concurrency", "1"); code != 0 {
				t.Fatal(code, screen)
			}
			code, screen := s.track(append([]string{"list.csv", "--concurrency", "1", "--log-file", "run.log", "--log-level", "debug"}, tt.flags...)...)
			if code != tt.code || !strings.Contains(screen, tt.screen) {
				t.Errorf("exit code %d, want %d, and %q in\n%s", code, tt.code, tt.screen, screen)
			}
			if diff := cmp.Diff(tt.states, states(t, ".", "onboard_state")); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			sum := s.tracked("list.tracking.json")
			total := 0
			for _, n := range sum.Counts {
				total += n
			}
			if total != 3 || sum.Exit.Code != code || sum.Input.Rows != 3 {
				t.Errorf("%+v", sum)
			}
			s.write("screen.txt", screen)
			secretless(t, s.dir, s.server)
			before := s.server.Snapshot().Requests
			if code, screen = s.track("list.csv"); code != tt.again || s.server.Snapshot().Requests-before != tt.asks {
				t.Errorf("again: exit code %d, want %d, and %d questions, want %d\n%s", code, tt.again, s.server.Snapshot().Requests-before, tt.asks, screen)
			}
			if v := s.server.Snapshot().Violations; len(v) > 0 {
				t.Error(v)
			}
		})
	}
}

// TestTrackOtherAccount: another access token is another account, whose part of
// the ledger is empty; a wrong secret is refused by the server.
func TestTrackOtherAccount(t *testing.T) {
	s := newSession(t, sandbox.Config{})
	s.write("list.csv", sheetHeader+sheetRow("A"))
	if code, screen := s.submit("list.csv"); code != 0 {
		t.Fatal(code, screen)
	}
	t.Setenv(secretVariable, "synthetic-test-secret")
	if code, screen := s.track("list.csv"); code != 3 || !strings.Contains(screen, "does not accept the credentials") {
		t.Errorf("%d\n%s", code, screen)
	}
	t.Setenv(tokenVariable, "00000000-0000-4000-8000-000000000009")
	if code, screen := s.track(); code != 2 || !strings.Contains(screen, "knows no created partner of "+s.address) || !strings.Contains(screen, "hint: ") {
		t.Errorf("%d\n%s", code, screen)
	}
	if code, screen := s.track("list.csv"); code != 1 || !strings.Contains(screen, "1 not created") || !strings.Contains(screen, "hint: none of these rows") {
		t.Errorf("%d\n%s", code, screen)
	}
}

// TestTrackWatch: rounds go on until all have an end, through trouble, and each
// writes the file.
func TestTrackWatch(t *testing.T) {
	s := newSession(t, sandbox.Config{SettleReads: 3, Faults: []sandbox.Rule{mustRule(t, "503#4x33")}})
	s.write("list.csv", sheetHeader+sheetRow("A")+sheetRow("B")+sheetRow("C"))
	if code, screen := s.submit("list.csv", "--concurrency", "1"); code != 0 {
		t.Fatal(code, screen)
	}
	code, screen := s.track("list.csv", "--watch=20ms", "--summary", "numbers.json", "--max-attempts", "1")
	if code != 0 || strings.Count(screen, "; next at ") < 3 || strings.Count(screen, "3 rows: 3 success\n") != 1 {
		t.Errorf("exit code %d\n%s", code, screen)
	}
	if diff := cmp.Diff([]string{"success", "success", "success"}, states(t, ".", "onboard_state")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if sum := s.tracked("numbers.json"); sum.Counts["success"] != 3 || sum.Exit.Code != 0 || sum.Open != 0 {
		t.Errorf("%+v", sum)
	}
}

// TestTrackKilled: the program is killed in the middle, again and again; what it
// heard is not asked again, and in the end every row has its state.
func TestTrackKilled(t *testing.T) {
	t.Parallel()
	trackKilled(t, inFile)
}

func trackKilled(t *testing.T, kept keeping) {
	t.Helper()
	const rows, kills = 90, 5
	server, address := serve(t, sandbox.Config{Latency: 20 * time.Millisecond})
	dir := t.TempDir()
	generate(t, filepath.Join(dir, "list.csv"), rows)
	if err := plainCommand(t, dir, fast(address, kept.flags...)...).Run(); err != nil {
		t.Fatal(err)
	}
	before := server.Snapshot().Requests
	args := append([]string{"track", "list.csv", "--target", address, "--rate-limit", "10000/s", "--concurrency", fmt.Sprint(workers), "--quiet"}, kept.flags...)
	killed := 0
	for range kills {
		cmd := plainCommand(t, dir, args...)
		asked := server.Snapshot().Requests
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() { _ = cmd.Wait(); close(ended) }()
		for done := false; !done && server.Snapshot().Requests < asked+workers+3; {
			select {
			case <-ended:
				done = true
			case <-time.After(time.Millisecond):
			}
		}
		_ = cmd.Process.Kill()
		<-ended
		if cmd.ProcessState.ExitCode() == -1 {
			killed++
		}
	}
	if killed < kills {
		t.Errorf("only %d of %d were killed", killed, kills)
	}
	if err := plainCommand(t, dir, args...).Run(); err != nil {
		t.Error(err)
	}
	got := states(t, dir, "onboard_state")
	if n := len(slices.DeleteFunc(got, func(s string) bool { return s != "success" })); n != rows {
		t.Errorf("%d of %d rows are through", n, rows)
	}
	if n := server.Snapshot().Requests - before; n > rows+killed*workers {
		t.Errorf("%d questions about %d partners after %d kills with %d in flight", n, rows, killed, workers)
	}
	if v := server.Snapshot().Violations; len(v) > 0 {
		t.Error(v)
	}
	secretless(t, dir, server)
}

// TestTrackStrangeAnswers: a watch ends with a success that lacks its ids, and a
// word of the server is not taken for one of ours.
func TestTrackStrangeAnswers(t *testing.T) {
	for _, tt := range []struct{ answer, state, watch string }{
		{"success", "success", "--watch=20ms"},
		{"in_doubt", `"in_doubt"`, ""},
	} {
		server, address := behind(t, func(server *sandbox.Server, w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet {
				fmt.Fprintf(w, `{"status":%q}`, tt.answer)
				return
			}
			server.ServeHTTP(w, r)
		}, sandbox.Config{})
		s := newSession(t, sandbox.Config{})
		s.server, s.address = server, address
		s.write("list.csv", sheetHeader+sheetRow("A"))
		if code, screen := s.submit("list.csv"); code != 0 {
			t.Fatal(code, screen)
		}
		code, screen := s.track(strings.Fields("list.csv " + tt.watch)...)
		if code != 0 || strings.Contains(screen, "next at") {
			t.Errorf("%s: exit %d\n%s", tt.answer, code, screen)
		}
		if diff := cmp.Diff([]string{tt.state}, states(t, ".", "onboard_state")); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.answer, diff)
		}
	}
}
