package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"onboard/pkg/report"
	"onboard/pkg/terminal"
)

// console is where the program talks to people. Standard output carries only
// what was asked to go there.
type console struct {
	in       io.Reader
	out, err io.Writer
}

// terminalOf is the terminal behind a stream, if it is one.
func terminalOf(stream any) (*os.File, bool) {
	for {
		outer, ok := stream.(interface{ Unwrap() io.Writer })
		if !ok {
			break
		}
		stream = outer.Unwrap()
	}
	f, ok := stream.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd()))
}

// screen is standard error as words are put on it.
func (c *console) screen() report.Screen { return screenOf(c.err) }

// screenOf says how words are put on a stream. NO_COLOR is the custom of
// no-color.org.
func screenOf(w io.Writer) report.Screen {
	f, ok := terminalOf(w)
	s := report.Screen{Writer: terminal.Writer{Writer: w, Live: ok}}
	if ok {
		s.Width = columns(f)
		s.Color = os.Getenv("NO_COLOR") == "" && takesColor(f)
	}
	return s
}

// columns is the width of a terminal; 80 when it does not tell.
func columns(f *os.File) int {
	if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
		return width
	}
	return 80
}

// interactive says that somebody is there to answer.
func (c *console) interactive() bool {
	_, in := terminalOf(c.in)
	_, err := terminalOf(c.err)
	return in && err
}

// say prints a line for people.
func (c *console) say(format string, args ...any) {
	fmt.Fprintln(c.screen(), terminal.Sprintf(format, args...))
}

// sayJSON writes a document for scripts, which may be looked at on a terminal.
func (c *console) sayJSON(document []byte) error {
	_, err := c.out.Write(terminal.JSON(document))
	return err
}

// ask shows a question and reads one line. The end of ctx is an answer, too.
func (c *console) ask(ctx context.Context, question string) (string, error) {
	fmt.Fprint(c.screen(), terminal.Text(question))
	answer := make(chan string, 1)
	go func() {
		line, err := bufio.NewReader(c.in).ReadString('\n')
		if err != nil {
			fmt.Fprintln(c.err)
		}
		answer <- strings.TrimSpace(line)
	}()
	select {
	case line := <-answer:
		return line, nil
	case <-ctx.Done():
		fmt.Fprintln(c.err)
		return "", ctx.Err()
	}
}
