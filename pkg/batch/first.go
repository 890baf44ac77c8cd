package batch

import (
	"encoding/binary"
	"math/bits"

	"onboard/pkg/ledger"
)

// firstLines remembers on which line each partner stands first. It is an open
// hash table of 16 bytes an entry, cut into shards that grow one at a time and
// by a quarter, so that it never takes more than 24 bytes a row, growing
// included. It compares 96 bits of a SHA-256: among ten million rows the
// chance of one false match is below 1 in 10^15.
type firstLines struct {
	shards  [256]shard
	fetched uint32
}

type shard struct {
	slots []slot
	used  int
}

type slot struct {
	hi   uint64
	lo   uint32
	line uint32 // 0: free
}

// add remembers the line of a partner, unless an earlier one is known. It
// returns the first line.
func (t *firstLines) add(k ledger.Key, line int) int {
	s := &t.shards[k[15]]
	if s.used*8 >= len(s.slots)*7 {
		s.grow()
	}
	e := slot{binary.LittleEndian.Uint64(k[:8]), binary.LittleEndian.Uint32(k[8:12]), uint32(line)}
	at := s.find(e)
	if s.slots[at].line == 0 {
		s.slots[at] = e
		s.used++
	}
	return int(s.slots[at].line)
}

// fetch brings the slots of a block's partners into the processor's cache, many
// at a time: add would wait for the memory with each of them.
func (t *firstLines) fetch(rows []Checked) {
	var sum uint32
	for i := range rows {
		k := &rows[i].Key
		if s := &t.shards[k[15]]; len(s.slots) > 0 {
			sum += s.slots[s.start(binary.LittleEndian.Uint64(k[:8]))].line
		}
	}
	t.fetched = sum // or the compiler would leave out the reading
}

// first is the line on which a partner stands first; 0 when it is not known.
func (t *firstLines) first(k ledger.Key) int {
	s := &t.shards[k[15]]
	if len(s.slots) == 0 {
		return 0
	}
	e := slot{hi: binary.LittleEndian.Uint64(k[:8]), lo: binary.LittleEndian.Uint32(k[8:12])}
	return int(s.slots[s.find(e)].line)
}

// find is the slot of an entry, or the free one where it belongs.
func (s *shard) find(e slot) int {
	at := s.start(e.hi)
	for s.slots[at].line != 0 && (s.slots[at].hi != e.hi || s.slots[at].lo != e.lo) {
		if at++; at == len(s.slots) {
			at = 0
		}
	}
	return at
}

// start is where the search for a hash begins: the hash scaled to the slots.
func (s *shard) start(hash uint64) int {
	high, _ := bits.Mul64(hash, uint64(len(s.slots)))
	return int(high)
}

func (s *shard) grow() {
	old := s.slots
	s.slots = make([]slot, max(8, len(old)+len(old)/4))
	for _, e := range old {
		if e.line != 0 {
			s.slots[s.find(e)] = e
		}
	}
}
