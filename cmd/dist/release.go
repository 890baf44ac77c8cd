package main

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// target is a system that a release is for.
type target struct{ os, arch string }

var targets = []target{
	{"linux", "amd64"}, {"linux", "arm64"},
	{"darwin", "amd64"}, {"darwin", "arm64"},
	{"windows", "amd64"}, {"windows", "arm64"},
}

// program is the name of the binary.
func (t target) program() string {
	if t.os == "windows" {
		return "onboard.exe"
	}
	return "onboard"
}

// ending is that of the archive.
func (t target) ending() string {
	if t.os == "windows" {
		return ".zip"
	}
	return ".tar.gz"
}

// The names of the files, as goreleaser would make them.
func archiveName(version, system, arch string) string {
	return "onboard_" + version + "_" + system + "_" + arch
}

func sumsName(version string) string { return "onboard_" + version + "_checksums.txt" }

// snapshotName is the version of a commit that has no tag of its own.
func snapshotName(version, shortCommit string) string { return version + "-dev." + shortCommit }

const billEnding = ".cdx.json"

// buildFlags leave out of the binary what differs from machine to machine.
var buildFlags = []string{"-trimpath", "-buildvcs=false"}

// linkFlags tell the program what it is; see version.go of cmd/onboard.
func linkFlags(version, commit, date string) []string {
	return []string{"-s", "-w", "-X main.release=" + version, "-X main.commit=" + commit, "-X main.date=" + date}
}

// release is what is being made: the commit that is checked out.
type release struct {
	version, commit string
	when            time.Time // of the commit
}

// ofCommit asks git. A commit with the tag v1.2.3 is version 1.2.3; any other is
// a snapshot of the tag before it. Changes that are not committed can't be
// released.
func ofCommit() (*release, error) {
	changes, err := git("status", "--porcelain")
	if err != nil {
		return nil, err
	}
	if changes != "" {
		return nil, errors.New("there are changes that are not committed; hint: git status")
	}
	commit, err := git("rev-parse", "HEAD")
	if err != nil {
		return nil, err
	}
	seconds, err := git("show", "-s", "--format=%ct")
	if err != nil {
		return nil, err
	}
	unix, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return nil, err
	}
	r := &release{commit: commit, when: time.Unix(unix, 0).UTC()}
	if tag, err := git("describe", "--tags", "--exact-match", "--match", "v*"); err == nil {
		r.version = strings.TrimPrefix(tag, "v")
		return r, nil
	}
	tag, err := git("describe", "--tags", "--abbrev=0", "--match", "v*")
	if err != nil {
		tag = "v0.0.0" // there is none yet
	}
	short, err := git("rev-parse", "--short", "HEAD")
	r.version = snapshotName(strings.TrimPrefix(tag, "v"), short)
	return r, err
}

func git(args ...string) (string, error) {
	out, err := exec.Command("git", args...).Output()
	return strings.TrimSpace(string(out)), err
}

func (r *release) date() string { return r.when.Format(time.RFC3339) }

func (r *release) build(t target, binary string) error {
	args := append([]string{"build"}, buildFlags...)
	args = append(args, "-ldflags", strings.Join(linkFlags(r.version, r.commit, r.date()), " "), "-o", binary, "./cmd/onboard")
	return command("go", args, "CGO_ENABLED=0", "GOOS="+t.os, "GOARCH="+t.arch)
}

// nfpm builds packages without the tools of the systems that they are for.
const nfpm = "github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.1"

func (r *release) debian(t target, binary, file string) error {
	return command("go", []string{"run", nfpm, "package", "-f", "packaging/nfpm.yaml", "-p", "deb", "-t", file},
		"VERSION="+r.version, "ARCH="+t.arch, "BINARY="+binary, "SOURCE_DATE_EPOCH="+strconv.FormatInt(r.when.Unix(), 10))
}

func command(name string, args []string, env ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	return cmd.Run()
}
