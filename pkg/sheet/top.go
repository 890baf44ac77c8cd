package sheet

import (
	"bytes"
	"fmt"
	"strings"

	"onboard/pkg/partner"
)

const (
	topRecords   = 20 // so many records with text are looked at to find the header
	unmistakable = 3  // so many known spellings make a record the header
	likely       = 2  // and so many do where no other record has any
	titleLimit   = 80 // code points of a title line that are kept
)

// top is a record near the top of a file, read under one delimiter, that may
// be the header.
type top struct {
	delim  byte
	above  int      // bytes above it
	lines  int      // lines above it
	length int      // its bytes
	cells  []string // its texts
	score  int      // how many of them are known spellings
	titles []top    // the records with text above it
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

// headerUnder finds the header under one delimiter: of the records at the top the
// first one with the most known spellings, or else the first one that holds text.
// Its error tells that a record does not end before there is a header; b may be
// changed.
func (s *Sheet) headerUnder(delim byte, b []byte, whole bool, opt Options) (top, error) {
	var found []top
	for t := (top{delim: delim}); len(found) < topRecords && t.above < len(b); {
		end, _, _ := nextRecord(b[t.above:], delim, whole)
		if end == 0 || end > MaxRecord {
			if len(found) > 0 {
				break
			}
			sc := Scanner{name: s.Name(), delim: delim, line: s.bodyLine + t.lines, eof: whole}
			return top{delim: delim, score: -1}, sc.endless(b[t.above:])
		}
		t.length = end
		if t.cells = headerCells(b[t.above:t.above+end], delim); filled(t.cells) > 0 {
			t.score = recognised(t.cells, opt.Map)
			found = append(found, t)
		}
		t.lines += s.linesIn(b[t.above : t.above+end])
		t.above += end
	}
	if len(found) == 0 {
		return top{delim: delim, score: -1}, nil
	}
	best := 0
	for i, t := range found {
		if t.score > found[best].score && (t.score >= unmistakable || found[0].score == 0 && t.score >= likely && !likeRow(t.cells)) {
			best = i
		}
	}
	header := found[best]
	header.titles = found[:best]
	return header, nil
}

// takeTitles keeps the lines above the header, which are skipped, and refuses one that
// looks like a row: the header was sorted down among the rows, or is another one's.
func (s *Sheet) takeTitles(header top) error {
	first, more := 0, 0
	for _, t := range header.titles {
		s.Titles = append(s.Titles, titleOf(t.cells))
		switch {
		case !s.rowAbove(t):
		case first == 0:
			first = s.topLine + t.lines
		default:
			more++
		}
	}
	if first == 0 {
		return nil
	}
	also := ""
	if more > 0 {
		also = fmt.Sprintf(", as %d more do", more)
	}
	return &FileError{File: s.Name(), Line: first, Msg: fmt.Sprintf("this line stands above the header, which is line %d, and looks like a row%s", s.HeaderLine, also),
		Hint: "move the header to the top of the file, above all rows; delete this line only if it is a title"}
}

// rowAbove says that a record above the header is no title: there is an e-mail
// address or a country and its data center in it, or it fills as many cells as the
// header or most of the required columns. One of known spellings is a heading over
// groups of columns.
func (s *Sheet) rowAbove(t top) bool {
	if t.score >= unmistakable {
		return false
	}
	n, required := 0, 0
	for i, c := range t.cells {
		if partner.Blank(c) {
			continue
		}
		n++
		if f, ok := s.FieldOf(i); ok && partner.Specs[f].Required {
			required++
		}
	}
	return likeRow(t.cells) || n > 1 && (n >= filledCells(s.Header) || required > unmistakable || strings.Contains(strings.Join(t.cells, " "), "@"))
}

func filledCells(record []string) (n int) {
	for _, c := range record {
		if !partner.Blank(c) {
			n++
		}
	}
	return n
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
