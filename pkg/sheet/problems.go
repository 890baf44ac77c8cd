package sheet

import (
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gocarina/gocsv"

	"onboard/pkg/partner"
)

// valueLimit is how much of a cell problems.csv shows, in code points.
const valueLimit = 200

// Problems is the file with one line per problem. Its columns are fixed: the
// tags of partner.Problem.
type Problems struct {
	*File
	w      *csv.Writer
	record [7]string
}

// CreateProblems starts the file, in the sheet's delimiter.
func (s *Sheet) CreateProblems(path string) (*Problems, error) {
	f, err := CreateFile(path)
	if err != nil {
		return nil, err
	}
	_, _ = f.Write([]byte(s.preamble())) // a buffered write: Commit reports its error
	p := &Problems{File: f, w: csv.NewWriter(f)}
	p.w.Comma, p.w.UseCRLF = rune(s.Delimiter), s.Newline == "\r\n"
	return p, gocsv.MarshalCSV([]partner.Problem{}, gocsv.NewSafeCSVWriter(p.w))
}

// Add writes problems. What comes from a cell is guarded and shortened. gocsv would
// make the same line of each (TestProblemsAsTagged) for five times the price, which
// counts in a sheet with a problem on every row.
func (p *Problems) Add(problems ...partner.Problem) error {
	for i := range problems {
		if err := p.w.Write(p.line(&problems[i])); err != nil {
			return err
		}
	}
	return nil
}

// line is a problem in the order of its tags.
func (p *Problems) line(q *partner.Problem) []string {
	p.record = [...]string{strconv.Itoa(q.Line), guard(q.Column), q.Field, guard(shorten(readable(q.Value), valueLimit)),
		string(q.Code), guard(q.Message), guard(q.Hint)}
	return p.record[:]
}

// Ready makes the file durable under its temporary name.
func (p *Problems) Ready() error {
	p.w.Flush()
	return p.File.Ready()
}

// Commit puts the file in its place.
func (p *Problems) Commit() error {
	_ = p.Ready() // File.Commit has its error
	return p.File.Commit()
}

// shorten cuts a text to so many code points, and says so with an ellipsis.
func shorten(s string, limit int) string {
	n := 0
	for i := range s {
		if n == limit {
			return s[:i] + "…"
		}
		n++
	}
	return s
}

// readable shows bytes that are no UTF-8 as \xNN: the file is UTF-8.
func readable(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&b, `\x%02X`, s[0])
		} else {
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}
