//go:build crashpoints

package crash

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
)

// Variable names the point and its passage, from 1, at which to die: "claimed:3".
const Variable = "ONBOARD_TEST_CRASH"

var (
	where string
	left  atomic.Int64
)

func init() {
	name, count, _ := strings.Cut(os.Getenv(Variable), ":")
	n, err := strconv.ParseInt(count, 10, 64)
	if err != nil {
		return
	}
	where = name
	left.Store(n)
}

// Point kills the process, as kill -9 does, when it is the point and the passage
// that the environment names.
func Point(name string) {
	if name != where || left.Add(-1) != 0 {
		return
	}
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		_ = p.Kill()
	}
	select {} // nothing is done between the signal and its arrival
}
