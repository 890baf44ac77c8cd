// Command onboard brings a sheet of partner companies onto a vendor's
// platform: it checks every row, creates the good ones through the vendor's
// onboarding API, and gives the same sheet back with a token and a link on
// every row that has one, and a reason on every row that has none.
//
// The command owns flags, signals, the terminal, the log and exit codes.
// Everything else is in the packages below pkg.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"onboard/pkg/report"
	"onboard/pkg/terminal"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// exitError ends the program with a code after everything was said.
type exitError struct{ code int }

func (e exitError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// run is the program: it returns the exit code. An error that no command gave
// a code means that nothing was sent.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	log.SetOutput(io.Discard) // net/http prints what a confused server sent: not for the screen
	out := &checked{Writer: stdout}
	root := newRoot(&console{in: stdin, out: out, err: stderr})
	root.SetArgs(args)
	err := root.ExecuteContext(context.Background())
	if err == nil && out.err != nil {
		err = fmt.Errorf("can't write to standard output: %w", out.err)
	}
	var exit exitError
	switch {
	case err == nil:
		return report.ExitOK
	case errors.As(err, &exit):
		return exit.code // everything was said
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "onboard: interrupted, and nothing was sent")
		return report.ExitInterrupted
	}
	fmt.Fprintln(stderr, "onboard: "+terminal.Error(err))
	return report.ExitNothing
}

// checked remembers that a write failed: nobody looks at what Fprintf returns.
type checked struct {
	io.Writer
	err error
}

// Unwrap is the stream behind it.
func (w *checked) Unwrap() io.Writer { return w.Writer }

func (w *checked) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	if err != nil {
		w.err = err
	}
	return n, err
}
