package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// interruptible is a context that the first signal ends: before anything is
// sent there is nothing to finish.
//
// From here on a screen that is gone, as in a pipe to head, ends no run: the
// files matter more. What was asked for on standard output is still missed.
func interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	signal.Ignore(syscall.SIGPIPE)
	ctx, release := signal.NotifyContext(ctx, stopping...)
	context.AfterFunc(ctx, release) // a second one ends the program the system's way, whatever it is busy with
	return ctx, release
}

// stopping are the signals that end a run. Under nohup a run is to outlive its
// terminal; only before the first Notify can that be seen.
var stopping = func() []os.Signal {
	if signal.Ignored(syscall.SIGHUP) {
		return []os.Signal{os.Interrupt, syscall.SIGTERM}
	}
	return []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}
}()

// signals gives a run its two ways to end. The first signal ends intake: what
// is in flight finishes. The second ends now as well. A third one is the
// system's business.
func signals(ctx context.Context, c *console) (now, intake context.Context, release func()) {
	now, stopNow := context.WithCancel(ctx)
	intake, stopIntake := context.WithCancel(now)
	caught := make(chan os.Signal, 3)
	signal.Notify(caught, stopping...)
	done := make(chan struct{})
	go func() {
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			case <-caught:
			}
			if n == 0 {
				c.say("\nStopping: what is on its way finishes. Once more to stop at once.")
				stopIntake()
				continue
			}
			c.say("\nStopping at once: rows in flight will be in doubt.")
			stopNow()
			signal.Stop(caught)
			return
		}
	}()
	return now, intake, func() {
		signal.Stop(caught)
		close(done)
		stopIntake()
		stopNow()
	}
}
