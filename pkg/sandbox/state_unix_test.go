//go:build unix

package sandbox

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestStateIsAFile: a pipe that nobody writes to, or a device without end, is refused
// at once.
func TestStateIsAFile(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, "/dev/zero", "/dev/null", t.TempDir()} {
		done := make(chan error, 1)
		go func() {
			_, _, err := New(Config{State: path}).Start()
			done <- err
		}()
		select {
		case err := <-done:
			if err == nil || !strings.Contains(err.Error(), "not an ordinary file") {
				t.Errorf("%s: %v", path, err)
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("%s: it waits", path)
		}
	}
}
