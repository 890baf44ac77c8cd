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
)

// console is where the program talks to people. Standard output carries only
// what was asked to go there.
type console struct {
	in       io.Reader
	out, err io.Writer
}

// file is the terminal behind a stream, if it is one.
func terminal(stream any) (*os.File, bool) {
	if out, ok := stream.(*checked); ok {
		stream = out.Writer
	}
	f, ok := stream.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd()))
}

// screen is standard error as words are put on it.
func (c *console) screen() report.Screen { return screenOf(c.err) }

// screenOf says how words are put on a stream. NO_COLOR is the custom of
// no-color.org.
func screenOf(w io.Writer) report.Screen {
	s := report.Screen{Writer: w}
	if f, ok := terminal(w); ok {
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
	_, in := terminal(c.in)
	_, err := terminal(c.err)
	return in && err
}

// say prints a line for people.
func (c *console) say(format string, args ...any) {
	fmt.Fprintln(c.err, report.Visible(fmt.Sprintf(format, args...)))
}

// ask shows a question and reads one line. The end of ctx is an answer, too.
func (c *console) ask(ctx context.Context, question string) (string, error) {
	fmt.Fprint(c.err, question)
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
