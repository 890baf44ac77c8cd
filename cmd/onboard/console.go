package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// console is where the program talks to people. Standard output carries only
// what was asked to go there.
type console struct {
	in       io.Reader
	out, err io.Writer
}

// file is the terminal behind a stream, if it is one.
func terminal(stream any) (*os.File, bool) {
	f, ok := stream.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd()))
}

// interactive says that somebody is there to answer.
func (c *console) interactive() bool {
	_, in := terminal(c.in)
	_, err := terminal(c.err)
	return in && err
}

// say prints a line for people.
func (c *console) say(format string, args ...any) { fmt.Fprintf(c.err, format+"\n", args...) }

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
