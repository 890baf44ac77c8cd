package sqlite

import (
	"context"
	"fmt"
	"io/fs"
	"syscall"
	"testing"
)

// TestDiskTrouble: a sound ledger on a bad disk is not to be replaced by a new one.
func TestDiskTrouble(t *testing.T) {
	l := mustOpen(t, newPath(t))
	conn, err := l.writer.Driver().Open(dsn(newPath(t), nil)) // its folder is not there
	if err == nil {
		conn.Close()
		t.Fatal("opened")
	}
	_, garbage := l.reader.ExecContext(context.Background(), "no SQL")
	for _, tt := range []struct {
		name string
		err  error
		want bool
	}{
		{"no folder", fmt.Errorf("open: %w", err), true},
		{"no right", &fs.PathError{Op: "open", Path: "x", Err: syscall.EACCES}, true},
		{"full", &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}, true},
		{"wrong SQL", garbage, false},
		{"nothing", nil, false},
	} {
		if got := diskTrouble(tt.err); got != tt.want {
			t.Errorf("%s: %v, want %v: %v", tt.name, got, tt.want, tt.err)
		}
	}
}
