package workbook

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// decoded is a part as UTF-8, without its byte order mark. Nearly all parts are
// UTF-8, which is passed as it is; UTF-16 and others are legal, too.
func decoded(r io.Reader) (io.Reader, error) {
	head := bufio.NewReaderSize(r, 1024)
	start, err := head.Peek(256)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	var from encoding.Encoding
	switch {
	case bytes.HasPrefix(start, []byte("\xef\xbb\xbf")):
		_, _ = head.Discard(3)
		return head, nil
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("<\x00")):
		from = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case bytes.HasPrefix(start, []byte("\xfe\xff")), bytes.HasPrefix(start, []byte("\x00<")):
		from = unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	default:
		if from, err = declared(start); from == nil {
			return head, err
		}
	}
	return transform.NewReader(head, from.NewDecoder()), nil
}

// declared is the encoding that an XML declaration names, nil for UTF-8.
func declared(start []byte) (encoding.Encoding, error) {
	if !bytes.HasPrefix(start, []byte("<?xml")) {
		return nil, nil
	}
	declaration, _, _ := strings.Cut(string(start), "?>")
	_, rest, found := strings.Cut(declaration, "encoding")
	rest = strings.TrimLeft(rest, " \t\r\n=")
	if !found || rest == "" || rest[0] != '"' && rest[0] != '\'' {
		return nil, nil
	}
	label, _, _ := strings.Cut(rest[1:], rest[:1])
	switch label = strings.ToLower(label); label {
	case "utf-8", "utf8", "us-ascii", "ascii", "utf-16": // of UTF-16 the first bytes would tell
		return nil, nil
	}
	from, err := htmlindex.Get(label)
	if err != nil {
		return nil, fmt.Errorf("its encoding %.20q is not known", label)
	}
	return from, nil
}
