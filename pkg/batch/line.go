package batch

import (
	"io"
	"sync"

	"onboard/pkg/sheet"
)

// line is where the goroutines of a walk meet: it hands out the blocks of a sheet,
// and takes them back, checked, in any order. Whoever brings the one whose turn it
// is calls fn with it and with those behind it that are there; everybody else goes
// on with another block. So no core waits for a turn, and a block is read, checked
// and told where the caches know it.
type line struct {
	reading sync.Mutex // held while a block is read
	scanner *sheet.Scanner
	handed  int // blocks that were handed out

	mu      sync.Mutex
	told    int                  // blocks that fn is done with
	waiting map[int]checkedBlock // for their turn
	telling bool                 // somebody is at it
	ended   bool                 // no more are handed out: there are none, or fn has failed
	moved   sync.Cond            // told or ended has changed

	most int // blocks in memory
	fn   func(checkedBlock) error
}

func newLine(scanner *sheet.Scanner, most int, fn func(checkedBlock) error) *line {
	l := &line{scanner: scanner, waiting: map[int]checkedBlock{}, most: most, fn: fn}
	l.moved.L = &l.mu
	return l
}

// next hands out the n-th block, or why there is none: an error of the sheet has
// its turn as a block has. After that, or when fn has failed, it says io.EOF.
func (l *line) next() (n int, block sheet.Block, err error) {
	l.reading.Lock()
	defer l.reading.Unlock()
	if !l.wait() {
		return 0, block, io.EOF
	}
	if block, err = l.scanner.Next(); err != nil {
		l.end()
	}
	n = l.handed
	l.handed++
	return n, block, err
}

// wait waits until there may be one more block in memory. It is false when no more
// are handed out.
func (l *line) wait() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.ended && l.handed-l.told >= l.most {
		l.moved.Wait()
	}
	return !l.ended
}

func (l *line) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	l.moved.Broadcast()
}

// tell takes the n-th block back. It returns the first error of a block in its turn,
// or fn's.
func (l *line) tell(n int, b checkedBlock) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting[n] = b
	if l.telling {
		return nil // whoever is at it will find it
	}
	l.telling = true
	defer func() { l.telling = false }()
	for {
		b, there := l.waiting[l.told]
		if !there {
			return nil
		}
		delete(l.waiting, l.told)
		if err := l.call(b); err != nil {
			l.ended = true
			l.moved.Broadcast()
			return err
		}
		l.told++
		l.moved.Broadcast()
	}
}

// call calls fn, and lets the others go on meanwhile.
func (l *line) call(b checkedBlock) error {
	l.mu.Unlock()
	defer l.mu.Lock()
	if b.err != nil {
		return b.err
	}
	return l.fn(b)
}
