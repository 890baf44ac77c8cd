package ledgertest

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"onboard/pkg/ledger"
)

// MustSpill settles what the ledger cannot take, and returns the file.
func MustSpill(t testing.TB, r ledger.Run, o ledger.Outcome) string {
	t.Helper()
	var spill *ledger.SpillError
	err := r.Settle(o)
	if !errors.As(err, &spill) {
		t.Fatalf("settle: %v, want a *SpillError", err)
	}
	if o.Token != "" && strings.Contains(err.Error(), o.Token) || !strings.Contains(err.Error(), spill.Path) {
		t.Errorf("the error names a token, or no file: %v", err)
	}
	return spill.Path
}

// tokenWithoutARow: an answer for a row that moved on is kept, not dropped.
func tokenWithoutARow(t *testing.T, s Store) {
	place := s.Place(t)
	l := s.open(t, place)
	r := MustBegin(t, l)
	MustClaim(t, r, Intent(0))
	file := MustSpill(t, r, Created(0, 2))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = s.open(t, place)
	if _, err := l.Begin(Sandbox, Sheet); !errors.Is(err, ledger.ErrLost) || !strings.Contains(err.Error(), file) {
		t.Errorf("begin: %v", err)
	}
	if _, err := os.Lstat(file); err != nil {
		t.Errorf("the token is gone: %v", err)
	}
}

func foreignSpill(t *testing.T, s Store) {
	unknown := strings.Repeat("a", 16)
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	text := func(change func(*ledger.Spilled)) func(path string, good ledger.Spilled) error {
		return func(path string, good ledger.Spilled) error {
			change(&good)
			data, err := json.Marshal(good)
			if err != nil {
				return err
			}
			return os.WriteFile(path, append(data, '\n'), 0o600)
		}
	}
	tests := []struct {
		name string
		make func(path string, good ledger.Spilled) error
	}{
		{"another format", text(func(l *ledger.Spilled) { l.Format = "onboard-spill-2" })},
		{"under another run's name", func(path string, good ledger.Spilled) error {
			return text(func(*ledger.Spilled) {})(strings.Replace(path, good.Run, unknown, 1), good)
		}},
		{"no outcome", text(func(l *ledger.Spilled) { l.Outcome.State = ledger.Sending })},
		{"another partner", text(func(l *ledger.Spilled) { l.Outcome.Key[0] ^= 1 })},
		{"half a line", func(path string, _ ledger.Spilled) error {
			return os.WriteFile(path, []byte(`{"Format":"onboa`), 0o600)
		}},
		{"a symbolic link", func(path string, _ ledger.Spilled) error { return os.Symlink(empty, path) }},
		{"a folder", func(path string, _ ledger.Spilled) error { return os.Mkdir(path, 0o700) }},
		{"a run of another ledger", func(path string, good ledger.Spilled) error {
			return text(func(l *ledger.Spilled) { l.Run = unknown })(strings.Replace(path, good.Run, unknown, 1), good)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := s.open(t, s.Place(t))
			r := MustBegin(t, l)
			MustClaim(t, r, Intent(1))
			if err := r.End(3, nil); err != nil {
				t.Fatal(err)
			}
			path := s.Spills(l) + r.ID() + ".jsonl"
			if err := tt.make(path, ledger.Spilled{Format: "onboard-spill-1", Run: r.ID(), Outcome: Created(1, 1)}); err != nil {
				t.Fatal(err)
			}
			made, err := filepath.Glob(s.Spills(l) + "*")
			if err != nil || len(made) != 1 {
				t.Fatal(made, err)
			}
			if _, err := l.Begin(Sandbox, Sheet); err == nil || !strings.Contains(err.Error(), made[0]) || !strings.Contains(err.Error(), "move it to another folder") {
				t.Errorf("begin: %v", err)
			}
			if err := os.Remove(made[0]); err != nil {
				t.Fatalf("it was not left: %v", err)
			}
			if got := MustLookup(t, MustBegin(t, l), Key(1)); got.State != ledger.InDoubt {
				t.Errorf("a refused file changed the row to %s", got.State)
			}
		})
	}
}

