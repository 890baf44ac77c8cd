package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"onboard/pkg/pace"
)

// Submission says how partners are submitted.
type Submission struct {
	Rate        string        // requests at most, as 5/s, 90/m or 1000/h
	Concurrency int           // requests in flight at most
	Attempts    int           // for a row that the server did not process
	Limit       int           // send only the first so many rows that would be sent; 0: all
	Timeout     time.Duration // of one request
	MaxErrors   string        // rows that may be invalid, as 10 or 2%; "": any
}

// Validate refuses values that make no sense, each by an Error.
func (s *Submission) Validate() error {
	if _, err := s.PerSecond(); err != nil {
		return err
	}
	failed := func(setting string, format string, value any) error {
		return &Error{Setting: setting, Err: fmt.Errorf(format, value)}
	}
	switch {
	case s.Concurrency < 1 || s.Concurrency > 1024:
		return failed("concurrency", "%d is not from 1 to 1024", s.Concurrency)
	case s.Attempts < 1:
		return failed("max-attempts", "%d is less than 1", s.Attempts)
	case s.Limit < 0:
		return failed("limit", "%d is negative", s.Limit)
	case s.Timeout <= 0:
		return failed("timeout", "%s is not a time to wait", s.Timeout)
	}
	_, _, err := parseShare(s.MaxErrors)
	return err
}

// PerSecond is the rate, in requests a second.
func (s *Submission) PerSecond() (float64, error) {
	rate, err := pace.ParseRate(s.Rate)
	if err != nil {
		return 0, &Error{Setting: "rate-limit", Err: err, Sentence: true}
	}
	return rate, nil
}

// TooMany reports whether so many invalid rows are more than MaxErrors allows.
func (s *Submission) TooMany(invalid, rows int) bool {
	if s.MaxErrors == "" {
		return false
	}
	n, percent, err := parseShare(s.MaxErrors)
	switch {
	case err != nil:
		return true
	case percent:
		return float64(invalid)*100 > n*float64(rows)
	}
	return float64(invalid) > n
}

// parseShare reads a number of rows, or a share of them in percent.
func parseShare(text string) (n float64, percent bool, err error) {
	if text == "" {
		return 0, false, nil
	}
	digits, percent := strings.CutSuffix(text, "%")
	n, err = strconv.ParseFloat(digits, 64)
	whole := strings.Trim(digits, "0123456789") == ""
	if err != nil || strings.Trim(digits, "0123456789.") != "" || percent && n > 100 || !percent && !whole {
		return 0, false, &Error{Setting: "max-errors", Err: fmt.Errorf("%q is neither a number of rows nor a share", text), Examples: []string{"10", "2%"}}
	}
	return n, percent, nil
}
