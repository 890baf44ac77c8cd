package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"onboard/pkg/ledger"
)

const readers = 2 // questions at once

// Ledger is an open ledger, a [ledger.Ledger].
type Ledger struct {
	config   *pgx.ConnConfig
	schema   string
	place    string // the address, for people
	name     string // random, made with the schema: spill files belong to one ledger
	folder   string // of the spill files
	patience time.Duration

	lost context.Context // over when the database was given up, for the cause it has
	lose context.CancelCauseFunc

	writer  session       // used by the writing goroutine alone
	asking  []*session    // all that are for reading
	readers chan *session // those of them that are free
	changes chan *change
	quit    chan struct{}
	written chan struct{} // closed when nothing more is written
	stopped sync.WaitGroup
	failure error // set and read by the writing goroutine only

	mu     sync.Mutex
	runs   map[*Run]struct{} // begun here and not ended
	roused chan struct{}     // tells the guard that runs has changed
}

// Open opens the ledger in the database at place, postgres://…, and makes its
// schema when it is not there. folder is where outcomes are spilled to; it is
// made when it is needed. It refuses the schema of another program or of a newer
// one, and a database on which durability or locks can't rest. One of an older program
// is brought up to date, which may take a while: upgrading hears of it first.
func Open(place, folder string, upgrading ...func()) (*Ledger, error) {
	config, schema, err := parsePlace(place)
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	config.RuntimeParams["application_name"] = "onboard"
	l := &Ledger{config: config, schema: schema, place: Redacted(place), folder: folder, patience: patience,
		readers: make(chan *session, readers), changes: make(chan *change, groupLimit), quit: make(chan struct{}), written: make(chan struct{}),
		runs: map[*Run]struct{}{}, roused: make(chan struct{}, 1)}
	l.lost, l.lose = context.WithCancelCause(context.Background())
	l.writer = session{l: l, prepare: l.hold}
	for range readers {
		s := &session{l: l}
		l.asking = append(l.asking, s)
		l.readers <- s
	}
	ctx, cancel := context.WithTimeout(context.Background(), replyTimeout)
	defer cancel()
	err = l.writer.do(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		err := l.read(ctx, func(ctx context.Context, second *pgx.Conn) error { return verifySessions(ctx, conn, second) })
		if err != nil {
			return err
		}
		return l.migrate(ctx, conn, func() {
			for _, f := range upgrading {
				f()
			}
		})
	})
	if err != nil {
		l.closeSessions()
		return nil, fmt.Errorf("cannot open the ledger %s: %w", l.place, readable(err))
	}
	l.stopped.Go(l.write)
	l.stopped.Go(l.guard)
	return l, nil
}

// Close implements [ledger.Ledger].
func (l *Ledger) Close() error {
	l.mu.Lock()
	select {
	case <-l.quit:
		l.mu.Unlock()
		return nil
	default:
		close(l.quit)
	}
	l.mu.Unlock()
	l.stopped.Wait()
	l.closeSessions()
	for r := range l.runs { // nobody begins one any more
		r.pace.close()
	}
	return nil
}

func (l *Ledger) closeSessions() {
	l.lose(ledger.ErrClosed)
	l.writer.close()
	for range readers {
		(<-l.readers).close()
	}
}

// Backup implements [ledger.Ledger].
func (l *Ledger) Backup(context.Context, string) error {
	return errors.New("the copy of a database is made by its own tools; hint: as its administrator: pg_dump --schema " + l.schema + " --file copy.sql '" + forOthers(l.place) + "'")
}

// lockKey is the number of an advisory lock.
func lockKey(name string) int64 {
	sum := sha256.Sum256([]byte("onboard " + name))
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

// spillPrefix is where runs of this ledger spill to on this computer.
func (l *Ledger) spillPrefix() string {
	return filepath.Join(l.folder, "postgres-"+l.name+".spill-")
}
