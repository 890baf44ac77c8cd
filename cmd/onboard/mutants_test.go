//go:build mutants

package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// change replaces text that stands exactly once in a file.
type change struct{ file, old, new string }

// mutant is one way to break a promise, and the test that must notice.
type mutant struct {
	name      string
	changes   []change
	tags      string
	pkg, test string
}

// The mistakes that other programs make, as T24 lists them, and two that this
// one made.
var mutants = []mutant{
	{"record after send", []change{{"pkg/batch/attempt.go", `	e, won, err := s.Run.Claim(`, `	early, _, _ := s.attempt(ctx, j, 1, 1, trace)
	e, won, err := s.Run.Claim(`}, {"pkg/batch/attempt.go", `	if !won {
		s.Pace.Return(j.permit)
		return s.awaitOtherRun(ctx, j, e)
	}
`, `	if won {
		return s.settle(j, e.Attempt, trace, early)
	}
	s.Pace.Return(j.permit)
`}}, "", "./cmd/onboard", "TestCrashPoints/C4"},

	{"send again what is unknown", []change{{"pkg/ledger/sqlite/owner.go",
		`SET state = 'in_doubt', reason = ?`, `SET state = 'released', reason = ?`}},
		"", "./cmd/onboard", "TestCrashPoints/C5"},

	{"ask again when there was no answer", []change{{"pkg/lmpi/client.go", `	x.Failure = classify(`, `	if x.Status == 0 && x.BytesWritten > 0 && limited.Err() == nil {
		if w, e := c.dialer.dial(limited, c.config.Base); e == nil {
			err = c.converse(ctx, began, w, q, &x)
		}
	}
	x.Failure = classify(`}}, "", "./pkg/lmpi", "TestFaults"},

	{"offer HTTP/2", []change{{"pkg/lmpi/dial.go", `NextProtos: []string{"http/1.1"}`, `NextProtos: []string{"h2", "http/1.1"}`}},
		"", "./pkg/lmpi", "TestManyAtOnce"},

	{"follow redirects", []change{{"pkg/lmpi/client.go", `	x.readHead(resp, signed, c.config.Now())
`, `	if to, e := resp.Location(); e == nil {
		q.target = to
		if w, e := c.dialer.dial(ctx, to); e == nil {
			return c.converse(ctx, began, w, q, x)
		}
	}
	x.readHead(resp, signed, c.config.Now())
`}}, "", "./pkg/lmpi", "TestRedirectsAreNotFollowed"},

	{"keep the connection", []change{{"pkg/lmpi/client.go", `		Close: true,
`, ``}}, "", "./pkg/lmpi", "TestCreateSendsWhatTheAPIAsksFor"},

	{"read nothing after the answer", []change{{"pkg/lmpi/client.go", `	if x.BodyError == "" {
`, `	if false {
`}}, "", "./pkg/lmpi", "TestSurplus"},

	{"believe the first of two answers", []change{{"pkg/lmpi/verdict.go", `	case e.Surplus:
`, `	case e.Surplus && e.Status/100 == 2:
`}}, "", "./pkg/lmpi", "TestSurplus"},

	{"send although something came before", []change{{"pkg/lmpi/wire.go", `	if err := w.unasked(); err != nil {
		return err
	}
`, ``}}, "", "./pkg/lmpi", "TestUnasked"},

	{"send a refusal with a token again", []change{{"pkg/lmpi/verdict.go", `	case e.Gives:
`, `	case e.Gives && v.Outcome != Unprocessed:
`}}, "", "./pkg/lmpi", "TestJudge"},

	{"reject a conflict with a token", []change{{"pkg/lmpi/verdict.go", `	case e.Gives:
`, `	case e.Gives && v.Outcome != Rejected:
`}}, "", "./pkg/lmpi", "TestJudge"},

	{"take any text for a link", []change{{"pkg/lmpi/created.go", `	token, twice := text(members, "token")
`, `	LinkFault := func(s string) string { return textFault("link", s) }
	token, twice := text(members, "token")
`}}, "", "./pkg/lmpi", "TestReadCreated"},

	{"synchronous=NORMAL", []change{{"pkg/ledger/sqlite/schema.go", `{"synchronous", "FULL", "2"}`, `{"synchronous", "NORMAL", "1"}`}},
		"torture", "./cmd/onboard", "TestPowerLoss"},

	{"deferred transactions", []change{{"pkg/ledger/sqlite/writer.go", `"BEGIN IMMEDIATE"`, `"BEGIN"`}},
		"", "./pkg/ledger/sqlite", "TestOpenedAtOnce"},

	{"outcome on the request's context", []change{{"pkg/batch/attempt.go", `			return s.settle(j, number, trace, a)
`, `			if ctx.Err() != nil {
				return s.notSentBy(j), false
			}
			return s.settle(j, number, trace, a)
`}}, "", "./cmd/onboard", "TestSignals/twice"},

	{"a request that left in part is unsent", []change{{"pkg/lmpi/wire.go", `	w.written = int64(n)
`, `	if err == nil {
		w.written = int64(n)
	}
`}}, "", "./pkg/lmpi", "TestPartlyWritten"},

	{"claim before the permit", []change{{"pkg/batch/attempt.go", `	e, err := s.firstPermit(ctx, j)
	if e.State != "" {
		return s.awaitOtherRun(ctx, j, e)
	}
	if err != nil {
		return s.notSentBy(j), false
	}
	trace := lmpi.NewTraceID()
`, `	trace := lmpi.NewTraceID()
`}, {"pkg/batch/attempt.go", `	if !won {
		s.Pace.Return(j.permit)
		return s.awaitOtherRun(ctx, j, e)
	}
`, `	if !won {
		return s.awaitOtherRun(ctx, j, e)
	}
	if err := s.Pace.Wait(s.intake); err != nil {
		return s.notSentBy(j), false
	}
`}}, "", "./cmd/onboard", "TestWaitingRowsAreNotClaimed"},

	{"timer in the group commit", []change{{"pkg/ledger/sqlite/writer.go", `	return l.waiting.take(groupLimit)
`, `	time.Sleep(2 * time.Millisecond)
	return l.waiting.take(groupLimit)
`}}, "torture", "./pkg/ledger/sqlite", "TestNoTimerInGroupCommit"},

	{"no look before the first byte", []change{{"pkg/batch/attempt.go", `s.Pace.PausedFor() == 0 && s.intake.Err() == nil`, `true`}},
		"", "./cmd/onboard", "TestPauseWhileConnecting"},

	{"write on though the file is gone", []change{{"pkg/ledger/sqlite/writer.go", `		err = l.checkPlace()
`, `		_ = l.checkPlace
`}}, "", "./cmd/onboard", "TestLedgerTakenAway"},

	{"a token of another partner is accepted", []change{{"pkg/ledger/sqlite/settle.go", `	if other != nil {
`, `	if other != nil && o.State == "" {
`}}, "", "./cmd/onboard", "TestOneTokenForAll"},

	{"tokens of other processes are not looked at", []change{{"pkg/ledger/sqlite/holder.go", `	t.fresh = false
`, ``}}, "", "./pkg/ledger/sqlite", "TestLedger/TakenAtOnce"},

	{"write on though a copy was put over the ledger", []change{{"pkg/ledger/sqlite/generation.go", `	if l.sound() {
`, `	if l.sound() || true {
`}}, "", "./pkg/ledger/sqlite", "TestWrittenOver"},

	{"unfinished files stay", []change{{"pkg/sheet/file.go", `	removeOrphans(path)
	f, err`, `	f, err`}}, "", "./cmd/onboard", "TestCrashPoints/C7"},

	{"decisions from the sheet", []change{{"cmd/onboard/decisions.go", `		r.kept, err = r.ownDecisions(ctx)
`, `		if r.kept, err = r.ownDecisions(ctx); r.sheet.HasAdded("onboard_decision") {
			r.kept, err = batch.ReadDecisions(ctx, r.sheet, r.rules)
		}
`}}, "", "./cmd/onboard", "TestSheetDecidesNothing"},

	{"a decision of another request", []change{{"cmd/onboard/due.go", `		case d.TraceID != d.entry.TraceID:`,
		`		case d.Verdict == batch.DecidedResend && d.TraceID != d.entry.TraceID:`}}, "", "./cmd/onboard", "TestMixedUp"},

	{"what can't be read is replaced", []change{{"cmd/onboard/older.go", `	old, err := sheet.OpenOwn(path, columns...)
	if err != nil {
		return nil, unreadable(path, kind, err)
	}
`, `	old, err := sheet.OpenOwn(path, columns...)
	if err != nil {
		return nil, nil
	}
`}}, "", "./cmd/onboard", "TestOlderOutputs"},

	{"rows in doubt of another ledger are sent", []change{{"cmd/onboard/submission.go", `s.keepsDoubts(before)
`, `before.Err()
`}}, "", "./cmd/onboard", "TestOlderOutputs"},
}

