package sheet

import (
	"errors"
	"io"

	"onboard/pkg/partner"
)

// OpenResults opens a results file of an earlier run for what was added to it.
// A person may have saved it again in another program since, so its own columns
// may be anything, and its bytes need not be UTF-8: tokens and links are ASCII.
func OpenResults(path string) (*Sheet, error) {
	s, err := Open(path, nil, Options{addedOnly: true})
	if err != nil {
		s, err = Open(path, nil, Options{addedOnly: true, Encoding: "windows-1252"})
	}
	return s, err
}

// EachLink calls fn with token and link of each row; "" where there is none. It
// ends at what can't be read.
func (s *Sheet) EachLink(fn func(token, link string) error) error {
	token, link := s.addedColumn("onboard_token"), s.addedColumn("onboard_link")
	scanner, err := s.Scan()
	if err != nil {
		return err
	}
	var cells [][]byte
	for {
		block, err := scanner.Next()
		var broken *FileError
		if errors.Is(err, io.EOF) || errors.As(err, &broken) {
			return nil
		} else if err != nil {
			return err
		}
		for rest := block.Data; len(rest) > 0; {
			end, _, _ := nextRecord(rest, s.Delimiter, true)
			if end == 0 {
				break // a cell that never closes
			}
			cells = rawCells(trimBreak(rest[:end]), s.Delimiter, cells[:0])
			if err := fn(textAt(cells, token), textAt(cells, link)); err != nil {
				return err
			}
			rest = rest[end:]
		}
		scanner.Reuse(block)
	}
}

// textAt is a cell, cleaned; "" where there is none.
func textAt(cells [][]byte, i int) string {
	if i < 0 || i >= len(cells) {
		return ""
	}
	return partner.Clean(unguard(unquote(cells[i])))
}
