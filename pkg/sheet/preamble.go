package sheet

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"onboard/pkg/partner"
)

const topLimit = MaxRecord + 4096 // bytes, as UTF-8, in which the header ends

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
	s.topLine = s.bodyLine
	t, err := s.findHeader(rest, whole, opt)
	if err != nil {
		return err
	}
	end := t.above + t.length
	if err := noNUL(s.Name(), s.bodyLine, rest[:end]); err != nil {
		return err
	}
	s.Delimiter, s.Header, s.HeaderLine = t.delim, t.cells, s.bodyLine+t.lines
	header := rest[t.above:end]
	s.Newline = s.newline(header)
	s.body = int64(len(head) - len(rest) + end)
	s.bodyLine = s.HeaderLine + s.linesIn(header)
	s.named, s.extra = filled(s.Header), s.extraCells(rest[end:], whole)
	if badByte(header) >= 0 {
		return s.NotUTF8(Row{Line: s.HeaderLine, Raw: header})
	}
	s.ahead = rest[end:]
	defer func() { s.ahead = nil }()
	if err := s.quotedHeader(); err != nil {
		return err
	}
	if err := s.mapColumns(opt); err != nil {
		return err
	}
	return s.takeTitles(t)
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
		opt.Delimiter, s.sepLine = d, true
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
