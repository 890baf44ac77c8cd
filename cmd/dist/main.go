// Command dist makes the files of a release in dist/: for each system an archive
// with a static binary and its bill of materials, the packages for Debian, and
// the checksums of all of them. It runs in the root of the project, after make
// man. From one commit and one Go it makes the same bytes everywhere: every time
// stamp is the commit's.
//
// .goreleaser.yaml says the same in the words of goreleaser; a test compares
// the two.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 0:
		return dist()
	case len(args) == 1 && args[0] == "notices": // this and the next are how goreleaser calls it
		return writeNotices(noticesFile)
	case len(args) == 3 && args[0] == "sbom":
		return writeBill(args[1], args[2])
	}
	return errors.New("usage: dist, dist notices, or dist sbom BINARY FILE")
}

// folder is where everything goes. Whatever was there is removed.
const folder = "dist"

func dist() error {
	r, err := ofCommit()
	if err != nil {
		return err
	}
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	if err := writeNotices(noticesFile); err != nil {
		return err
	}
	var files []string
	for _, t := range targets {
		made, err := r.make(t)
		if err != nil {
			return fmt.Errorf("%s/%s: %w", t.os, t.arch, err)
		}
		fmt.Println(made)
		files = append(files, made...)
	}
	slices.Sort(files)
	return writeSums(filepath.Join(folder, sumsName(r.version)), files)
}

// make builds for one system and returns the files that it made.
func (r *release) make(t target) ([]string, error) {
	name := filepath.Join(folder, archiveName(r.version, t.os, t.arch))
	binary := filepath.Join(name, t.program())
	if err := r.build(t, binary); err != nil {
		return nil, err
	}
	archive, bill := name+t.ending(), name+billEnding
	if err := writeBill(binary, bill); err != nil {
		return nil, err
	}
	files, err := contents(binary, t)
	if err != nil {
		return nil, err
	}
	if err := r.pack(archive, files); err != nil {
		return nil, err
	}
	made := []string{archive, bill}
	if t.os == "linux" {
		if err := r.debian(t, binary, name+".deb"); err != nil {
			return nil, err
		}
		made = append(made, name+".deb")
	}
	return made, os.RemoveAll(name)
}
