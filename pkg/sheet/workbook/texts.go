package workbook

import (
	"bytes"
	"errors"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// texts are the shared texts of a workbook. They stand one behind the other in
// chunks, because four million strings would be four million things to collect.
type texts struct {
	chunks [][]byte
	ends   []uint32 // of each text: the number of its chunk and the offset of its end there
}

const (
	chunkBits = 21 // two of the longest texts
	chunkSize = 1 << chunkBits
)

// readTexts reads the shared texts, once the first cell refers to one.
func (b *Book) readTexts() error {
	if b.texts != nil {
		return nil
	}
	b.texts = &texts{}
	if b.strings == "" {
		return nil
	}
	x, file, err := b.open(b.strings)
	if err != nil {
		return err
	}
	defer file.Close()
	var text []byte
	for depth := 0; ; {
		switch token, err := x.next(); {
		case err != nil:
			return err
		case token == eof:
			return nil
		case token == endElement:
			depth--
		case token == startElement && depth == 1 && string(x.name) == "si":
			if text, err = x.richText(text[:0]); err != nil {
				return err
			}
			if err := b.texts.add(text); err != nil {
				return x.failed(err)
			}
		case token == startElement:
			depth++
		}
	}
}

func (t *texts) add(text []byte) error {
	if len(t.ends) == maxTexts {
		return errors.New("it has more than 4 million different texts")
	}
	last := len(t.chunks) - 1
	if last < 0 || len(t.chunks[last])+len(text) >= chunkSize {
		t.chunks = append(t.chunks, make([]byte, 0, chunkSize))
		last++
	}
	t.chunks[last] = append(t.chunks[last], text...)
	t.ends = append(t.ends, uint32(last)<<chunkBits|uint32(len(t.chunks[last])))
	return nil
}

// at is the i-th text. It shares its memory with the others, which never changes.
func (t *texts) at(i int) string {
	chunk, end := t.ends[i]>>chunkBits, t.ends[i]&(chunkSize-1)
	start := uint32(0)
	if i > 0 && t.ends[i-1]>>chunkBits == chunk {
		start = t.ends[i-1] & (chunkSize - 1)
	}
	return shared(t.chunks[chunk][start:end])
}

// shared is a text that is no copy of the bytes.
func shared(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// richText adds the text of the element that has just begun, a shared text or one
// in a cell: of t and of the runs r, but not how it is pronounced.
func (x *scanner) richText(dst []byte) ([]byte, error) {
	from, depth, within := len(dst), 1, 0
	for {
		switch token, err := x.next(); {
		case err != nil:
			return dst, err
		case token == charData && within > 0:
			if dst = append(dst, x.text...); len(dst)-from > MaxText {
				return dst, tooLong("a cell")
			}
		case token == startElement && (string(x.name) == "rPh" || depth > 3):
			if err := x.skip(); err != nil {
				return dst, err
			}
		case token == startElement:
			depth++
			if string(x.name) == "t" {
				within = depth
			}
		case token == endElement:
			if depth == within {
				within = 0
			}
			if depth--; depth == 0 {
				return append(dst[:from], unescape(dst[from:])...), nil
			}
		}
	}
}

// unescape replaces _x000D_ by the character with that number in UTF-16, in place.
func unescape(text []byte) []byte {
	if !bytes.Contains(text, []byte("_x")) {
		return text
	}
	out := text[:0]
	for len(text) > 0 {
		unit, ok := escaped(text)
		if !ok {
			out = append(out, text[0])
			text = text[1:]
			continue
		}
		n := 7
		if second, ok := escaped(text[7:]); utf16.IsSurrogate(unit) && ok {
			unit = utf16.DecodeRune(unit, second)
			n = 14
		}
		if !utf8.ValidRune(unit) || unit == utf8.RuneError && n == 14 { // half a character is none
			out = append(out, text[0])
			text = text[1:]
			continue
		}
		out = utf8.AppendRune(out, unit)
		text = text[n:]
	}
	return out
}

// escaped reads _xHHHH_.
func escaped(text []byte) (rune, bool) {
	if len(text) < 7 || text[0] != '_' || text[1] != 'x' || text[6] != '_' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return rune(n), err == nil
}
