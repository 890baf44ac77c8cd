package sheet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/transform"
)

// The decoders of x/text put U+FFFD in place of bytes that are not text. Here
// such bytes come through as bytes that are not UTF-8, so that their cell is
// known to be bad, and keeps them.

var replacement = []byte("\ufffd")

// newDecoder decodes one file of the named encoding.
func newDecoder(name string) transform.Transformer {
	enc, err := htmlindex.Get(name)
	if err != nil {
		panic("sheet: no encoding " + name) // the names come from this package
	}
	switch strings.ToLower(name) {
	case "utf-16le":
		return utf16Decoder{order: binary.LittleEndian}
	case "utf-16be":
		return utf16Decoder{order: binary.BigEndian}
	case "iso-2022-jp":
		return &shiftedDecoder{inner: enc.NewDecoder()}
	}
	return &plainDecoder{inner: enc.NewDecoder()}
}

// utf16Decoder turns half of a surrogate pair into its three bytes of
// generalized UTF-8, and half of a code unit into 0xFF.
type utf16Decoder struct {
	transform.NopResetter
	order binary.ByteOrder
}

func (d utf16Decoder) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		var buf [utf8.UTFMax]byte
		out, size := d.one(buf[:0], src[nSrc:], atEOF)
		if size == 0 {
			return nDst, nSrc, transform.ErrShortSrc
		}
		if len(out) > len(dst)-nDst {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += copy(dst[nDst:], out)
		nSrc += size
	}
	return nDst, nSrc, nil
}

// one appends the first character of src; size is 0 when more is needed.
func (d utf16Decoder) one(dst, src []byte, atEOF bool) (out []byte, size int) {
	switch {
	case len(src) < 2 && atEOF:
		return append(dst, 0xff), 1
	case len(src) < 2:
		return nil, 0
	}
	u := rune(d.order.Uint16(src))
	if !utf16.IsSurrogate(u) {
		return utf8.AppendRune(dst, u), 2
	}
	if len(src) >= 4 {
		if r := utf16.DecodeRune(u, rune(d.order.Uint16(src[2:]))); r != utf8.RuneError {
			return utf8.AppendRune(dst, r), 4
		}
	} else if !atEOF && u < 0xdc00 {
		return nil, 0
	}
	return append(dst, 0xe0|byte(u>>12), 0x80|byte(u>>6)&0x3f, 0x80|byte(u)&0x3f), 2
}

// shiftedDecoder is for an encoding whose bytes mean different characters
// after different escapes: a bad byte of it may look like ASCII, and becomes
// 0xFF. Escapes end with the line, so that a broken one costs no line.
type shiftedDecoder struct{ inner transform.Transformer }

func (d *shiftedDecoder) Reset() { d.inner.Reset() }

func (d *shiftedDecoder) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		line := src[nSrc:]
		end := bytes.IndexAny(line, "\r\n")
		if end == 0 {
			if nDst == len(dst) {
				return nDst, nSrc, transform.ErrShortDst
			}
			dst[nDst] = line[0]
			nDst, nSrc = nDst+1, nSrc+1
			d.inner.Reset()
			continue
		}
		if end > 0 {
			line = line[:end]
		}
		n, used, err := d.inner.Transform(dst[nDst:], line, atEOF || end > 0)
		nDst += copy(dst[nDst:], bytes.ReplaceAll(dst[nDst:nDst+n], replacement, []byte{0xff}))
		nSrc += used
		if err != nil {
			return nDst, nSrc, err
		}
	}
	return nDst, nSrc, nil
}

// plainDecoder is for encodings without a state. A bad byte comes through as
// it is.
type plainDecoder struct {
	inner transform.Transformer
	last  byte // the last byte that came through as it is, if that was the last thing
}

func (d *plainDecoder) Reset() { *d = plainDecoder{inner: d.inner} }

func (d *plainDecoder) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	nDst, nSrc, err = d.inner.Transform(dst, src, atEOF)
	if !bytes.Contains(dst[:nDst], replacement) {
		if nDst > 0 {
			d.last = 0
		}
		return nDst, nSrc, err
	}
	nDst, nSrc = 0, 0
	for nSrc < len(src) {
		var buf [8]byte
		out, size, last := d.one(buf[:0], src[nSrc:], atEOF)
		if size == 0 {
			return nDst, nSrc, transform.ErrShortSrc
		}
		if len(out) > len(dst)-nDst {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += copy(dst[nDst:], out)
		nSrc += size
		d.last = last
	}
	return nDst, nSrc, nil
}

// genuine is the one spelling of U+FFFD itself, in gb18030.
var genuine = []byte("\x84\x31\xa4\x37")

// one appends the first character of src, or the bad bytes there; size is 0
// when more is needed. No character of these encodings has over four bytes.
func (d *plainDecoder) one(dst, src []byte, atEOF bool) (out []byte, size int, last byte) {
	var (
		buf     [8]byte
		n, used int
		err     error
	)
	for k := 1; k <= min(len(src), 4) && used == 0; k++ {
		all := atEOF && k == len(src)
		if n, used, err = d.inner.Transform(buf[:len(replacement)], src[:k], all); used == 0 && errors.Is(err, transform.ErrShortDst) {
			n, used, _ = d.inner.Transform(buf[:], src[:k], all) // a character of four bytes
		}
	}
	if used == 0 {
		return nil, 0, 0
	}
	if !bytes.Equal(buf[:n], replacement) || bytes.HasPrefix(src, genuine) && used == len(genuine) {
		return append(dst, buf[:n]...), used, 0
	}
	last = d.last
	for size == 0 || size < used && src[size] >= utf8.RuneSelf { // an ASCII byte that follows is the next character
		if last >= 0xc0 && src[size] < 0xc0 {
			dst = append(dst, 0xff) // else the two might make a character of UTF-8
		}
		last = src[size]
		dst = append(dst, last)
		size++
	}
	return dst, size, last
}
