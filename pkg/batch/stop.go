package batch

import (
	"context"
	"errors"
	"strings"

	"onboard/pkg/ledger"
)

// StopKind says why a run ended before its end.
type StopKind int

// The kinds of stop.
const (
	Finished        StopKind = iota
	Interrupted              // the operator's signal
	Refused                  // the server, or what answers in its place, refuses everything
	LedgerLost               // the ledger can't be written: nothing may be sent or shown
	FileChanged              // the sheet is not the one that was checked
	ServerUnhealthy          // the server does not get on just now (Tracking alone tells this from Refused)
)

// Stop is why a run ended before its end, as the cause of the cancelled intake.
type Stop struct {
	Kind          StopKind
	Reason        string
	Hint          string
	LedgerMissing bool // and with the ledger what it knew: the same command might create all again
}

func (s *Stop) Error() string { return s.Reason }

// InvalidatesOutputs reports whether the outputs are unfit for use. It is false for nil.
func (s *Stop) InvalidatesOutputs() bool {
	return s != nil && (s.Kind == LedgerLost || s.Kind == FileChanged)
}

// stopped is why the run ends, nil while it does not. A stop that invalidates
// the outputs outranks an earlier one: rows in flight may lack their answers.
func (s *Submission) stopped() *Stop {
	if spoiled := s.invalidated.Load(); spoiled != nil {
		return spoiled
	}
	return stopOf(s.intake)
}

// invalidate ends the run by a stop that invalidates the outputs.
func (s *Submission) invalidate(stop *Stop) error {
	s.invalidated.CompareAndSwap(nil, stop)
	s.stop(stop)
	return stop
}

// stopOf is why an intake has ended; nil when it has not.
func stopOf(intake context.Context) *Stop {
	if intake.Err() == nil {
		return nil
	}
	var stop *Stop
	if errors.As(context.Cause(intake), &stop) {
		return stop
	}
	return &Stop{Kind: Interrupted, Reason: "the run was interrupted"}
}

func (s *Submission) fileChanged() error {
	return s.invalidate(&Stop{Kind: FileChanged, Reason: s.Plan.Sheet.Name() + " was changed while it was being submitted",
		Hint: "run the same command again: what was created is recorded, and nothing is created twice"})
}

func (s *Submission) ledgerLost(err error) error { return s.invalidate(lostLedger(err)) }

// lostLedger gives the ledger's own hint, if it has one: it knows what failed.
func lostLedger(err error) *Stop {
	if errors.Is(err, ledger.ErrGone) { // what it promised no longer holds
		reason, hint, _ := strings.Cut(err.Error(), "; hint: ")
		hint, _, _ = strings.Cut(hint, "; hint: ") // of the answer that was saved
		return &Stop{Kind: LedgerLost, Reason: "nothing more is sent: " + reason, Hint: hint, LedgerMissing: true}
	}
	reason, hint := err.Error(), "see that its disk has room and can be written, and run the same command again"
	if i := strings.LastIndex(reason, "; hint: "); i >= 0 {
		reason, hint = reason[:i], reason[i+len("; hint: "):]
	}
	if errors.Is(err, ledger.ErrLost) { // who sent the row again may have created it twice
		return &Stop{Kind: LedgerLost, Reason: "nothing more is sent, as somebody decided about a row that this run was sending, or sent it again: " + reason, Hint: hint}
	}
	return &Stop{Kind: LedgerLost, Reason: "nothing more is sent, as the ledger failed: " + reason,
		Hint: hint + "; what was created is recorded, and nothing is created twice"}
}
