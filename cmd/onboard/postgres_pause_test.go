//go:build postgres

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onboard/pkg/sandbox"
)

// grace is how long a pause that one machine was asked for may take to reach the
// others: two round trips to the database, on a machine with more to do.
const grace = 250 * time.Millisecond

// pausing is T12 for several machines: the server asks one of three for a pause,
// and all make it. Afterwards the lower pace of that one holds for all.
func pausing(t *testing.T, kept keeping) {
	const rate, rows, pause = 60, 300, 2 * time.Second
	journal := newJournal(t)
	server, address := serve(t, sandbox.Config{Latency: 10 * time.Millisecond, RetryAfter: pause, Journal: journal,
		Faults: []sandbox.Rule{mustRule(t, fmt.Sprintf("429-retry#%d", rate))}})
	dir := t.TempDir()
	generate(t, filepath.Join(dir, "list.csv"), rows)
	var running []*exec.Cmd
	for o := range 3 {
		out := filepath.Join(dir, fmt.Sprint(o))
		if err := os.Mkdir(out, 0o700); err != nil {
			t.Fatal(err)
		}
		cmd := plainCommand(t, dir, fast(address, append(kept.flags, "--out", out, "--log-file", filepath.Join(out, "run.log"), "--rate-limit", fmt.Sprintf("%d/s", rate))...)...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		running = append(running, cmd)
	}
	for o, cmd := range running {
		if err := cmd.Wait(); err != nil {
			t.Errorf("machine %d: %v", o, err)
		}
		verdictOn(kept, t, server, dir, filepath.Join(dir, fmt.Sprint(o), "list"), rows, early)
	}
	requests := journalLines(t, journal)
	until := pauseEnd(t, requests, pause)
	asked, told := time.Time{}, []time.Time{}
	for o := range running {
		path := filepath.Join(dir, fmt.Sprint(o), "run.log")
		if patient(t, path, requests, pause) > 0 {
			text, _ := os.ReadFile(path)
			for _, l := range logLines(t, text) {
				if l.Trace == until.Trace {
					asked = l.TS
				}
			}
			continue
		}
		told = append(told, heeded(t, path, until.At))
	}
	if len(told) != 2 || asked.IsZero() {
		t.Fatalf("%d machines were told of the pause of another, not 2", len(told))
	}
	for _, at := range told {
		if took := at.Sub(asked); took > grace {
			t.Errorf("a machine was told %v after the answer", took)
		}
	}
	t.Logf("told after %v and %v", told[0].Sub(asked), told[1].Sub(asked))
	afterwards(t, requests, asked.Add(grace), until.At, rate)
}

// pauseEnd is the one request that was refused, with the time until which nobody
// may come.
func pauseEnd(t *testing.T, requests []logLine, pause time.Duration) (refused logLine) {
	t.Helper()
	for _, l := range requests {
		if strings.HasSuffix(l.Fault, "-retry") {
			refused = l
		}
	}
	refused.At = refused.At.Add(pause)
	return refused
}

// heeded is when a run was told of a pause of another. From then on it begins
// nothing before the end.
func heeded(t *testing.T, path string, until time.Time) (told time.Time) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := logLines(t, text)
	for _, l := range lines {
		if l.Msg == "pause" && told.IsZero() {
			told = l.TS
		}
	}
	for _, l := range lines {
		if l.Begun.After(told) && l.Begun.Before(until) {
			t.Errorf("%s: a request left %v before the end of a pause of another, known for %v", path, until.Sub(l.Begun), l.Begun.Sub(told))
		}
	}
	return told
}

// afterwards expects that the server sees no request in a pause, and a lower pace
// when it is over: 70 % of the set one, and what a second or two give back.
func afterwards(t *testing.T, requests []logLine, from, until time.Time, rate int) {
	t.Helper()
	var first time.Time
	within := 0
	for _, l := range requests {
		if l.At.After(from) && l.At.Before(until) {
			t.Errorf("a request arrived %v before the end of the pause", until.Sub(l.At))
		}
		if l.At.Before(until) {
			continue
		}
		if first.IsZero() {
			first = l.At
		}
		if l.At.Sub(first) < time.Second {
			within++
		}
	}
	t.Logf("%d requests in the first second after the pause, which began %v after its end", within, first.Sub(until))
	if within > rate*7/10+2 || within < rate/2 {
		t.Errorf("%d requests in the first second after the pause", within)
	}
}
