package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// spillLimit is the largest spill file that is read, in bytes.
const spillLimit = 64 << 20

// keptSuffix is what a spill file is called that is not read again.
const keptSuffix = ".kept"

// Kept is an answer of an earlier run that came too late: somebody decided about
// the partner meanwhile, or it was sent again. It tells a token or link that the
// ledger lacks, so it stays in its file.
type Kept struct {
	File  string // not read again
	Line  int    // of that file, from 1
	Again bool   // the partner was sent again since
	Taken *Entry // the partner that has the token or link, which neither can be trusted to have
	Entry        // the partner as the ledger has it, with the trace id of the answer's own attempt
}

// Kept tells once which answers ReadBack has put aside since the last call.
func (s *Spill) Kept() []Kept {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.kept
	s.kept = nil
	return kept
}

// ReadBack hands the spill files of runs that have ended to restore, line by line.
// Restore settles what it can and returns the row as it stands then, without a
// State where there is none, and a *TakenError for what belongs to another partner. A file of which all is in the ledger is removed; one
// that tells more is put aside (see Kept). One that knows more than the ledger, or
// that this program did not write, is left and named: it is foreign. After any other
// failure the same file is read back by the next run. A run that is alive may be
// writing still, and is left alone.
func (s *Spill) ReadBack(alive func(run string) bool, restore func(Spilled) (Entry, error)) error {
	folder := filepath.Dir(s.prefix)
	files, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it is made when it is needed
	}
	if err != nil {
		return err
	}
	if err := CheckFolder(folder); err != nil {
		return fmt.Errorf("cannot read back saved answers: the folder %w", err)
	}
	for _, f := range files {
		id, found := strings.CutPrefix(f.Name(), filepath.Base(s.prefix))
		if !found || strings.HasSuffix(id, keptSuffix) {
			continue
		}
		id = strings.TrimSuffix(id, spillSuffix)
		if alive(id) {
			continue
		}
		path := filepath.Join(folder, f.Name())
		if err := CheckFile(path); err != nil {
			return fmt.Errorf("cannot read back the answers saved in %w", err)
		}
		if err := s.readBack(path, id, restore); err != nil {
			return unread(path, err)
		}
	}
	return nil
}

// foreign is a spill file that no run will ever be able to read back.
type foreign struct{ error }

// Unwrap gives what is wrong with it.
func (f foreign) Unwrap() error { return f.error }

// unread says what to do about a spill file that was not read back. Only a foreign
// one may be moved away: the answers in any other would be in doubt from then on.
func unread(path string, err error) error {
	if errors.As(err, new(foreign)) {
		return fmt.Errorf("cannot read back the answers saved in %s: %w; hint: it may hold links that are nowhere else; keep it, move it to another folder, and run again", path, err)
	}
	err = fmt.Errorf("the answers of an earlier run are still waiting in %s (leave it there), and cannot be read back: %w", path, err)
	if strings.Contains(err.Error(), "hint: ") {
		return err
	}
	return fmt.Errorf("%w; hint: see that its disk is well and has room, and that you may read, write and rename it; then run the same command again", err)
}

func (s *Spill) readBack(path, id string, restore func(Spilled) (Entry, error)) error {
	lines, err := readSpill(path, id)
	if err != nil {
		return err
	}
	var kept []Kept
	for i, line := range lines {
		line.Outcome.At = line.At
		e, err := restore(line)
		var taken *TakenError
		if err != nil && !errors.As(err, &taken) {
			return err
		}
		if !line.Outcome.tellsMore(&e) {
			continue
		}
		if e.State == "" || e.Attempt < line.Outcome.Attempt {
			return foreign{fmt.Errorf("line %d: the ledger knows nothing of that attempt, as an older copy would: partner %x: %w", i+1, line.Outcome.Key, ErrLost)}
		}
		k := Kept{Line: i + 1, Again: e.Attempt > line.Outcome.Attempt, Entry: e}
		if taken != nil {
			k.Taken = &taken.Holder
		}
		kept = append(kept, k)
	}
	if len(kept) > 0 {
		return s.putAside(path, kept)
	}
	return errors.Join(RemoveFile(path), SyncFolder(filepath.Dir(path)))
}

// tellsMore says whether a token or link would be lost with the outcome. Nothing
// else of it is nowhere else.
func (o *Outcome) tellsMore(e *Entry) bool {
	return o.Token != "" && o.Token != e.Token || o.Link != "" && o.Link != e.Link
}

// putAside gives a file a name that is not read again and not taken. Another
// process may have been faster; then it has told.
func (s *Spill) putAside(path string, kept []Kept) error {
	aside := path + keptSuffix
	for n := 2; ; n++ {
		if _, err := os.Lstat(aside); errors.Is(err, fs.ErrNotExist) {
			break
		} else if err != nil {
			return err
		}
		aside = fmt.Sprintf("%s.%d%s", path, n, keptSuffix)
	}
	if err := os.Rename(path, aside); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	for i := range kept {
		kept[i].File = aside
	}
	s.mu.Lock()
	s.kept = append(s.kept, kept...)
	s.mu.Unlock()
	return SyncFolder(filepath.Dir(path))
}

// readSpill reads a whole spill file, or nothing: half of it would be removed
// with the rest. Links are not followed.
func readSpill(path, id string) ([]Spilled, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > spillLimit {
		return nil, foreign{errors.New("it is not a file that this program wrote")}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var lines []Spilled
	for text := range bytes.Lines(data) {
		var line Spilled
		err := json.Unmarshal(text, &line)
		if err != nil || line.Format != spillFormat || line.Run != id || !line.Outcome.State.Settled() {
			return nil, foreign{fmt.Errorf("line %d is not one that this program wrote", len(lines)+1)}
		}
		lines = append(lines, line)
	}
	return lines, nil
}
