package sheet

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"onboard/pkg/crash"
)

// File is a file that appears whole or not at all, readable by its owner only.
type File struct {
	path string
	f    *os.File
	w    *bufio.Writer
	lock *flock.Flock // of the temporary file; nil where it can't be locked

	ended   bool  // nothing more is written
	failure error // that Ready found
}

// CreateFile starts a file (mode 0600) beside path under a temporary name, and
// removes what a killed process left there under such names. Only ordinary
// files and links are replaced.
func CreateFile(path string) (*File, error) {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() && info.Mode()&os.ModeSymlink == 0 {
		return nil, &FileError{File: path, Msg: "what stands where an output should go is no ordinary file", Hint: "move it, or name another place"}
	}
	removeOrphans(path)
	f, err := os.CreateTemp(filepath.Dir(path), tempPrefix(path)+"*"+tempSuffix)
	if err != nil {
		var failed *os.PathError
		if errors.As(err, &failed) {
			err = failed.Err
		}
		return nil, &FileError{File: path, Msg: "can't be written: " + err.Error(), Hint: "see to its folder, or name another one"}
	}
	o := &File{path: path, f: f, w: bufio.NewWriterSize(f, 64<<10)}
	if lockable {
		o.lock = flock.New(f.Name())
		_, _ = o.lock.TryLock() // without the lock an orphan check takes the file for a dead one's, which is as good as before
	}
	return o, nil
}

const tempSuffix = ".tmp"

func tempPrefix(path string) string { return "." + filepath.Base(path) + "." }

// lockable says that a file can be locked while another handle writes to it.
const lockable = runtime.GOOS != "windows"

// removeOrphans removes temporary files of this name whose process died: the
// system let go of their locks.
func removeOrphans(path string) {
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil || !lockable {
		return
	}
	for _, f := range files {
		if !strings.HasPrefix(f.Name(), tempPrefix(path)) || !strings.HasSuffix(f.Name(), tempSuffix) {
			continue
		}
		info, err := f.Info()
		if err != nil || !info.Mode().IsRegular() || time.Since(info.ModTime()) < time.Second { // it may not have its lock yet
			continue
		}
		name := filepath.Join(filepath.Dir(path), f.Name())
		lock := flock.New(name, flock.SetFlag(os.O_RDWR))
		if dead, err := lock.TryLock(); dead && err == nil {
			os.Remove(name)
			_ = lock.Unlock()
		}
	}
}

// Path is where the file will stand.
func (o *File) Path() string { return o.path }

// Write adds bytes.
func (o *File) Write(p []byte) (int, error) { return o.w.Write(p) }

// Ready makes the file durable under its temporary name. What can fail for want
// of room fails here, so that of several files all are ready before the first is
// put in its place.
func (o *File) Ready() error {
	if !o.ended {
		o.ended = true
		o.failure = errors.Join(o.w.Flush(), o.f.Sync(), o.f.Close())
	}
	return o.failure
}

// SHA256 is the hash of a file that is ready, in hex.
func (o *File) SHA256() (string, error) { return SHA256Of(o.f.Name()) }

// SHA256Of is the hash of a file's bytes, in hex.
func SHA256Of(path string) (string, error) {
	f, err := OpenFile(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), err
}

// Commit makes the file ready, if it is not, and puts it in its place. A link that
// stands there is replaced, not written through.
func (o *File) Commit() error {
	err := o.Ready()
	crash.Point("exporting")
	if err == nil {
		err = os.Rename(o.f.Name(), o.path)
	}
	o.unlock()
	if err != nil {
		os.Remove(o.f.Name())
		return err
	}
	crash.Point("renamed")
	return syncDir(filepath.Dir(o.path))
}

// Move has Commit put the file elsewhere in the same folder.
func (o *File) Move(path string) { o.path = path }

// Discard drops the file; what stood at its place stays.
func (o *File) Discard() {
	o.f.Close()
	os.Remove(o.f.Name())
	o.unlock()
}

func (o *File) unlock() {
	if o.lock != nil {
		_ = o.lock.Unlock()
	}
}

// syncDir makes a rename durable where the system can sync a folder.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return nil // not possible on Windows, where a rename is durable by itself
	}
	defer d.Close()
	_ = d.Sync()
	return nil
}
