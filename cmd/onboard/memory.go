package main

import (
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// garbage is how much memory may lie about before it is collected, in bytes:
// enough that collecting costs a few hundredths of the time, and no more
// however much a sheet of millions of rows has in use. By itself the collector
// waits until there is as much garbage as is in use.
const garbage = 9 << 20

// collectOften keeps the garbage small until the returned function is called.
func collectOften() (stop func()) {
	done := make(chan struct{})
	before := debug.SetGCPercent(100)
	go func() {
		t := time.NewTicker(50 * time.Millisecond)
		defer t.Stop()
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		for {
			select {
			case <-t.C:
				metrics.Read(live)
				debug.SetGCPercent(int(min(400, 100*garbage/max(live[0].Value.Uint64(), 1))))
			case <-done:
				debug.SetGCPercent(before)
				return
			}
		}
	}()
	return func() { close(done) }
}
