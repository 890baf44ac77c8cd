//go:build !windows

package main

import "os"

// takesColor says that a terminal heeds the escapes of colours.
func takesColor(*os.File) bool { return os.Getenv("TERM") != "dumb" }