// byNow are what became of partners in doubt by the time their answers are known.
// All are claimed in attempt 1, and have trace ids of their own.
var byNow = []struct {
	name  string
	state ledger.State // as decided; "": not at all
	token string       // as decided, and for the link
	again bool         // it was claimed again
	kept  bool         // the answer is not taken
}{
	{name: "still in doubt"},
	{name: "created, by an operator without its link", state: ledger.Created},
	{name: "created, by an operator with the same", state: ledger.Created, token: Created(2, 1).Token},
	{name: "created, by an operator with another link", state: ledger.Created, token: "another", kept: true},
	{name: "to be sent again", state: ledger.Released},
	{name: "being sent again", state: ledger.Released, again: true, kept: true},
}

// decideAll brings the partners to where byNow has them.
func decideAll(t *testing.T, r ledger.Run) {
	t.Helper()
	for i, now := range byNow {
		if now.state == "" {
			continue
		}
		d := ledger.Decision{Key: Key(i), Attempt: 1, State: now.state, Token: now.token, Who: "ann"}
		if now.token != "" {
			d.Link = "https://activation.trendmicro.com/partner?t=" + now.token
		}
		if err := r.Decide(d); err != nil {
			t.Fatalf("%s: %v", now.name, err)
		}
		if now.again {
			in := Intent(i)
			in.TraceID = Trace(100 + i)
			MustClaim(t, r, in)
		}
	}
}

// checkDecided wants each answer in the ledger, but for those that were kept.
func checkDecided(t *testing.T, r ledger.Run) {
	t.Helper()
	for i, now := range byNow {
		got, want := MustLookup(t, r, Key(i)), Created(i, 1)
		if taken := got.State == ledger.Created && got.Token == want.Token && got.Link == want.Link; taken == now.kept {
			t.Errorf("%s: %s, token %q, link %q", now.name, got.State, got.Token, got.Link)
		}
	}
}

// checkKept wants each answer once that was not taken, and finds it in its file.
func checkKept(t *testing.T, r ledger.Run) {
	t.Helper()
	kept := r.Kept()
	for i, now := range byNow {
		if !now.kept {
			continue
		}
		if len(kept) == 0 {
			t.Fatalf("%s: nothing is said", now.name)
		}
		k := kept[0]
		kept = kept[1:]
		if k.Key != Key(i) || k.TraceID != Trace(i) || k.Again != now.again || string(k.Body) != string(Intent(i).Body) {
			t.Errorf("%s: told %+v", now.name, k)
		}
		data, err := os.ReadFile(k.File)
		if lines := strings.Split(string(data), "\n"); err != nil || len(lines) < k.Line || !strings.Contains(lines[k.Line-1], Created(i, 1).Token) {
			t.Errorf("%s: its token is not in line %d of %s: %v", now.name, k.Line, k.File, err)
		}
		if info, err := os.Lstat(k.File); err != nil || info.Mode() != 0o600 && runtime.GOOS != "windows" {
			t.Errorf("%s: %v, %v", k.File, info, err)
		}
	}
	if len(kept) > 0 || len(r.Kept()) > 0 {
		t.Errorf("told more, or twice: %+v", kept)
	}
}

