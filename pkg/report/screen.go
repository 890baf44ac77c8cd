package report

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"golang.org/x/text/width"

	"onboard/pkg/partner"
)

// Screen is where words for people go. Its zero Width and Color are those of
// a file: whole lines, no escape sequences.
type Screen struct {
	io.Writer
	Width int // columns of the terminal, where lines are broken between words; 0: nowhere
	Color bool
}

// labelWidth is the column in which text begins, beside its label.
const labelWidth = 9

// narrowest is the room for text below which breaking lines makes them worse.
const narrowest = 16

// entry writes a label and its text. A label of spaces continues the entry
// above.
func (s Screen) entry(label, text string) {
	s.Hanging(fmt.Sprintf("%-*s", labelWidth, label), labelWidth, text)
}

// Hanging writes text behind a head that is already as wide as it should be.
// Further lines begin below the text.
func (s Screen) Hanging(head string, indent int, text string) {
	lines := []string{text}
	if s.Width-indent >= narrowest {
		lines = breakLines(text, s.Width-indent)
	}
	for i, line := range lines {
		if i > 0 {
			head = strings.Repeat(" ", indent)
		}
		fmt.Fprintln(s, strings.TrimRight(head+line, " "))
	}
}

// breakLines breaks a text between words into lines of at most so many
// columns. A longer word gets a line of its own.
func breakLines(text string, room int) (lines []string) {
	line, used := "", 0
	for word := range strings.SplitSeq(text, " ") {
		n := Columns(word)
		if line != "" && used+1+n > room {
			lines, line, used = append(lines, line), "", 0
		}
		if line != "" {
			line, used = line+" ", used+1
		}
		line, used = line+word, used+n
	}
	return append(lines, line)
}

// Columns is how many columns of a terminal a text takes: two for a character
// of East Asian width, none for accents and for the escape sequences of paint.
func Columns(text string) (n int) {
	escape := false
	for _, r := range text {
		switch {
		case r == '\x1b':
			escape = true
		case escape:
			escape = r != 'm'
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		default:
			n++
			if kind := width.LookupRune(r).Kind(); kind == width.EastAsianWide || kind == width.EastAsianFullwidth {
				n++
			}
		}
	}
	return n
}

// The colors are the terminal's own, so that they fit its background.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
	bold   = "1"
)

// paint colors a text where that is wanted.
func (s Screen) paint(color, text string) string {
	if !s.Color || color == "" {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

var colors = map[partner.Status]string{
	partner.Valid: green, partner.Created: green, partner.Invalid: red, partner.Rejected: red, partner.InDoubt: yellow,
	partner.NotSent: yellow, partner.Duplicate: yellow,
}

// Paint colors a text by the status that it is about.
func (s Screen) Paint(status partner.Status, text string) string {
	return s.paint(colors[status], text)
}

// count is how many rows have a status, in its color: "3 already created".
func (s Screen) count(n int, status partner.Status) string {
	return s.Paint(status, fmt.Sprintf("%d %s", n, Words(status)))
}
