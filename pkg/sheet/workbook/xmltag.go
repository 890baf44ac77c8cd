package workbook

import (
	"bytes"
	"errors"
	"fmt"
)

// endTag reads the end of an element, which has to be the one that is open.
func (x *scanner) endTag() error {
	if len(x.open) > 0 { // nearly always it is spelled just so
		name, rest := x.names[x.open[len(x.open)-1]:], x.buf[x.pos+2:x.end]
		if len(rest) > len(name) && rest[len(name)] == '>' && bytes.Equal(rest[:len(name)], name) {
			x.pos += len(name) + 3
			x.pop()
			return nil
		}
	}
	n, err := x.find(">", 2)
	if err != nil {
		return err
	}
	name := bytes.TrimRight(x.buf[x.pos+2:x.pos+n], " \t\r\n")
	if len(x.open) == 0 || !bytes.Equal(name, x.names[x.open[len(x.open)-1]:]) {
		return x.syntax(fmt.Sprintf("an element ends as %.20q, which did not begin", name))
	}
	x.pos += n + 1
	x.pop()
	return nil
}

// pop leaves an element.
func (x *scanner) pop() {
	last := len(x.open) - 1
	x.names, x.open = x.names[:x.open[last]], x.open[:last]
	if n := len(x.spaces); n > 0 && x.spaces[n-1].depth > last {
		x.leave(last)
	}
}

// tagEnd is the offset from pos of the > that ends a tag: one that is not quoted.
func (x *scanner) tagEnd() (int, error) {
	for i := 1; ; {
		rest := x.buf[x.pos:x.end]
	within:
		for ; i < len(rest); i++ {
			switch c := rest[i]; c {
			case '>':
				return i, nil
			case '<':
				return 0, x.syntax("unexpected <")
			case '"', '\'':
				n := bytes.IndexByte(rest[i+1:], c)
				if n < 0 {
					break within // and look again from the quotation mark on
				}
				i += n + 1
			}
		}
		if more, err := x.fill(); err != nil {
			return 0, err
		} else if !more {
			return 0, x.syntax("unexpected end")
		}
	}
}

// startTag reads the beginning of an element.
func (x *scanner) startTag() error {
	n, err := x.tagEnd()
	if err != nil {
		return err
	}
	tag := x.buf[x.pos+1 : x.pos+n]
	if last := len(tag) - 1; last >= 0 && tag[last] == '/' {
		tag, x.closed = tag[:last], true
	}
	size := nameEnd(tag)
	if size == 0 || len(x.open) == 0 && x.rooted {
		return x.syntax("unexpected element")
	}
	if len(x.open) == maxDepth {
		return x.failed(errors.New("its elements are nested too deeply"))
	}
	x.rooted = true
	name := tag[:size]
	x.open = append(x.open, len(x.names))
	x.names = append(x.names, name...)
	if err := x.attributes(tag[size:]); err != nil {
		return err
	}
	x.name = x.local(name)
	x.pos += n + 1
	return nil
}

// attributes reads those of a tag.
func (x *scanner) attributes(rest []byte) error {
	x.attrs = x.attrs[:0]
	for {
		spaces := spaceEnd(rest)
		if rest = rest[spaces:]; len(rest) == 0 {
			return nil
		}
		n := nameEnd(rest)
		if n == 0 || spaces == 0 {
			return x.syntax("unexpected character in a tag")
		}
		name := rest[:n]
		rest = rest[n:]
		rest = rest[spaceEnd(rest):]
		if len(rest) == 0 || rest[0] != '=' {
			return x.syntax("an attribute without a value")
		}
		rest = rest[1:]
		rest = rest[spaceEnd(rest):]
		if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
			return x.syntax("an attribute whose value is not quoted")
		}
		n = bytes.IndexByte(rest[1:], rest[0]) // there is one: tagEnd has skipped to it
		x.attrs = append(x.attrs, attr{name, rest[1 : 1+n]})
		if err := x.declare(name, rest[1:1+n]); err != nil {
			return err
		}
		rest = rest[n+2:]
	}
}

// spaceEnd is how many spaces a text begins with.
func spaceEnd(b []byte) int {
	n := 0
	for n < len(b) && (b[n] == ' ' || b[n] == '\n' || b[n] == '\t' || b[n] == '\r') {
		n++
	}
	return n
}

// nameEnd is how many bytes of a name a text begins with.
func nameEnd(b []byte) int {
	n := 0
	for n < len(b) && nameByte[b[n]] {
		n++
	}
	return n
}

var nameByte = func() (is [256]bool) {
	for c := range is {
		is[c] = 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-' || c == '.' || c == ':' || c >= 0x80
	}
	return is
}()
