package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"onboard/pkg/ledger"
)

// A copy that is put in the place of the ledger under a run ("cp backup.db ledger.db")
// leaves the file's identity as it is, and SQLite goes on with its log and what it has
// in memory, until nothing fits any more. So each group of changes raises the number in
// the table generation, and then reads it from the file itself, past SQLite. There it is
// the one of the last checkpoint: never lower than it was, nor higher than what is
// committed. A copy has another one: an earlier one, or (Backup) a random one.
type generation struct {
	file   *source
	offset int64  // of the page of the table
	page   []byte // room for it
	number uint64 // committed
	seen   uint64 // in the file; 0 before the first checkpoint of a new ledger
}

const (
	raiseSQL       = `UPDATE generation SET number = number + 1 RETURNING number`
	generationSQL  = `SELECT number FROM generation`
	newGeneration  = `(random() & 0x1FFFFFFFFFFFFFFF) | 0x4000000000000000` // eight bytes as SQLite stores it, whatever is added
	overwriteTries = 3                                                      // a checkpoint may just be writing that page
)

// overwrittenMark stands in the name of the log of a ledger that was written over.
const overwrittenMark = ".overwritten-"

// watchGeneration begins to look at the file.
func (l *Ledger) watchGeneration() error {
	var root, size int64
	err := l.conn.QueryRowContext(context.Background(), `SELECT s.rootpage, p.page_size, g.number
		FROM sqlite_schema s, pragma_page_size p, generation g WHERE s.name = 'generation'`).Scan(&root, &size, &l.generation.number)
	if err != nil {
		return err
	}
	g := &l.generation
	g.offset, g.page = (root-1)*size, make([]byte, size)
	if g.file, err = openSource(l.path); err != nil {
		return err
	}
	g.seen, _ = g.read()
	return nil
}

// read finds the number in the file: the last eight bytes of the only row of the only
// page of its table.
func (g *generation) read() (number uint64, ok bool) {
	const leaf, header = 13, 8 // as the file format of SQLite has them
	if _, err := g.file.ReadAt(g.page, g.offset); err != nil || g.page[0] != leaf || binary.BigEndian.Uint16(g.page[3:]) != 1 {
		return 0, false
	}
	cell := int(binary.BigEndian.Uint16(g.page[header:]))
	if cell+2 > len(g.page) {
		return 0, false
	}
	end := cell + 2 + int(g.page[cell]) // its length, its row id, and then the record
	if end > len(g.page) || end-8 < cell {
		return 0, false
	}
	return binary.BigEndian.Uint64(g.page[end-8:]), true
}

// sound says whether the file holds what SQLite has put there.
func (l *Ledger) sound() bool {
	g := &l.generation
	for try := range overwriteTries {
		time.Sleep(time.Duration(try) * 5 * time.Millisecond)
		n, ok := g.read()
		if !ok && g.seen == 0 {
			return true
		}
		if ok && n > g.number { // another process may have gone on
			_ = l.conn.QueryRowContext(context.Background(), generationSQL).Scan(&g.number)
		}
		if ok && n >= g.seen && n <= g.number {
			g.seen = n
			return true
		}
	}
	return false
}

// overwrittenError says that what the ledger knew may be gone.
type overwrittenError struct{ text string }

func (e overwrittenError) Error() string        { return e.text }
func (e overwrittenError) Is(target error) bool { return target == ledger.ErrGone }

// checkGeneration finds out whether something was copied over the file. Then SQLite must
// not touch it again, and its log must not be taken for that of the copy.
func (l *Ledger) checkGeneration() error {
	if l.sound() {
		return nil
	}
	l.overwritten = true
	log := l.path + overwrittenMark + time.Now().UTC().Format("20060102T150405.000000000") + "-wal"
	if stands(l.path+"-wal", l.logs["-wal"]) { // another run may have been faster
		_ = os.Rename(l.path+"-wal", log)
	}
	if stands(l.path+"-shm", l.logs["-shm"]) {
		_ = os.Remove(l.path + "-shm")
	}
	return overwrittenError{fmt.Sprintf("the ledger %s was written over while in use, and what this run recorded may be missing from it; what was recorded last is in %s*; hint: %s",
		l.path, l.path+overwrittenMark, l.afterOverwriting())}
}

func (l *Ledger) afterOverwriting() string {
	return fmt.Sprintf("wait for the end of all other runs, put the copy in its place again, find out which partners exist beyond it (results files, the platform), and only then move the files %s* to another folder and run again",
		filepath.Base(l.path)+overwrittenMark)
}

// renumber gives a copy a generation of its own.
func renumber(ctx context.Context, path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite", dsn(path, []pragma{busy}))
	if err == nil {
		_, err = db.ExecContext(ctx, "UPDATE generation SET number = "+newGeneration)
		err = errors.Join(err, db.Close())
	}
	return err
}

// source is a ledger's file as it is read past SQLite. To close any descriptor of a
// database drops all locks that SQLite holds on it in this process, so the last ledger
// on a file closes it, after SQLite has.
type source struct {
	*os.File
	info  os.FileInfo
	users int
}

var sources struct {
	sync.Mutex
	all []*source
}

func openSource(path string) (*source, error) {
	sources.Lock()
	defer sources.Unlock()
	for _, s := range sources.all {
		if stands(path, s.info) {
			s.users++
			return s, nil
		}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	s := &source{File: f, users: 1}
	if s.info, err = f.Stat(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	sources.all = append(sources.all, s)
	return s, nil
}

func (s *source) release() error {
	if s == nil {
		return nil
	}
	sources.Lock()
	defer sources.Unlock()
	if s.users--; s.users > 0 {
		return nil
	}
	sources.all = slices.DeleteFunc(sources.all, func(o *source) bool { return o == s })
	return s.Close()
}
