package batch

import (
	"encoding/binary"
	"math/bits"

	"onboard/pkg/ledger"
)

// firstLines remembers on which line each partner stands first. It is an open
// hash table of 12 bytes an entry, cut into shards that grow one at a time: by two
// fifths, or to what the rows are expected to need, which is 20 bytes each. It never
// takes more than 24 bytes a row and 4 MB, growing included. It compares 74 bits of a
// hash: among ten million rows the chance of one false match is below 1 in 10^8.
type firstLines struct {
	shards   [1024]shard
	expected int // rows there will be
	fetched  uint32
}

type shard struct {
	slots []slot
	used  int
}

type slot struct {
	hash [2]uint32 // of the key, in two: with a uint64 the slot would have 16 bytes
	line uint32    // 0: free
}

func newSlot(k ledger.Key, line int) slot {
	return slot{[2]uint32{binary.LittleEndian.Uint32(k[:4]), binary.LittleEndian.Uint32(k[4:8])}, uint32(line)}
}

// shardOf is the part of the table for a key, by bits that no slot holds.
func (t *firstLines) shardOf(k *ledger.Key) *shard {
	return &t.shards[binary.LittleEndian.Uint16(k[14:])%uint16(len(t.shards))]
}

// add remembers the line of a partner, unless an earlier one is known. It
// returns the first line.
func (t *firstLines) add(k ledger.Key, line int) int {
	s := t.shardOf(&k)
	if s.used*4 >= len(s.slots)*3 {
		s.grow(t.expected * 8 / 5 / len(t.shards))
	}
	e := newSlot(k, line)
	found := s.find(e)
	if found.line == 0 {
		*found = e
		s.used++
	}
	return int(found.line)
}

// prefetch brings the slots of a block's partners into the processor's cache, many
// at a time: add would wait for the memory with each of them.
func (t *firstLines) prefetch(rows []Checked) {
	var sum uint32
	for i := range rows {
		k := &rows[i].Key
		if s := t.shardOf(k); len(s.slots) > 0 {
			sum += s.slots[s.start(newSlot(*k, 0))].line
		}
	}
	t.fetched = sum // or the compiler would leave out the reading
}

// first is the line on which a partner stands first; 0 when it is not known.
func (t *firstLines) first(k ledger.Key) int {
	s := t.shardOf(&k)
	if len(s.slots) == 0 {
		return 0
	}
	return int(s.find(newSlot(k, 0)).line)
}

// find is the slot of an entry, or the free one where it belongs.
func (s *shard) find(e slot) *slot {
	at := s.start(e)
	for s.slots[at].line != 0 && s.slots[at].hash != e.hash {
		if at++; at == len(s.slots) {
			at = 0
		}
	}
	return &s.slots[at]
}

// start is where the search for an entry begins: its hash scaled to the slots.
func (s *shard) start(e slot) int {
	high, _ := bits.Mul64(uint64(e.hash[1])<<32|uint64(e.hash[0]), uint64(len(s.slots)))
	return int(high)
}

// free is how many slots a shard may have whatever its rows: 4 MB for all.
const free = 4 << 20 / 12 / 1024

// grow makes room for more, if it can for as many rows as are expected, as long as the
// rows that are there are worth it.
func (s *shard) grow(wanted int) {
	old := s.slots
	s.slots = make([]slot, max(8, len(old)*7/5, min(wanted, 2*s.used+free)))
	clear(s.slots) // a page of memory that is read before it is written is faulted in twice, and all cores hear of it
	for _, e := range old {
		if e.line != 0 {
			*s.find(e) = e
		}
	}
}
