// Package terminal is the one place through which words reach a terminal. A file
// name, a header, a company or a word of the API may hold anything: escape sequences
// that move the cursor, line breaks that forge a line of ours, marks that turn the
// order of letters around. Text shows such characters as escapes, which do nothing.
package terminal

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Text is a text on one line of a terminal: whatever is not seen stands as an escape,
// \n or \x1b or \u202e, and so do bytes that are no UTF-8. Only what shapes the letters
// beside it stays: joiners and variation selectors.
func Text(s string) string { return escape(s, nil) }

// Error is what an error says; each of joined ones has a line of its own.
func Error(err error) string {
	text := err.Error()
	for e := err; e != nil; e = errors.Unwrap(e) {
		joined, ok := e.(interface{ Unwrap() []error })
		if !ok || e.Error() != errors.Join(joined.Unwrap()...).Error() {
			continue
		}
		var lines []string
		for _, one := range joined.Unwrap() {
			lines = append(lines, Error(one))
		}
		before, after, _ := strings.Cut(text, e.Error())
		return Text(before) + strings.Join(lines, "\n") + Text(after)
	}
	return Text(text)
}

// Sprintf formats a sentence of ours, whose own line breaks stay. What is put into it
// is Text.
func Sprintf(format string, args ...any) string {
	safe := make([]any, len(args))
	for i, arg := range args {
		switch v := arg.(type) {
		case string:
			safe[i] = Text(v)
		case error:
			safe[i] = Error(v)
		case fmt.Stringer:
			safe[i] = Text(v.String())
		default:
			safe[i] = arg
		}
	}
	return fmt.Sprintf(format, safe...)
}

// JSON is a document whose strings are escaped where Text would do so. It says the
// same as before.
func JSON(document []byte) []byte {
	var b strings.Builder
	for _, r := range string(document) {
		switch {
		case r == '\n' || seen(r):
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return []byte(b.String())
}

// Writer lets whole lines of text through, and escapes what Text would. It is the
// second lock of the door, for a text that nobody has made Text.
type Writer struct {
	io.Writer
	Live bool // a terminal, whose line is drawn again, and in colors
}

// Write writes p, which ends with a whole character.
func (w Writer) Write(p []byte) (int, error) {
	if _, err := io.WriteString(w.Writer, escape(string(p), w.passes)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Unwrap is the stream behind it.
func (w Writer) Unwrap() io.Writer { return w.Writer }

// colorSequence is the only escape sequence that this program writes.
var colorSequence = regexp.MustCompile(`^\x1b\[[0-9]{1,2}m`)

// passes is how many bytes a stream takes as they are.
func (w Writer) passes(s string) int {
	switch {
	case s[0] == '\n', s[0] == '\r' && w.Live:
		return 1
	case s[0] == '\x1b' && w.Live:
		return len(colorSequence.FindString(s))
	}
	return 0
}

// escape escapes what is not seen and does not pass.
func escape(s string, passes func(rest string) int) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return !seen(r) }) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case seen(r):
			b.WriteString(s[i : i+n])
		case passes != nil && passes(s[i:]) > 0:
			n = passes(s[i:])
			b.WriteString(s[i : i+n])
		default:
			b.WriteString(escaped(r))
		}
		i += n
	}
	return b.String()
}

// seen says that a character takes the place in which it stands, or shapes the one
// before it. U+FFFD is seen, but may stand for a byte that is no text.
func seen(r rune) bool {
	switch {
	case ' ' <= r && r < 0x7f:
		return true
	case r == '\u200c', r == '\u200d', unicode.Is(unicode.Variation_Selector, r):
		return true
	}
	return r != utf8.RuneError && unicode.IsGraphic(r) && !unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}

func escaped(r rune) string {
	switch {
	case r == utf8.RuneError:
		return string(r)
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r < 0x80:
		return fmt.Sprintf(`\x%02x`, r)
	case r > 0xffff:
		return fmt.Sprintf(`\U%08x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}
