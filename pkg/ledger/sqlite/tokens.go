package sqlite

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

// tokenIndex finds the rows that may have a token or link: what it names is compared
// with the row itself. Tokens are random, so in an index on disk each of them would be
// written to a page of its own, which costs as much as the rest of the row. They lie
// in memory instead, 8 bytes each, and on disk in the order in which they came.
//
// An entry is 32 bits of the digest, and then the row.
type tokenIndex struct{ old, recent []uint64 } // both in order

// mergeAt is how many entries are recent: to insert one moves half of them.
const mergeAt = 4096

// tokenEntry is the entry of a token or link of a row.
func tokenEntry(text string, row int64) uint64 {
	sum := sha256.Sum256([]byte(text))
	return uint64(binary.BigEndian.Uint32(sum[:4]))<<32 | uint64(uint32(row))
}

func (x *tokenIndex) add(entries ...uint64) {
	if len(entries) >= mergeAt { // the log is read for the first time
		x.old = append(x.old, entries...)
		slices.Sort(x.old)
		return
	}
	for _, e := range entries {
		if i, there := slices.BinarySearch(x.recent, e); !there {
			x.recent = slices.Insert(x.recent, i, e)
		}
	}
	if len(x.recent) >= mergeAt {
		x.merge()
	}
}

// merge moves what is recent to the rest, from the end, in place.
func (x *tokenIndex) merge() {
	i, j := len(x.old)-1, len(x.recent)-1
	x.old = append(x.old, x.recent...)
	for k := len(x.old) - 1; j >= 0; k-- {
		if i >= 0 && x.old[i] > x.recent[j] {
			x.old[k] = x.old[i]
			i--
		} else {
			x.old[k] = x.recent[j]
			j--
		}
	}
	x.recent = x.recent[:0]
}

// rows are those that may have a token or link, in their order.
func (x *tokenIndex) rows(text string) (rows []int64) {
	if text == "" {
		return nil
	}
	first := tokenEntry(text, 0)
	for _, list := range [][]uint64{x.old, x.recent} {
		i, _ := slices.BinarySearch(list, first)
		for ; i < len(list) && list[i]>>32 == first>>32; i++ {
			rows = append(rows, int64(list[i]&0xFFFFFFFF))
		}
	}
	slices.Sort(rows)
	return slices.Compact(rows)
}

// packed and unpacked turn entries into what stands in the log, and back.
func packed(entries []uint64) []byte {
	data := make([]byte, 0, 8*len(entries))
	for _, e := range entries {
		data = binary.BigEndian.AppendUint64(data, e)
	}
	return data
}

func unpacked(data []byte) []uint64 {
	entries := make([]uint64, 0, len(data)/8)
	for ; len(data) >= 8; data = data[8:] {
		entries = append(entries, binary.BigEndian.Uint64(data))
	}
	return entries
}
