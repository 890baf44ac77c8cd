package ledger

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// spillLimit is the largest spill file that is read, in bytes.
const spillLimit = 64 << 20

// importSpills reads back the spill files of runs that have ended. A file whose
// every outcome is in the ledger is removed; any other is left and named.
func (l *Ledger) importSpills() error {
	files, err := os.ReadDir(filepath.Dir(l.path))
	if err != nil {
		return err
	}
	prefix := filepath.Base(spillPrefix(l.path))
	for _, f := range files {
		id, found := strings.CutPrefix(f.Name(), prefix)
		if !found {
			continue
		}
		id = strings.TrimSuffix(id, spillSuffix)
		if l.alive(id) {
			continue // it may be writing still
		}
		path := filepath.Join(filepath.Dir(l.path), f.Name())
		if err := l.importSpill(path, id); err != nil {
			return fmt.Errorf("cannot read back the answers saved in %s: %w; hint: it may hold links that are nowhere else; keep it, move it to another folder, and run again", path, err)
		}
	}
	return nil
}

func (l *Ledger) importSpill(path, id string) error {
	lines, err := readSpill(path, id)
	if err != nil {
		return err
	}
	var refusal error
	err = l.write(func() error {
		for _, line := range lines {
			lost, err := l.restore(line)
			if err != nil {
				return err
			}
			if lost {
				refusal = fmt.Errorf("partner %x: %w", line.Outcome.Key, ErrLost)
			}
		}
		return nil
	})
	if err = errors.Join(err, refusal); err != nil {
		return err
	}
	if err := removeFile(path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// restore settles a spilled outcome, and says whether something would be lost
// with the file: only a token is nowhere else. It runs inside a transaction.
func (l *Ledger) restore(line spillLine) (lost bool, err error) {
	var number, scope int64
	err = l.conn.QueryRowContext(context.Background(), "SELECT number, scope_id FROM runs WHERE id = ?", line.Run).Scan(&number, &scope)
	if errors.Is(err, sql.ErrNoRows) {
		return true, nil // a run of another ledger
	}
	if err != nil {
		return false, err
	}
	lost, err = l.settle(scope, number, line.Outcome, line.At)
	return lost && line.Outcome.State == Created, err
}

// readSpill reads a whole spill file, or nothing: half of it would be removed
// with the rest. Links are not followed.
func readSpill(path, id string) ([]spillLine, error) {
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
	var lines []spillLine
	for text := range bytes.Lines(data) {
		var line spillLine
		err := json.Unmarshal(text, &line)
		if err != nil || line.Format != spillFormat || line.Run != id || !line.Outcome.State.settled() {
			return nil, fmt.Errorf("line %d is not one that this program wrote", len(lines)+1)
		}
		lines = append(lines, line)
	}
	return lines, nil
}
