package sheet

import (
	"bytes"
	"encoding/binary"
)

// plain says that the cells of a record hold printable ASCII only, and no opening
// brace (partner.Row.Plain). It looks at eight bytes at a time.
func plain(record []byte, delim byte) bool {
	if delim < ' ' && bytes.IndexByte(record, '"') >= 0 {
		return false // a tab may be part of a cell
	}
	const each, high = 0x0101010101010101, 0x8080808080808080 // a byte's lowest and highest bit, in each
	separator := uint64(delim) * each
	bad := uint64(0) // the highest bit of each byte that is not plain
	for ; len(record) >= 8; record = record[8:] {
		w := binary.LittleEndian.Uint64(record)
		low := w &^ high
		isSeparator := ^((low ^ separator) + 0x7f*each)
		control := ^(low + (0x80-' ')*each) &^ isSeparator
		brace := ^((low ^ '{'*each) + 0x7f*each)
		del := low + (0x80-0x7f)*each
		bad |= w | control | brace | del
	}
	for _, c := range record {
		if c < ' ' && c != delim || c >= 0x7f || c == '{' {
			return false
		}
	}
	return bad&high == 0
}
