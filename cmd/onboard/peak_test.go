//go:build linux && (torture || compare)

package main

import (
	"fmt"
	"os"
	"strings"
)

// peak is the most memory that a process had so far, in MB. What the system says
// at its end counts the memory of the test, too, from which it was started.
func peak(pid int) (mb int) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if _, after, ok := strings.Cut(string(status), "VmHWM:"); ok && err == nil {
		_, _ = fmt.Sscan(after, &mb)
	}
	return mb >> 10
}
