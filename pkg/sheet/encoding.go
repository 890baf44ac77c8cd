package sheet

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/transform"

	"onboard/pkg/partner"
)

const utf8Name = "UTF-8"

// settleEncoding decides what a text file is in: a byte order mark says it,
// else the label that was given, else it is UTF-8. Nothing is guessed, and a label
// that the bytes contradict is refused.
func (s *Sheet) settleEncoding(head []byte, opt Options) error {
	given, err := labelled(opt.Encoding)
	if err != nil {
		return err
	}
	if given != "" && opt.EncodingSaid != "" && ofOurs(head) {
		given = "" // a profile speaks of the sheets of a program, and not of what we made of one
	}
	marked := markOf(head)
	s.marked = marked != ""
	s.Encoding = cmp.Or(marked, given, utf8Name)
	s.BOM = s.marked || s.Encoding != utf8Name
	if given != "" && !opt.addedOnly {
		return s.contradicted(given, opt)
	}
	if name := unmarkedUTF16(head); given == "" && !s.marked && name != "" {
		return &FileError{File: s.Name(), Line: 1, Msg: "every other byte is a NUL, which no UTF-8 text has", Hint: s.suggest(name)}
	}
	return nil
}

// ofOurs says that a file is UTF-8 whose first column is one that the outputs add.
func ofOurs(head []byte) bool {
	text := bytes.TrimPrefix(head, []byte("\ufeff"))
	text = bytes.TrimPrefix(text, []byte("\""))
	return bytes.HasPrefix(text, []byte(firstAdded)) && utf8.Valid(wholeRunes(text))
}

const firstAdded = "onboard_line"

// contradicted refuses an encoding that was given, where a byte order mark names
// another, or where the text is UTF-8 beyond doubt: the wrong one would garble every
// letter that is not ASCII, those of the header too.
func (s *Sheet) contradicted(given string, opt Options) error {
	why := ""
	switch utf16 := strings.EqualFold(opt.Encoding, "utf-16") && strings.HasPrefix(s.Encoding, "UTF-16"); {
	case s.marked && given != s.Encoding && !utf16:
		why = "its byte order mark says that it is " + s.Encoding
	case !s.marked && given != utf8Name && !strings.HasPrefix(given, "UTF-16") && s.readsAsUTF8(given):
		why = "it is UTF-8, with letters that no other encoding would make of it"
	default:
		return nil
	}
	said, hint := "--encoding "+opt.Encoding, "leave out --encoding"
	if opt.EncodingSaid != "" {
		said, hint = opt.EncodingSaid+": encoding "+opt.Encoding, "take the line out, or give --encoding "+strings.ToLower(s.trueEncoding())
	}
	return &FileError{File: s.Name(), Msg: said + " does not fit the file: " + why, Hint: hint}
}

// trueEncoding is what a file is in that contradicts what was given.
func (s *Sheet) trueEncoding() string {
	if s.marked {
		return s.Encoding
	}
	return utf8Name
}

// readsAsUTF8 says that a file has bytes beyond ASCII in its first MiB, all of them
// UTF-8, which make no better sense in the given encoding. Only in the encodings of
// East Asia can that be an accident.
func (s *Sheet) readsAsUTF8(given string) bool {
	head := make([]byte, 1<<20)
	n, _ := s.file.ReadAt(head, 0) // what can't be read is no UTF-8
	head = wholeRunes(head[:n])
	sample := highLines(head, 16<<10)
	if len(sample) == 0 || !utf8.Valid(head) {
		return false
	}
	if !eastern[given] {
		return true
	}
	text, _, _ := transform.Bytes(newDecoder(given), sample)
	return sense(string(sample)) > sense(string(text))
}

var eastern = map[string]bool{"shift_jis": true, "euc-jp": true, "iso-2022-jp": true, "gbk": true, "gb18030": true, "big5": true, "euc-kr": true}

// wholeRunes leaves out a character at the end that is cut.
func wholeRunes(b []byte) []byte {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if c := b[len(b)-n]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(b[len(b)-n:]) {
				return b[:len(b)-n]
			}
			break
		}
	}
	return b
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
	if n := s.goodLines(); n > 0 && s.Encoding == utf8Name {
		e.Msg += fmt.Sprintf("; the rest is: %d further lines have letters in UTF-8", n)
		e.Hint = "correct this line in an editor, and save the file as UTF-8" + sign(row.Raw[i])
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

// mostly is how many good lines there are to a bad one in a file that is UTF-8.
const mostly = 4

// goodLines is how many lines have characters beyond ASCII in UTF-8, in the first MiB
// of a file that is mostly so; else 0. Bytes of another encoding are hardly ever UTF-8.
func (s *Sheet) goodLines() int {
	head := make([]byte, 1<<20)
	n, _ := s.file.ReadAt(head, 0) // what can't be read is no UTF-8
	good, broken := 0, 0
	for line := range bytes.FieldsFuncSeq(wholeRunes(head[:n]), func(r rune) bool { return r == '\r' || r == '\n' }) {
		switch {
		case !utf8.Valid(line):
			broken++
		case bytes.IndexFunc(line, func(r rune) bool { return r >= utf8.RuneSelf }) >= 0:
			good++
		}
	}
	if good < mostly*max(broken, 1) {
		return 0
	}
	return good
}

// sign is what a byte is in the usual encoding of Windows.
func sign(b byte) string {
	text, _, _ := transform.Bytes(newDecoder("windows-1252"), []byte{b})
	if !utf8.Valid(text) || partner.Blank(string(text)) {
		return ""
	}
	return fmt.Sprintf(" (0x%02X is %s in windows-1252)", b, text)
}

// suggest says which encoding it probably is, and what to run.
func (s *Sheet) suggest(name string) string {
	if s.written {
		return fmt.Sprintf("it is probably %s; save it as 'CSV UTF-8' in the spreadsheet program", name)
	}
	return "it is probably " + name + "; " + s.run("encoding", strings.ToLower(name))
}

// run says how to run the command with a flag that it lacked, or with another value.
func (s *Sheet) run(flag, value string) string {
	if s.command == nil {
		return "run the same command with --" + flag + " " + value
	}
	return "run: " + s.command(flag) + " --" + flag + " " + value
}
