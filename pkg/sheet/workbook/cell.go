package workbook

import (
	"bytes"
	"fmt"
	"strconv"
)

// cell reads the cell that has just begun.
func (r *Rows) cell() error {
	var ref, kind, style, meta []byte
	for _, a := range r.x.attrs {
		var to *[]byte
		switch string(a.name) {
		case "r":
			to = &ref
		case "t":
			to = &kind
		case "s":
			to = &style
		case "vm":
			to = &meta
		default:
			continue
		}
		if *to != nil {
			return r.x.syntax(fmt.Sprintf("the attribute %.20s stands twice", a.name))
		}
		*to = a.value
	}
	if err := r.place(ref); err != nil {
		return err
	}
	look, err := r.styleOf(style)
	if err != nil {
		return err
	}
	c := content{kind: kindOf(kind), linked: meta != nil}
	if err := r.read(&c); err != nil {
		return err
	}
	if c.formula && !c.result {
		r.Uncomputed.add(r.row.Number, r.column)
	}
	return r.take(&c, look)
}

// content is what stands in a cell.
type content struct {
	kind            cellKind
	formula, result bool
	linked          bool // there is more to it, in another part
	value           []byte
	inline          bool // its text is the last of Rows.buf, from start on
	start           int
}

type cellKind byte

const (
	aNumber cellKind = iota
	aSharedText
	aText
	aBool
	anError
	anInlineText
	anISODate
)

func kindOf(t []byte) cellKind {
	switch string(t) {
	case "s":
		return aSharedText
	case "str":
		return aText
	case "d":
		return anISODate
	case "inlineStr":
		return anInlineText
	case "b":
		return aBool
	case "e":
		return anError
	}
	return aNumber
}

// styleOf is the number of a cell's style, -1 for none.
func (r *Rows) styleOf(style []byte) (int, error) {
	if style == nil {
		return -1, nil
	}
	n, err := index(style)
	if err != nil || n >= len(r.book.formats) && (n > 0 || len(r.book.formats) > 0) {
		return 0, fmt.Errorf("cell %s has the style %.20q, which is not among the %d of the workbook", cellName(r.row.Number, r.column), style, len(r.book.formats))
	}
	return n, nil
}

// index reads a whole number that is not negative.
func index(b []byte) (int, error) {
	if len(b) == 0 || len(b) > 9 {
		return 0, strconv.ErrSyntax
	}
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, strconv.ErrSyntax
		}
		n = n*10 + int(c-'0')
	}
	return n, nil
}

// read reads a cell up to its end.
func (r *Rows) read(c *content) error {
	for {
		switch token, err := r.x.next(); {
		case err != nil:
			return err
		case token == endElement:
			return nil
		case token != startElement:
		case string(r.x.name) == "v":
			c.result = true
			if c.value, err = r.value(); err != nil {
				return err
			}
		case string(r.x.name) == "is":
			c.result, c.inline, c.start = true, true, len(r.buf)
			if r.buf, err = r.x.richText(r.buf); err != nil {
				return err
			}
		default:
			c.formula = c.formula || string(r.x.name) == "f"
			if err := r.x.skip(); err != nil {
				return err
			}
		}
	}
}

// value reads the text of the element that has just begun.
func (r *Rows) value() ([]byte, error) {
	r.rawValue = r.rawValue[:0]
	for {
		switch token, err := r.x.next(); {
		case err != nil:
			return nil, err
		case token == endElement:
			return r.rawValue, nil
		case token == charData:
			if r.rawValue = append(r.rawValue, r.x.text...); len(r.rawValue) > MaxText {
				return nil, tooLong("a cell")
			}
		case token == startElement:
			if err := r.x.skip(); err != nil {
				return nil, err
			}
		}
	}
}

// take gives the row the text of a cell.
func (r *Rows) take(c *content, style int) error {
	raw := bytes.TrimSpace(c.value)
	switch {
	case c.inline && (c.kind == anInlineText || c.value == nil):
		return r.setText(shared(r.buf[c.start:]), style)
	case len(raw) == 0 && c.kind != aText:
		return nil
	case c.kind == aSharedText:
		text, err := r.sharedText(raw)
		if err != nil {
			return err
		}
		return r.setText(text, style)
	case c.kind == aText, c.kind == anInlineText:
		return r.setText(r.keep(unescape(c.value)), style)
	case c.kind == anISODate: // of ISO 8601; shown as it stands there
		r.row.Dates = append(r.row.Dates, r.column)
		return r.set(r.keep(raw))
	case c.kind == aBool:
		return r.set(r.truth(raw))
	case c.kind == anError:
		if c.linked {
			r.Linked.add(r.row.Number, r.column)
		}
		return r.set(r.keep(raw))
	}
	return r.show(raw, style)
}

// truth is a truth value as Excel shows it in English.
func (r *Rows) truth(raw []byte) string {
	switch string(raw) {
	case "1", "true":
		return "TRUE"
	case "0", "false":
		return "FALSE"
	}
	return r.keep(raw)
}

// keep copies a text to where it stays until the next row.
func (r *Rows) keep(text []byte) string {
	from := len(r.buf)
	r.buf = append(r.buf, text...)
	return shared(r.buf[from:])
}

// sharedText is the text to which a cell refers.
func (r *Rows) sharedText(raw []byte) (string, error) {
	if err := r.book.readTexts(); err != nil {
		return "", err
	}
	n, err := index(raw)
	if err != nil || n >= len(r.book.texts.ends) {
		return "", fmt.Errorf("cell %s refers to the shared text %.20q, and the workbook has %d", cellName(r.row.Number, r.column), raw, len(r.book.texts.ends))
	}
	return r.book.texts.at(n), nil
}

// setText puts a text into the current cell as its format shows it.
func (r *Rows) setText(text string, style int) error {
	if style < 0 || style >= len(r.book.formats) || r.book.formats[style] == nil || r.book.formats[style].text == nil || text == "" {
		return r.set(text)
	}
	from := len(r.buf)
	if r.buf = r.book.formats[style].text.appendText(r.buf, text); isBlank(r.buf[from:]) { // hidden, and there all the same
		return r.set(text)
	}
	return r.set(shared(r.buf[from:]))
}
