package sheet

import (
	"encoding/csv"
	"fmt"
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
	w *gocsv.SafeCSVWriter
}

// CreateProblems starts the file, in the sheet's delimiter.
func (s *Sheet) CreateProblems(path string) (*Problems, error) {
	f, err := CreateFile(path)
	if err != nil {
		return nil, err
	}
	_, _ = f.Write([]byte(s.preamble())) // a buffered write: Commit reports its error
	w := csv.NewWriter(f)
	w.Comma, w.UseCRLF = rune(s.Delimiter), s.Newline == "\r\n"
	p := &Problems{File: f, w: gocsv.NewSafeCSVWriter(w)}
	return p, gocsv.MarshalCSV([]partner.Problem{}, p.w)
}

// Add writes problems. What comes from a cell is guarded and shortened.
func (p *Problems) Add(problems ...partner.Problem) error {
	if len(problems) == 0 {
		return nil
	}
	shown := make([]partner.Problem, len(problems))
	for i, problem := range problems {
		problem.Value = guard(shorten(readable(problem.Value), valueLimit))
		problem.Column = guard(problem.Column)
		problem.Message, problem.Hint = guard(problem.Message), guard(problem.Hint)
		shown[i] = problem
	}
	return gocsv.MarshalCSVWithoutHeaders(shown, p.w)
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
