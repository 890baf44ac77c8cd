//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// peak is the most memory that a process had so far, in MB. What the system says
// at its end counts the memory of the test, too, from which it was started. Only
// Linux tells; elsewhere it is 0.
func peak(pid int) (mb int) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if _, after, ok := strings.Cut(string(status), "VmHWM:"); ok && err == nil {
		_, _ = fmt.Sscan(after, &mb)
	}
	return mb >> 10
}

// peakOf runs a program and says the most memory that it was seen to have, in MB.
func peakOf(cmd *exec.Cmd) (mb int) {
	if cmd.Start() != nil {
		return 0
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	for {
		select {
		case <-ended:
			return mb
		case <-time.After(time.Millisecond):
			mb = max(mb, peak(cmd.Process.Pid))
		}
	}
}