// TestMutants is T24: each mistake, made on purpose in a copy of the module,
// fails the test that is to catch it, and without a mistake these tests pass.
func TestMutants(t *testing.T) {
	module := filepath.Join(t.TempDir(), "module")
	copyModule(t, module)
	all := slices.Concat(mutants, batchMutants)
	sound := map[string]bool{} // tests, by package and tags
	for _, m := range all {
		t.Run(m.name, func(t *testing.T) {
			if group := m.group(all); !sound[group.name] {
				if text, failed := runTest(t, module, group); failed {
					t.Fatalf("%s fails without a mistake:\n%s", group.test, text)
				}
				sound[group.name] = true
			}
			undo := m.apply(t, module)
			text, failed := runTest(t, module, m)
			undo()
			if !failed {
				t.Errorf("%s did not notice", m.test)
			}
			if strings.Contains(text, "[build failed]") || strings.Contains(text, "[setup failed]") {
				t.Errorf("the mutant is no program:\n%s", text)
			}
			t.Log(firstComplaint(text))
		})
	}
}

// copyModule copies what the module is made of.
func copyModule(t *testing.T, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(source)); err != nil {
		t.Fatal(err)
	}
	os.RemoveAll(filepath.Join(to, ".git"))
	os.RemoveAll(filepath.Join(to, "bin"))
}

