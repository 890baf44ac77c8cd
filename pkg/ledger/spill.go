package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// spillFormat marks a line as ours, and its version.
const spillFormat = "onboard-spill-1"

const spillSuffix = ".jsonl"

// Spilled is an outcome that the ledger could not take.
type Spilled struct {
	Format  string
	Run     string
	Outcome Outcome
	At      time.Time
}

// SpillError says that an outcome is not in the ledger, and where it is instead.
// Its text holds no token.
type SpillError struct {
	Path string // the file that was written
	Err  error  // why the ledger did not take it
	hint string
}

func (e *SpillError) Error() string {
	return fmt.Sprintf("%v; the answer was saved in %s; hint: %s", e.Err, e.Path, e.hint)
}

// Unwrap gives what the ledger said.
func (e *SpillError) Unwrap() error { return e.Err }

// Spill is where one run saves outcomes that the ledger could not take, and how it
// reads back those of earlier runs.
type Spill struct {
	prefix, run, path string

	mu   sync.Mutex
	made map[string]int // the files that this run created, and how many outcomes they hold
	lost int            // outcomes that no file took
	kept []Kept         // that nobody was told of yet
}

// NewSpill names the file; it is created when it is needed. prefix is the same
// for all runs of a ledger on this computer.
func NewSpill(prefix, run string) *Spill {
	return &Spill{prefix: prefix, run: run, path: prefix + run + spillSuffix, made: map[string]int{}}
}

// Save appends an outcome to the run's file or, where that fails too, to one in
// the folder for temporary files. It returns a *SpillError, or another error when
// there was no place at all. cause is why the ledger did not take it.
func (s *Spill) Save(o Outcome, cause error) error {
	line, err := json.Marshal(Spilled{spillFormat, s.run, o, o.At.UTC()})
	if err != nil {
		return errors.Join(cause, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err = s.append(s.path, append(line, '\n')); err == nil {
		hint := "run the same command again, it is read back first"
		if errors.Is(cause, ErrLost) {
			hint = "run the same command again: it reads the answer back first, and says so where the ledger has another"
		}
		return &SpillError{s.path, cause, hint}
	}
	away := s.away()
	if e := s.append(away, append(line, '\n')); e != nil {
		s.lost++
		return fmt.Errorf("%w; the answer could not be saved either: %w, %w", cause, err, e)
	}
	return &SpillError{away, cause, "move that file into the folder " + filepath.Dir(s.path) + " and run the same command again"}
}

// Spillage is where a run saved outcomes that the ledger did not take.
type Spillage struct {
	File   string // read back by the next run; "" for none
	Away   string // where there was no room for File; has to be moved into Folder first
	Folder string
	Lost   int // outcomes that no file took
}

// Spilled implements Run.
func (s *Spill) Spilled() Spillage {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := Spillage{Folder: filepath.Dir(s.path), Lost: s.lost}
	if s.made[s.path] > 0 {
		x.File = s.path
	}
	if away := s.away(); s.made[away] > 0 {
		x.Away = away
	}
	return x
}

// away is where outcomes go that the file can't take.
func (s *Spill) away() string { return filepath.Join(os.TempDir(), filepath.Base(s.path)) }

// append adds a line durably, or nothing: half a line could not be read back.
func (s *Spill) append(path string, line []byte) (err error) {
	flags := os.O_WRONLY | os.O_APPEND
	if _, made := s.made[path]; !made {
		flags |= os.O_CREATE | os.O_EXCL // what somebody else has put there is not ours to fill
	}
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return err
	}
	s.made[path] += 0 // it is ours
	defer func() {
		if s.made[path] == 0 { // an empty one would stand where the next one has to be moved to
			delete(s.made, path)
			err = errors.Join(err, RemoveFile(path))
		}
	}()
	size, err := f.Seek(0, io.SeekEnd)
	if err == nil {
		if _, err = f.Write(line); err == nil {
			err = f.Sync()
		}
		if err != nil {
			err = errors.Join(err, f.Truncate(size))
		}
	}
	if err == nil {
		s.made[path]++
	}
	return errors.Join(err, f.Close(), SyncFolder(filepath.Dir(path)))
}
