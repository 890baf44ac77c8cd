package sheet

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/transform"
)

const utf8Name = "UTF-8"

// settleEncoding decides what a text file is in: a byte order mark says it,
// else the label that was given, else it is UTF-8. Nothing is guessed.
func (s *Sheet) settleEncoding(head []byte, label string) error {
	given, err := labelled(label)
	if err != nil {
		return err
	}
	marked := markOf(head)
	s.marked = marked != ""
	switch {
	case s.marked:
		s.Encoding = marked
	case label != "":
		s.Encoding = given
	default:
		s.Encoding = utf8Name
		if name := unmarkedUTF16(head); name != "" {
			return &FileError{File: s.Name(), Line: 1, Msg: "every other byte is a NUL, which no UTF-8 text has", Hint: s.suggest(name)}
		}
	}
	s.BOM = s.marked || s.Encoding != utf8Name
	return nil
}

// markOf is the encoding that a byte order mark stands for.
func markOf(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		return utf8Name
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return "UTF-16LE"
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return "UTF-16BE"
	}
	return ""
}

// unmarkedUTF16 recognizes UTF-16 without a byte order mark by the NULs that
// are every other byte of its ASCII characters.
func unmarkedUTF16(head []byte) string {
	head = head[:min(len(head), 512)]
	var nul [2]int
	for i, b := range head {
		if b == 0 {
			nul[i%2]++
		}
	}
	switch many := len(head) / 8; {
	case nul[1] > many && nul[0] <= nul[1]/8:
		return "UTF-16LE"
	case nul[0] > many && nul[1] <= nul[0]/8:
		return "UTF-16BE"
	}
	return ""
}

// usual are the encodings that a misspelt label is compared with.
var usual = strings.Fields("utf-8 utf-16le utf-16be windows-1252 windows-1250 windows-1251 windows-1253 windows-1254 " +
	"windows-1255 windows-1256 windows-1257 windows-1258 windows-874 iso-8859-1 iso-8859-2 iso-8859-5 iso-8859-7 iso-8859-15 " +
	"macintosh x-mac-cyrillic koi8-r koi8-u ibm866 shift_jis euc-jp iso-2022-jp gbk gb18030 big5 euc-kr")

// Encodings are the labels that can be offered; --encoding takes more.
func Encodings() []string { return usual }

// labelled turns a label of the WHATWG Encoding Standard into the name of its
// encoding. That standard calls iso-8859-1 and ascii windows-1252, as every
// program that writes them means it.
func labelled(label string) (name string, err error) {
	if label == "" {
		return "", nil
	}
	enc, err := htmlindex.Get(label)
	if err == nil {
		name, err = htmlindex.Name(enc)
	}
	switch {
	case err == nil && strings.HasPrefix(name, "utf-"):
		return strings.ToUpper(name), nil
	case err == nil && name != "replacement":
		return name, nil
	}
	near, best := "", 4
	for _, u := range usual {
		if d := distance(Fold(label), Fold(u)); d < best {
			near, best = "did you mean "+u+"? ", d
		}
	}
	return "", fmt.Errorf("--encoding %q is not known; hint: %sit takes the names of the WHATWG Encoding Standard, such as "+
		"utf-8, utf-16le, windows-1252, macintosh, shift_jis, gb18030", label, near)
}

// text is the file as UTF-8. What is UTF-8 already is passed as it is.
func (s *Sheet) text(r io.Reader) io.Reader {
	if s.Encoding == utf8Name {
		return r
	}
	return transform.NewReader(r, newDecoder(s.Encoding))
}

// badByte is the offset of the first byte that is not UTF-8 text, -1 for none.
func badByte(d []byte) int {
	for i := 0; i < len(d); {
		r, n := utf8.DecodeRune(d[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

// NotUTF8 is the one error about a file that is not in its encoding, which is
// UTF-8 unless the file or --encoding says otherwise. It names the first bad
// byte of the row and suggests an encoding, which takes a while to find: call
// it once.
func (s *Sheet) NotUTF8(row Row) *FileError {
	i := max(badByte(row.Raw), 0)
	start := bytes.LastIndexAny(row.Raw[:i], "\r\n") + 1
	e := &FileError{File: s.Name(), Line: row.Line + breaksIn(row.Raw[:start]),
		Msg: fmt.Sprintf("byte %d of the line is 0x%02X, which is not UTF-8 text", i-start+1, row.Raw[i])}
	if s.Encoding != utf8Name {
		e.Msg = fmt.Sprintf("the line holds bytes that are not %s text", s.Encoding)
	}
	if s.marked {
		e.Hint = "its byte order mark says " + s.Encoding + "; save the file anew as 'CSV UTF-8' in the spreadsheet program"
		return e
	}
	e.Hint = "save the file as 'CSV UTF-8' in the spreadsheet program"
	if !s.written {
		e.Hint += ", or name its encoding with --encoding"
	}
	if name := s.guess(row.Raw); name != "" && !strings.EqualFold(name, s.Encoding) {
		e.Hint = s.suggest(name)
	}
	return e
}

// suggest says which encoding it probably is, and what to run.
func (s *Sheet) suggest(name string) string {
	if s.written {
		return fmt.Sprintf("it is probably %s; save it as 'CSV UTF-8' in the spreadsheet program", name)
	}
	if s.command == "" {
		return fmt.Sprintf("it is probably %s; run the same command with --encoding %s", name, strings.ToLower(name))
	}
	return fmt.Sprintf("it is probably %s; run: %s --encoding %s", name, s.command, strings.ToLower(name))
}
