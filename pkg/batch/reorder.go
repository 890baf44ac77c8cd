package batch

import (
	"io"
	"sync"

	"onboard/pkg/sheet"
)

// reorderBuffer hands blocks to workers and delivers the results in input order. The
// worker that completes the next block also delivers those buffered behind it; the
// others go on with another block. So no core waits, and a block is read, checked and
// delivered by the core whose caches hold it.
type reorderBuffer struct {
	reading   sync.Mutex // held while a block is read
	scanner   *sheet.Scanner
	handedOut int // blocks that were handed out

	mu         sync.Mutex
	delivered  int                  // blocks that fn has returned for
	waiting    map[int]checkedBlock // completed, for their turn
	delivering bool                 // one worker delivers at a time
	ended      bool                 // no more are handed out: there are none, or fn has failed
	changed    sync.Cond            // delivered or ended has changed

	capacity int // blocks in memory
	fn       func(checkedBlock) error
}

func newReorderBuffer(scanner *sheet.Scanner, most int, fn func(checkedBlock) error) *reorderBuffer {
	r := &reorderBuffer{scanner: scanner, waiting: map[int]checkedBlock{}, capacity: most, fn: fn}
	r.changed.L = &r.mu
	return r
}

// next hands out the n-th block, or why there is none: an error of the sheet
// takes the place of a block. After that, or when fn has failed, it says io.EOF.
func (r *reorderBuffer) next() (n int, block sheet.Block, err error) {
	r.reading.Lock()
	defer r.reading.Unlock()
	if !r.wait() {
		return 0, block, io.EOF
	}
	if block, err = r.scanner.Next(); err != nil {
		r.end()
	}
	n = r.handedOut
	r.handedOut++
	return n, block, err
}

// wait waits until there may be one more block in memory. It is false when no more
// are handed out.
func (r *reorderBuffer) wait() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for !r.ended && r.handedOut-r.delivered >= r.capacity {
		r.changed.Wait()
	}
	return !r.ended
}

func (r *reorderBuffer) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	r.changed.Broadcast()
}

// deliver takes the n-th block back, checked. It returns the first error of a block in its turn,
// or fn's.
func (r *reorderBuffer) deliver(n int, b checkedBlock) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting[n] = b
	if r.delivering {
		return nil // the worker that delivers will find it
	}
	r.delivering = true
	defer func() { r.delivering = false }()
	for {
		b, there := r.waiting[r.delivered]
		if !there {
			return nil
		}
		delete(r.waiting, r.delivered)
		if err := r.call(b); err != nil {
			r.ended = true
			r.changed.Broadcast()
			return err
		}
		r.delivered++
		r.changed.Broadcast()
	}
}

// call calls fn, and lets the others go on meanwhile.
func (r *reorderBuffer) call(b checkedBlock) error {
	r.mu.Unlock()
	defer r.mu.Lock()
	if b.err != nil {
		return b.err
	}
	return r.fn(b)
}
