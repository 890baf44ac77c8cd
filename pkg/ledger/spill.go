package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// spillFormat marks a line as ours, and its version.
const spillFormat = "onboard-spill-1"

const spillSuffix = ".jsonl"

// spillLine is an outcome that the ledger could not take.
type spillLine struct {
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

func spillPrefix(path string) string { return path + ".spill-" }

// saveSpill appends an outcome to the run's spill file: beside the ledger or,
// where that fails too, in the folder for temporary files. It returns a
// *SpillError, or another error when there was no place at all.
func (r *Run) saveSpill(o Outcome, at time.Time, cause error) error {
	line, err := json.Marshal(spillLine{spillFormat, r.id, o, at.UTC()})
	if err != nil {
		return errors.Join(cause, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	beside := spillPrefix(r.l.path) + r.id + spillSuffix
	if err = r.appendSpill(beside, append(line, '\n')); err == nil {
		return &SpillError{beside, cause, "run the same command again, it is read back first"}
	}
	away := filepath.Join(os.TempDir(), filepath.Base(beside))
	if e := r.appendSpill(away, append(line, '\n')); e != nil {
		return fmt.Errorf("%w; the answer could not be saved either: %w, %w", cause, err, e)
	}
	return &SpillError{away, cause, "move that file into the folder of the ledger and run the same command again"}
}

// appendSpill adds a line durably, or nothing: half a line could not be read back.
func (r *Run) appendSpill(path string, line []byte) error {
	flags := os.O_WRONLY | os.O_APPEND
	if !r.spilled[path] {
		flags |= os.O_CREATE | os.O_EXCL // what somebody else has put there is not ours to fill
	}
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return err
	}
	r.spilled[path] = true
	size, err := f.Seek(0, io.SeekEnd)
	if err == nil {
		if _, err = f.Write(line); err == nil {
			err = f.Sync()
		}
		if err != nil {
			err = errors.Join(err, f.Truncate(size))
		}
	}
	return errors.Join(err, f.Close(), syncFolder(filepath.Dir(path)))
}
