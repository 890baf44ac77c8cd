package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// readers is how many queries may run at once. SQLite has locks that all of
// them share: with four, two cores answered fewer keys than with two.
const readers = 2

// Ledger is an open ledger file, a [ledger.Ledger].
type Ledger struct {
	path    string
	file    os.FileInfo            // what stands at path
	logs    map[string]os.FileInfo // and beside it, by suffix
	writer  *sql.DB                // one connection, used by the writing goroutine alone
	conn    *sql.Conn
	stmt    statements
	reader  *sql.DB // cannot write, and never waits for the writer
	lookup  *sql.Stmt
	created *sql.Stmt
	stretch *sql.Stmt
	places  *sql.Stmt

	waiting     waiting
	tokens      tokens // for the writing goroutine alone, as generation
	generation  generation
	overwritten bool // SQLite must not touch the file any more; set by the writing goroutine
	stopped     chan struct{}
	failure     error // set and read by the writing goroutine only

	mu   sync.Mutex
	runs map[*Run]struct{} // begun here and not ended
}

// Open opens the ledger at path and creates it, and its folder, when they are
// not there. It refuses what is not a ledger, a ledger of a newer program, a
// symbolic link, a file of two names, a network file system, and a database that does not take the
// settings on which durability rests. One of an older program is brought up to date,
// which may take a while: upgrading hears of it first.
func Open(path string, upgrading ...func()) (*Ledger, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	l := &Ledger{path: path, waiting: waiting{some: make(chan struct{}, 1)}, stopped: make(chan struct{}), runs: map[*Run]struct{}{}}
	if err := l.open(func() { callAll(upgrading) }); err != nil {
		err = damaged(path, err)
		if diskTrouble(err) {
			err = fmt.Errorf("%w; hint: make room on its disk, and see that you may write to the file and its folder; another ledger would not know what was sent", err)
		}
		return nil, errors.Join(fmt.Errorf("cannot open the ledger %s: %w", path, err), l.closeDatabase())
	}
	go l.writeLoop()
	return l, nil
}

func (l *Ledger) open(upgrading func()) (err error) {
	if err := prepareFile(l.path); err != nil {
		return err
	}
	if err := refuseSaved(l.path); err != nil {
		return err
	}
	if err := probe(l.path); err != nil { // before anything of a foreign file is changed
		return err
	}
	if err := makePrivate(l.path); err != nil {
		return err
	}
	if l.file, err = os.Lstat(l.path); err != nil {
		return err
	}
	if l.writer, err = connect(l.path, writerPragmas, 1); err != nil {
		return err
	}
	if l.conn, err = l.writer.Conn(context.Background()); err != nil {
		return err
	}
	if err := immediate(l.conn, func() error { return l.migrate(upgrading) }); err != nil {
		return err
	}
	if err := l.watchGeneration(); err != nil {
		return err
	}
	l.logs = map[string]os.FileInfo{}
	for _, suffix := range []string{"-wal", "-shm"} {
		if l.logs[suffix], err = os.Lstat(l.path + suffix); err != nil {
			return err
		}
	}
	if l.reader, err = connect(l.path, readerPragmas, readers); err != nil {
		return err
	}
	for query, stmt := range map[string]**sql.Stmt{lookupSQL: &l.lookup, createdSQL: &l.created, stretchSQL: &l.stretch, placesSQL: &l.places} {
		if *stmt, err = l.reader.Prepare(query); err != nil {
			return err
		}
	}
	return nil
}

func callAll(all []func()) {
	for _, f := range all {
		f()
	}
}

// Close implements [ledger.Ledger].
func (l *Ledger) Close() error {
	if !l.waiting.close() {
		return nil
	}
	<-l.stopped
	err := l.closeDatabase()
	l.mu.Lock()
	defer l.mu.Unlock()
	for r := range l.runs {
		err = errors.Join(err, r.lock.Unlock())
	}
	return err
}

// closeDatabase leaves one file behind, as far as no other run uses it: people
// copy and move "the ledger file", and must not leave the -wal file behind.
func (l *Ledger) closeDatabase() (err error) {
	if l.overwritten { // to close it would copy the log into it; the end of the process does not
		return nil
	}
	for _, stmt := range []*sql.Stmt{l.lookup, l.created, l.stretch, l.places} {
		if stmt != nil { // an open statement would keep its connection, and so the -wal file
			err = errors.Join(err, stmt.Close())
		}
	}
	if l.reader != nil {
		err = errors.Join(err, l.reader.Close())
	}
	if l.conn != nil {
		err = errors.Join(err, l.stmt.close(), l.conn.Close())
	}
	if l.writer != nil {
		err = errors.Join(err, l.writer.Close())
	}
	return errors.Join(err, l.generation.file.release())
}
