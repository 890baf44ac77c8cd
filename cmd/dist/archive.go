package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// file is one file of an archive.
type file struct {
	name string // in the archive
	from string // on this disk
	mode fs.FileMode
}

// enclosed are the files that go with the program: pattern, and folder in the
// archive.
var enclosed = [][2]string{
	{"LICENSE", ""}, {"README.md", ""}, {"CHANGELOG.md", ""}, {noticesFile, ""}, {"docs/*.md", "docs"},
	{"bin/man/*.1", "man"}, {"bin/completions/*", "completions"},
}

// contents are the files of one archive. None may be missing.
func contents(binary string, t target) ([]file, error) {
	files := []file{{t.program(), binary, 0o755}}
	for _, e := range enclosed {
		found, err := filepath.Glob(e[0])
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("there is no %s; hint: make man", e[0])
		}
		for _, f := range found {
			files = append(files, file{path.Join(e[1], filepath.Base(f)), f, 0o644})
		}
	}
	return files, nil
}

// pack writes the files into one folder of an archive, by the ending of its
// name. Owners and times are the same wherever it is made.
func (r *release) pack(archive string, files []file) error {
	out, err := os.Create(archive)
	if err != nil {
		return err
	}
	defer out.Close()
	name := filepath.Base(archive)
	add, finish := r.tar(out)
	if strings.HasSuffix(name, ".zip") {
		add, finish = r.zip(out)
	}
	top := strings.TrimSuffix(strings.TrimSuffix(name, ".zip"), ".tar.gz")
	for _, f := range files {
		text, err := os.ReadFile(f.from)
		if err != nil {
			return err
		}
		if err := add(path.Join(top, f.name), f.mode, text); err != nil {
			return err
		}
	}
	if err := finish(); err != nil {
		return err
	}
	return out.Close()
}

// adder puts a file into an archive.
type adder func(name string, mode fs.FileMode, text []byte) error

func (r *release) tar(out *os.File) (adder, func() error) {
	z := gzip.NewWriter(out)
	w := tar.NewWriter(z)
	add := func(name string, mode fs.FileMode, text []byte) error {
		h := &tar.Header{Name: name, Mode: int64(mode), Size: int64(len(text)), ModTime: r.when, Uname: "root", Gname: "root"}
		if err := w.WriteHeader(h); err != nil {
			return err
		}
		_, err := w.Write(text)
		return err
	}
	return add, func() error {
		if err := w.Close(); err != nil {
			return err
		}
		return z.Close()
	}
}

func (r *release) zip(out *os.File) (adder, func() error) {
	w := zip.NewWriter(out)
	add := func(name string, mode fs.FileMode, text []byte) error {
		h := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: r.when}
		h.SetMode(mode)
		f, err := w.CreateHeader(h)
		if err != nil {
			return err
		}
		_, err = f.Write(text)
		return err
	}
	return add, w.Close
}

// writeSums writes what sha256sum --check reads.
func writeSums(to string, files []string) error {
	var lines strings.Builder
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		fmt.Fprintf(&lines, "%x  %s\n", sha256.Sum256(text), filepath.Base(f))
	}
	return os.WriteFile(to, []byte(lines.String()), 0o644)
}
