package sheet

import (
	"fmt"
	"io"
	"os"
)

// OpenFile opens for reading what somebody named: a file on disk and nothing else. A
// pipe that nobody writes to would never open, and a device may never end.
func OpenFile(path string) (*os.File, error) {
	info, err := os.Stat(path) // before it is opened
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, &FileError{File: path, Msg: "this is a folder, not a file"}
	case !info.Mode().IsRegular():
		return nil, &FileError{File: path, Msg: "this is not an ordinary file", Hint: "write what it gives into a file, and name that"}
	}
	return os.Open(path)
}

// ReadFile reads such a file whole, unless it has more bytes than anything of its kind.
func ReadFile(path string, most int64) ([]byte, error) {
	f, err := OpenFile(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(b)) > most {
		err = &FileError{File: path, Msg: fmt.Sprintf("this file has more than %d KiB, which is too large for what it should be", most>>10), Hint: "name the right file"}
	}
	return b, err
}
