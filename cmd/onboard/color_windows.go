package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// takesColor asks the console to heed the escapes of colours. That of cmd.exe
// does so only when it is asked, and old ones can't.
func takesColor(f *os.File) bool {
	var mode uint32
	console := windows.Handle(f.Fd())
	return windows.GetConsoleMode(console, &mode) == nil &&
		windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
