package workbook

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// scanner takes XML apart into the beginnings and ends of elements and the text
// between them, as far as the parts of a workbook need it. It checks that the
// XML is well-formed and knows no document type definitions, so that no entity
// can stand for another. Names are those of a workbook's own namespaces, under
// whatever prefix; an element of any other has the name "".
//
// It is an eighth of the price of encoding/xml, which makes a value of each token.
// What a token consists of is valid until the next one is asked for.
type scanner struct {
	part   string // for errors
	r      io.Reader
	buf    []byte
	pos    int   // what stands before it is read
	end    int   // of what buf holds
	before int64 // bytes of the part before buf

	name  []byte // of the element that begins
	attrs []attr
	text  []byte

	closed  bool   // the element that began has ended: <c/>
	rooted  bool   // there was an element
	names   []byte // of the open elements, as they are spelled
	open    []int  // where each of them begins in names
	spaces  []space
	plain   bool // an element without a prefix is ours
	decoded []byte
}

type attr struct{ name, value []byte } // the value as it is spelled

type token int

const (
	eof token = iota
	startElement
	endElement
	charData
)

const (
	bufferSize = 64 << 10
	maxDepth   = 100 // of elements; a sheet needs six
)

func newScanner(part string, r io.Reader) *scanner {
	return &scanner{part: part, r: r, buf: make([]byte, bufferSize), plain: true}
}

// partError is an error in a part that says where it is.
type partError struct {
	part string
	error
}

func (e *partError) Error() string { return e.part + ": " + e.error.Error() }
func (e *partError) Unwrap() error { return e.error }

func (x *scanner) failed(err error) error {
	var refusal *Refusal
	var part *partError
	if errors.As(err, &refusal) || errors.As(err, &part) {
		return err
	}
	return &partError{x.part, err}
}

func (x *scanner) syntax(what string) error {
	return x.failed(fmt.Errorf("XML syntax error at byte %d: %s", x.offset()+1, what))
}

// offset is how many bytes of the part are read.
func (x *scanner) offset() int64 { return x.before + int64(x.pos) }

// fill reads more behind what is not read yet, and is false at the end.
func (x *scanner) fill() (bool, error) {
	if x.pos > 0 {
		x.before += int64(x.pos)
		x.end = copy(x.buf, x.buf[x.pos:x.end])
		x.pos = 0
	}
	if x.end > MaxText {
		return false, tooLong("a cell")
	}
	if x.end == len(x.buf) {
		x.buf = append(x.buf, make([]byte, len(x.buf))...)
	}
	was := x.end
	for x.end < len(x.buf) { // as much as there is room for, so that a long token is not looked through for each few bytes
		n, err := x.r.Read(x.buf[x.end:])
		x.end += n
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return false, x.failed(err)
		}
	}
	return x.end > was, nil
}

// need waits until so many bytes stand behind what is read, and is false when
// the part ends before.
func (x *scanner) need(n int) (bool, error) {
	for x.end-x.pos < n {
		if more, err := x.fill(); !more {
			return false, err
		}
	}
	return true, nil
}

// next is the next token.
func (x *scanner) next() (token, error) {
	if x.closed {
		x.closed = false
		x.pop()
		return endElement, nil
	}
	for {
		if x.pos == x.end {
			if more, err := x.fill(); err != nil {
				return eof, err
			} else if !more {
				return eof, x.complete()
			}
		}
		if x.buf[x.pos] != '<' {
			return charData, x.charData()
		}
		if ok, err := x.need(2); err != nil {
			return eof, err
		} else if !ok {
			return eof, x.syntax("unexpected end")
		}
		switch x.buf[x.pos+1] {
		case '/':
			return endElement, x.endTag()
		case '?':
			if _, err := x.upTo("<?", "?>"); err != nil {
				return eof, err
			}
		case '!':
			if text, err := x.declaration(); text || err != nil {
				return charData, err
			}
		default:
			return startElement, x.startTag()
		}
	}
}

// complete says what is missing at the end of a part.
func (x *scanner) complete() error {
	if !x.rooted || len(x.open) > 0 {
		return x.syntax("unexpected end")
	}
	return nil
}

// find is the offset from pos at which a text stands, read to from the given
// offset on.
func (x *scanner) find(text string, from int) (int, error) {
	for {
		if i := bytes.Index(x.buf[x.pos+from:x.end], []byte(text)); i >= 0 {
			return from + i, nil
		}
		from = max(from, x.end-x.pos-len(text)+1)
		if more, err := x.fill(); err != nil {
			return 0, err
		} else if !more {
			return 0, x.syntax("unexpected end")
		}
	}
}

// upTo reads what begins and ends with the given texts, and returns what stands
// between.
func (x *scanner) upTo(begin, end string) ([]byte, error) {
	if ok, err := x.need(len(begin)); err != nil {
		return nil, err
	} else if !ok {
		return nil, x.syntax("unexpected end")
	}
	n, err := x.find(end, len(begin))
	if err != nil {
		return nil, err
	}
	inner := x.buf[x.pos+len(begin) : x.pos+n]
	x.pos += n + len(end)
	return inner, nil
}

// declaration reads a comment, or text that is marked as such.
func (x *scanner) declaration() (text bool, err error) {
	const cdata = "<![CDATA["
	if _, err := x.need(len(cdata)); err != nil {
		return false, err
	}
	switch rest := x.buf[x.pos:x.end]; {
	case bytes.HasPrefix(rest, []byte("<!--")):
		_, err := x.upTo("<!--", "-->")
		return false, err
	case bytes.HasPrefix(rest, []byte(cdata)) && len(x.open) > 0:
		raw, err := x.upTo(cdata, "]]>")
		if err == nil {
			x.text, err = x.decode(raw, true)
		}
		return true, err
	case bytes.HasPrefix(rest, []byte("<!DOCTYPE")):
		return false, x.failed(errors.New("it has a document type definition, which no workbook has"))
	}
	return false, x.syntax("unexpected <!")
}

// charData reads text up to the next markup.
func (x *scanner) charData() error {
	n := 0
	for {
		if i := bytes.IndexByte(x.buf[x.pos+n:x.end], '<'); i >= 0 {
			n += i
			break
		}
		n = x.end - x.pos
		if more, err := x.fill(); err != nil {
			return err
		} else if !more {
			break
		}
	}
	raw := x.buf[x.pos : x.pos+n]
	if len(x.open) == 0 && len(bytes.TrimSpace(raw)) > 0 {
		return x.syntax("text outside of all elements")
	}
	text, err := x.decode(raw, false)
	x.pos += n
	x.text = text
	return err
}

// skip reads up to the end of the element that has just begun.
func (x *scanner) skip() error {
	for depth := 1; depth > 0; {
		switch token, err := x.next(); {
		case err != nil:
			return err
		case token == startElement:
			depth++
		case token == endElement:
			depth--
		}
	}
	return nil
}