// spillAfterDecisions: what the ledger can take of a spill file it takes, the rest
// is kept and told once, and the next run begins.
func spillAfterDecisions(t *testing.T, s Store) {
	l := s.open(t, s.Place(t))
	r := MustBegin(t, l)
	var text []byte
	for i := range byNow {
		MustClaim(t, r, Intent(i))
		line, err := json.Marshal(ledger.Spilled{Format: "onboard-spill-1", Run: r.ID(), Outcome: Created(i, 1), At: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		text = append(append(text, line...), '\n')
	}
	if err := r.End(3, nil); err != nil {
		t.Fatal(err)
	}
	decideAll(t, MustBegin(t, l))
	path := s.Spills(l) + r.ID() + ".jsonl"
	for range 2 { // the second one must not take the place of the first
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		next := MustBegin(t, l)
		checkDecided(t, next)
		checkKept(t, next)
		if _, err := os.Lstat(path); !os.IsNotExist(err) {
			t.Errorf("it is read again: %v", err)
		}
	}
	if files, err := filepath.Glob(path + "*"); err != nil || len(files) != 2 {
		t.Errorf("kept are %v, %v", files, err)
	}
	if kept := MustBegin(t, l).Kept(); len(kept) > 0 {
		t.Errorf("told again: %+v", kept)
	}
}

// answerAfterDecisions: the same while the run that sent them still lives.
func answerAfterDecisions(t *testing.T, s Store) {
	l := s.open(t, s.Place(t))
	slow := MustBegin(t, l)
	for i := range byNow {
		MustClaim(t, slow, Intent(i))
	}
	s.Forsake(t, slow)
	decideAll(t, MustBegin(t, l))
	for i, now := range byNow {
		if !now.kept {
			if err := slow.Settle(Created(i, 1)); err != nil {
				t.Errorf("%s: %v", now.name, err)
			}
			continue
		}
		MustSpill(t, slow, Created(i, 1))
		if err := slow.Settle(Created(i, 1)); !errors.Is(err, ledger.ErrLost) || !strings.Contains(err.Error(), "says so where the ledger has another") {
			t.Errorf("%s: %v", now.name, err)
		}
	}
	_ = slow.End(3, nil) // it was forsaken
	next := MustBegin(t, l)
	checkDecided(t, next)
	if len(next.Kept()) == 0 {
		t.Error("nothing is said")
	}
}

// neverSent: the ledger could not take that a request never left, and meanwhile the
// row was put in doubt. The word of the very attempt is proof, unless somebody has
// decided otherwise or sent the row since.
func neverSent(t *testing.T, s Store) {
	decide := func(state ledger.State) func(*testing.T, ledger.Run) {
		return func(t *testing.T, r ledger.Run) {
			t.Helper()
			if err := r.Decide(ledger.Decision{Key: Key(1), Attempt: 1, State: state, Who: "ann"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, tt := range []struct {
		name      string
		meanwhile func(t *testing.T, r ledger.Run)
		want      ledger.State
		attempt   int
	}{
		{"nothing else", func(*testing.T, ledger.Run) {}, ledger.Released, 1},
		{"decided to be created", decide(ledger.Created), ledger.Created, 1},
		{"decided to be sent again", decide(ledger.Released), ledger.Released, 1},
		{"sent again", func(t *testing.T, r ledger.Run) {
			decide(ledger.Released)(t, r)
			MustClaim(t, r, Intent(1))
		}, ledger.Sending, 2},
		{"in doubt again, in a later attempt", func(t *testing.T, r ledger.Run) {
			decide(ledger.Released)(t, r)
			MustClaim(t, r, Intent(1))
			if err := r.Settle(ledger.Outcome{Key: Key(1), Attempt: 2, State: ledger.InDoubt}); err != nil {
				t.Fatal(err)
			}
		}, ledger.InDoubt, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := s.open(t, s.Place(t))
			r := MustBegin(t, l)
			MustClaim(t, r, Intent(1))
			if err := r.End(3, nil); err != nil {
				t.Fatal(err)
			}
			next := MustBegin(t, l) // sweeps
			if got := MustLookup(t, next, Key(1)); got.State != ledger.InDoubt {
				t.Fatalf("not swept: %s", got.State)
			}
			tt.meanwhile(t, next)
			path := writeSpill(t, s.Spills(l), r.ID(), ledger.Outcome{Key: Key(1), Attempt: 1, State: ledger.Released, Reason: "the run ended before its turn"})
			got := MustLookup(t, MustBegin(t, l), Key(1))
			if got.State != tt.want || got.Attempt != tt.attempt {
				t.Errorf("%s in attempt %d, want %s in %d", got.State, got.Attempt, tt.want, tt.attempt)
			}
			if _, err := os.Lstat(path); !os.IsNotExist(err) {
				t.Errorf("the file is still there: %v", err)
			}
		})
	}
	t.Run("a token is known", func(t *testing.T) {
		r := MustBegin(t, s.open(t, s.Place(t)))
		k := Doubtful(t, r, 9)
		err := r.Settle(ledger.Outcome{Key: k, Attempt: 1, State: ledger.Released})
		if got := MustLookup(t, r, k); !errors.Is(err, ledger.ErrLost) || got.State != ledger.InDoubt || got.Token != "tok-9" {
			t.Errorf("%s with token %q, %v", got.State, got.Token, err)
		}
	})
}

// writeSpill writes the file of a run that could only save an outcome.
func writeSpill(t *testing.T, prefix, run string, o ledger.Outcome) (path string) {
	t.Helper()
	line, err := json.Marshal(ledger.Spilled{Format: "onboard-spill-1", Run: run, Outcome: o, At: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	path = prefix + run + ".jsonl"
	if err := os.WriteFile(path, append(line, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
