package partner

import "slices"

// Code is the stable name of a kind of problem; scripts filter by it.
type Code string

// The codes that stand in problems.csv.
const (
	Required         Code = "required"
	TooLong          Code = "too_long"
	NotAllowed       Code = "not_allowed" // a code outside its list
	BadFormat        Code = "bad_format"  // an address that is none, or what a program put in the place of a value
	BadEncoding      Code = "bad_encoding"
	ControlCharacter Code = "control_character"
	RaggedRow        Code = "ragged_row"
	DuplicateRow     Code = "duplicate"
	APIRejected      Code = "api_rejected"
	NotSentRow       Code = "not_sent"
	InDoubtRow       Code = "in_doubt"
	Fixed            Code = "fixed"   // corrected under Rules.Fix: nothing is wrong any more
	Questionable     Code = "warning" // no rule is broken, and a person should look
)

// Problem is one thing wrong with one row, for a person to read. The tags are
// the columns of problems.csv.
type Problem struct {
	Line    int    `csv:"line"`   // physical line on which the row starts, from 1
	Column  string `csv:"column"` // as the sheet spells it; empty when the whole row is meant
	Field   string `csv:"field"`  // canonical name
	Value   string `csv:"value"`  // as the sheet has it
	Code    Code   `csv:"code"`
	Message string `csv:"message"` // a sentence
	Hint    string `csv:"hint"`    // the exact correction as a bare value, or what to do, or a question, or empty
	Exact   bool   `csv:"-"`       // the hint is the exact correction, which Rules.Fix would apply
}

// refuses says that a row with such a problem is not valid.
func (c Code) refuses() bool { return c != Fixed && c != Questionable }

// Faulty says that there is a problem for which the row is not valid.
func Faulty(problems []Problem) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool { return p.Code.refuses() })
}

// Faults are the problems for which a row is not valid.
func Faults(problems []Problem) []Problem {
	if !slices.ContainsFunc(problems, func(p Problem) bool { return !p.Code.refuses() }) {
		return problems
	}
	return slices.DeleteFunc(slices.Clone(problems), func(p Problem) bool { return !p.Code.refuses() })
}

// Fixable says that Rules.Fix would make the row valid.
func Fixable(problems []Problem) bool {
	return Faulty(problems) && !slices.ContainsFunc(problems, func(p Problem) bool { return !p.Exact && p.Code.refuses() })
}

// Status is what became of a row.
type Status string

// The statuses of a row. Valid is counted by a dry run only; every other one
// stands in the onboard_status column of exactly one output file.
const (
	Valid          Status = "valid"
	Created        Status = "created"         // by this run
	AlreadyCreated Status = "already_created" // by an earlier run
	Invalid        Status = "invalid"
	Duplicate      Status = "duplicate"
	Rejected       Status = "rejected" // the API said no
	NotSent        Status = "not_sent"
	InDoubt        Status = "in_doubt" // sent, and no answer that can be trusted
)

// Statuses lists every status in the order in which people read them.
var Statuses = []Status{Valid, Created, AlreadyCreated, Invalid, Duplicate, Rejected, NotSent, InDoubt}
