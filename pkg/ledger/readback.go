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

// ReadBack hands the spill files of runs that have ended to restore, one after
// the other, whole. A file that restore took is removed; any other is left and
// named. A run that is alive may be writing still, and is left alone.
func ReadBack(prefix string, alive func(run string) bool, restore func([]Spilled) error) error {
	folder := filepath.Dir(prefix)
	files, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it is made when it is needed
	}
	if err != nil {
		return err
	}
	for _, f := range files {
		id, found := strings.CutPrefix(f.Name(), filepath.Base(prefix))
		if !found {
			continue
		}
		id = strings.TrimSuffix(id, spillSuffix)
		if alive(id) {
			continue
		}
		path := filepath.Join(folder, f.Name())
		if err := readBack(path, id, restore); err != nil {
			return fmt.Errorf("cannot read back the answers saved in %s: %w; hint: it may hold links that are nowhere else; keep it, move it to another folder, and run again", path, err)
		}
	}
	return nil
}

func readBack(path, id string, restore func([]Spilled) error) error {
	lines, err := readSpill(path, id)
	if err != nil {
		return err
	}
	if err := restore(lines); err != nil {
		return err
	}
	if err := RemoveFile(path); err != nil {
		return err
	}
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
		return nil, errors.New("it is not a file that this program wrote")
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
			return nil, fmt.Errorf("line %d is not one that this program wrote", len(lines)+1)
		}
		lines = append(lines, line)
	}
	return lines, nil
}
