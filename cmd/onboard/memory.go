package main

import (
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// How much memory may lie about before it is collected, in bytes: enough that
// collecting costs a few hundredths of the time, and no more however much a sheet
// of millions of rows has in use. By itself the collector waits until there is as
// much garbage as is in use. A request leaves much more of it behind than a row
// that is only read.
const (
	garbageOfChecks   = 14 << 20
	garbageOfRequests = 32 << 20
)

// most is the garbage for each 100 bytes in use, however few these are.
const most = 400

// collect keeps the garbage at so many bytes until the returned function is called.
func collect(garbage uint64) (stop func()) {
	done := make(chan struct{})
	before := debug.SetGCPercent(most) // of 4 MB, which the collector takes for the least that is in use
	go func() {
		t := time.NewTicker(50 * time.Millisecond)
		defer t.Stop()
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		for {
			select {
			case <-t.C:
				metrics.Read(live)
				debug.SetGCPercent(int(min(most, 100*garbage/max(live[0].Value.Uint64(), 1))))
			case <-done:
				debug.SetGCPercent(before)
				return
			}
		}
	}()
	return func() { close(done) }
}
