package sheet

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// unpadded takes away the white space and byte order marks between a delimiter and
// the quotation marks of a cell, as in `Acme, "Best, Inc." ,DE` or where two files
// with byte order marks were joined. It returns nil when a record has none.
//
// Only what stands on one line counts: a mark that closes on a later line may as well
// be a lone one.
func unpadded(record []byte, delim byte) (out []byte) {
	for from := 0; ; {
		open := from + blanksAt(record[from:], delim)
		shut, end := -1, 0
		if open < len(record) && record[open] == '"' {
			shut = closing(record, open+1)
		}
		if shut >= 0 {
			end = shut + 1 + blanksAt(record[shut+1:], delim)
		}
		quoted := shut >= 0 && (end == len(record) || record[end] == delim)
		padded := quoted && (open > from || end > shut+1) && !bytes.ContainsAny(record[open:shut], "\r\n")
		switch {
		case padded && out == nil:
			out = append(make([]byte, 0, len(record)), record[:from]...)
			fallthrough
		case padded:
			out = append(out, record[open:shut+1]...)
		default:
			end = cellEnd(record, from, delim)
			if out != nil {
				out = append(out, record[from:end]...)
			}
		}
		if end == len(record) {
			return out
		}
		if out != nil {
			out = append(out, delim)
		}
		from = end + 1
	}
}

// blanksAt is the length of the white space and byte order marks that b begins with.
func blanksAt(b []byte, delim byte) (n int) {
	for n < len(b) && b[n] != delim {
		r, size := utf8.DecodeRune(b[n:])
		if r == '\r' || r == '\n' || r != '\ufeff' && !unicode.IsSpace(r) {
			return n
		}
		n += size
	}
	return n
}

// cellEnd is where the cell ends that begins at from, as rawCells cuts it.
func cellEnd(record []byte, from int, delim byte) int {
	rest := record[from:]
	at := 0
	if len(rest) > 0 && rest[0] == '"' {
		if at = closing(rest, 1); at < 0 {
			return len(record)
		}
	}
	if i := bytes.IndexByte(rest[at:], delim); i >= 0 {
		return from + at + i
	}
	return len(record)
}