func (m mutant) apply(t *testing.T, module string) (undo func()) {
	t.Helper()
	before := map[string][]byte{}
	for _, c := range m.changes {
		path := filepath.Join(module, c.file)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if before[path] == nil {
			before[path] = text
		}
		if n := strings.Count(string(text), c.old); n != 1 {
			t.Fatalf("%s has %d places for the mistake, not one: %s", c.file, n, c.old)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(text), c.old, c.new, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return func() {
		for path, text := range before {
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// group is no mistake at all, and the tests for all that are noticed by the same test
// binary: to compile it takes longer than most of them.
func (m mutant) group(all []mutant) mutant {
	g := mutant{name: m.pkg + " " + m.tags, tags: m.tags, pkg: m.pkg}
	var tests []string
	for _, other := range all {
		if other.pkg == m.pkg && other.tags == m.tags && !slices.Contains(tests, other.test) {
			tests = append(tests, other.test)
		}
	}
	g.test = strings.Join(tests, "|")
	return g
}

func runTest(t *testing.T, module string, m mutant) (text string, failed bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	tags := strings.TrimSuffix("crashpoints,"+m.tags, ",")
	cmd := exec.CommandContext(ctx, "go", "test", "-count=1", "-vet=off", "-trimpath", "-timeout", "4m", "-tags", tags, "-run", m.test, m.pkg)
	cmd.Dir = module
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if strings.Contains(string(out), "no tests to run") {
		t.Fatalf("there is no test %s", m.test)
	}
	return string(out), err != nil
}

// firstComplaint is the line with which a test began to fail.
func firstComplaint(text string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, "_test.go:") {
			return strings.TrimSpace(line)
		}
	}
	return text
}
