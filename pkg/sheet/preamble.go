package sheet

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"onboard/pkg/partner"
)

const (
	topLimit     = MaxRecord + 4096 // bytes, as UTF-8, in which the header ends
	topRecords   = 20               // so many records with text are looked at to find the header
	unmistakable = 3                // so many known spellings make a record below the first one the header
	titleLimit   = 80               // code points of a title line that are kept
)

// readHeader finds sep= line, delimiter, title lines and header, and remembers
// where the rows begin.
func (s *Sheet) readHeader(opt Options) error {
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	head, err := io.ReadAll(io.LimitReader(s.text(s.file), topLimit))
	if err != nil {
		return fmt.Errorf("%s: %w", s.Name(), err)
	}
	whole := len(head) < topLimit
	rest := s.skipToText(head, &opt)
	if len(rest) == 0 && whole {
		return &FileError{File: s.Name(), Msg: "the file is empty", Hint: "'onboard template' writes a sheet to fill in"}
	}
	t, err := s.findHeader(rest, whole, opt)
	if err != nil {
		return err
	}
	end := t.above + t.length
	if err := noNUL(s.Name(), s.bodyLine, rest[:end]); err != nil {
		return err
	}
	s.Delimiter, s.Header, s.Titles, s.HeaderLine = t.delim, t.cells, t.titles, s.bodyLine+t.lines
	header := rest[t.above:end]
	s.Newline = s.newline(header)
	s.body = int64(len(head) - len(rest) + end)
	s.bodyLine = s.HeaderLine + s.linesIn(header)
	if badByte(header) >= 0 {
		return s.NotUTF8(Row{Line: s.HeaderLine, Raw: header})
	}
	return s.mapColumns(opt)
}

// skipToText drops the byte order mark, lines without text and a sep= line.
func (s *Sheet) skipToText(head []byte, opt *Options) []byte {
	s.bodyLine = 1
	rest := s.skipBlank(bytes.TrimPrefix(head, []byte("\ufeff")))
	d, after, ok := sepLine(rest)
	if !ok {
		return rest
	}
	s.bodyLine++
	if opt.Delimiter == 0 {
		opt.Delimiter = d
	}
	return s.skipBlank(after)
}

// newline is the line break for outputs. A lone CR, of old Macs, is written as
// CRLF, which everything reads.
func (s *Sheet) newline(header []byte) string {
	if s.Workbook != nil || bytes.HasSuffix(header, []byte("\r\n")) || bytes.HasSuffix(header, []byte("\r")) {
		return "\r\n"
	}
	return "\n"
}

// linesIn counts the lines of one record: physical ones, or the one row of a
// workbook that it is.
func (s *Sheet) linesIn(record []byte) int {
	if s.byRecord {
		return 1
	}
	return breaksIn(record)
}

// skipBlank drops lines without text above the header.
func (s *Sheet) skipBlank(b []byte) []byte {
	for {
		i := bytes.IndexAny(b, "\r\n")
		if i < 0 && partner.Blank(string(b)) {
			return nil
		}
		if i < 0 || !partner.Blank(string(b[:i])) {
			return b
		}
		if b[i] == '\r' && i+1 < len(b) && b[i+1] == '\n' {
			i++
		}
		b, s.bodyLine = b[i+1:], s.bodyLine+1
	}
}

// sepLine reads Excel's "sep=;" first line. No line break, quotation mark or byte
// that is not ASCII can part cells.
func sepLine(b []byte) (delim byte, after []byte, ok bool) {
	if len(b) < 5 || !strings.EqualFold(string(b[:4]), "sep=") || b[4] >= utf8.RuneSelf || bytes.IndexByte([]byte("\"\r\n\x00"), b[4]) >= 0 {
		return 0, nil, false
	}
	rest := b[5:]
	switch {
	case bytes.HasPrefix(rest, []byte("\r\n")):
		return b[4], rest[2:], true
	case bytes.HasPrefix(rest, []byte("\n")), bytes.HasPrefix(rest, []byte("\r")):
		return b[4], rest[1:], true
	}
	return 0, nil, false
}

// top is a record near the top of a file, read under one delimiter, that may
// be the header.
type top struct {
	delim  byte
	above  int      // bytes above it
	lines  int      // lines above it
	length int      // its bytes
	cells  []string // its texts
	score  int      // how many of them are known spellings
	titles []string // the lines with text above it
}

// findHeader picks the delimiter, and with it the header, under which most
// cells are known spellings.
func (s *Sheet) findHeader(b []byte, whole bool, opt Options) (top, error) {
	candidates := delimiters
	if opt.Delimiter != 0 {
		candidates = []byte{opt.Delimiter}
	}
	best, endless := top{score: -1}, error(nil)
	for _, d := range candidates {
		t, err := s.headerUnder(d, bytes.Clone(b), whole, opt)
		if err != nil {
			endless = err
		} else if t.score > best.score || t.score == best.score && len(t.cells) > len(best.cells) {
			best = t
		}
	}
	switch {
	case best.score < 1 && endless != nil: // nothing is recognized: then a header that does not end is the better explanation
		return best, endless
	case best.score < 0:
		return best, &FileError{File: s.Name(), Msg: "there is no header: the cells at the top of the file hold no text"}
	}
	return best, nil
}

// headerUnder finds the header under one delimiter: the first of the records
// at the top that is unmistakable, or else the first one that holds text. The
// lines above an unmistakable one are titles. Its error tells that a record
// does not end before there is a header; b may be changed.
func (s *Sheet) headerUnder(delim byte, b []byte, whole bool, opt Options) (top, error) {
	first, t := top{delim: delim, score: -1}, top{delim: delim}
	for n := 0; n < topRecords && t.above < len(b); {
		end, _, _ := nextRecord(b[t.above:], delim, whole)
		if end == 0 || end > MaxRecord {
			if first.score >= 0 {
				break
			}
			sc := Scanner{name: s.Name(), delim: delim, line: s.bodyLine + t.lines, eof: whole}
			return first, sc.endless(b[t.above:])
		}
		t.length = end
		t.cells = cellTexts(b[t.above:t.above+end], delim)
		t.score = recognised(t.cells, opt.Map)
		title := titleOf(t.cells)
		if title != "" && first.score < 0 {
			first = t
		}
		if t.score >= unmistakable {
			return t, nil
		}
		if title != "" {
			t.titles = append(t.titles, title)
			n++
		}
		t.lines += s.linesIn(b[t.above : t.above+end])
		t.above += end
	}
	return first, nil
}

// titleOf shows a line above the header in short.
func titleOf(cells []string) string {
	var texts []string
	for _, c := range cells {
		if c = partner.Clean(c); c != "" {
			texts = append(texts, c)
		}
	}
	return shorten(readable(strings.Join(texts, ", ")), titleLimit)
}
