//go:build postgres

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"onboard/pkg/sandbox"
)

// sameAsInFile are tests of commands that must come out the same wherever the
// ledger is.
var sameAsInFile = map[string]func(*testing.T){
	"SubmitAgain":               TestSubmitAgain,
	"ThreeDoubtsStop":           TestThreeDoubtsStop,
	"Track":                     TestTrack,
	"TrackOtherAccount":         TestTrackOtherAccount,
	"TrackStrangeAnswers":       TestTrackStrangeAnswers,
	"Reconcile":                 TestReconcile,
	"ReconcileWithTokenAndSkip": TestReconcileWithTokenAndSkip,
	"ReconcileAll":              TestReconcileAll,
	"OneDecisionOneRequest":     TestOneDecisionOneRequest,
	"TokenLater":                TestTokenLater,
	"HalfAnAnswer":              TestHalfAnAnswer,
	"SentAt":                    TestSentAt,
	"CheckExisting":             TestCheckExisting,
	"KeptLinks":                 keptLinks,
	"Results":                   TestResults,
	"ResultsOfTwoAccounts":      TestResultsOfTwoAccounts,
}

// keptLinks: results whose links are in another schema are not replaced.
func keptLinks(t *testing.T) {
	s := newSession(t, sandbox.Config{})
	s.write("list.csv", sheetHeader+sheetRow("A")+sheetRow("B"))
	if code, screen := s.submit("list.csv"); code != 0 {
		t.Fatal(code, screen)
	}
	results, err := os.ReadFile("list.results.csv")
	if err != nil {
		t.Fatal(err)
	}
	links := strings.ReplaceAll(string(results), sandbox.LinkPrefix, "https://partners.example/") // as if they were real
	s.write("list.results.csv", links)
	code, screen := s.submit("list.csv", "--ledger", os.Getenv(ledgerVariable)+"other")
	if code != 2 || !strings.Contains(screen, "list.results.csv holds 2 links that this ledger does not know") || s.server.Snapshot().Posts != 2 {
		t.Errorf("exit code %d, %d requests\n%s", code, s.server.Snapshot().Posts, screen)
	}
	if after, err := os.ReadFile("list.results.csv"); string(after) != links {
		t.Errorf("they were replaced: %v\n%s", err, after)
	}
	if code, screen := s.submit("list.csv"); code != 0 || !strings.Contains(screen, "2 already created") {
		t.Errorf("the right ledger: exit code %d\n%s", code, screen)
	}
}

// lowerPace: whoever joins a slower run is told so, and keeps to it.
func lowerPace(t *testing.T, kept keeping) {
	server, address := serve(t, sandbox.Config{})
	dir := t.TempDir()
	generate(t, filepath.Join(dir, "list.csv"), 200)
	generateFrom(t, filepath.Join(dir, "other.csv"), 200, 20)
	slow := plainCommand(t, dir, fast(address, append(kept.flags, "--rate-limit", "20/s")...)...)
	started(t, slow, server, 3)
	args := append([]string{"submit", "other.csv", "--target", address, "--yes", "--no-progress", "--rate-limit", "1000/s"}, kept.flags...)
	text, err := plainCommand(t, dir, args...).CombinedOutput()
	if err != nil || !strings.Contains(string(text), "keeps to a lower pace, and the lowest counts: 20/s for all together.") {
		t.Errorf("%v\n%s", err, text)
	}
	_ = slow.Process.Kill()
	_ = slow.Wait()
	if n := server.Snapshot().BusiestSecond; n > 21 {
		t.Errorf("%d requests in one second", n)
	}
}
